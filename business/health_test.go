package business_test

import (
	"testing"
	"time"

	"assent/business"
)

func TestRung(t *testing.T) {
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		state business.AccountState
		want  business.Rung
	}{
		{"nothing", business.AccountState{}, business.RungNone},
		{"warned", business.AccountState{Violation: "SCAM"}, business.RungWarned},
		{"templates", business.AccountState{Violation: "SCAM", Restrictions: []business.Restriction{{Type: "RESTRICTED_BIZ_INITIATED_MESSAGING", Until: now.Add(time.Hour)}}}, business.RungTemplates},
		{"adding numbers", business.AccountState{Restrictions: []business.Restriction{{Type: "RESTRICTED_ADD_PHONE_NUMBER_ACTION", Until: now.Add(time.Hour)}}}, business.RungTemplates},
		{"all", business.AccountState{Restrictions: []business.Restriction{{Type: "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", Until: time.Time{}}, {Type: "RESTRICTED_BIZ_INITIATED_MESSAGING", Until: time.Time{}}}}, business.RungAll},
		{"over", business.AccountState{Restrictions: []business.Restriction{{Type: "RESTRICTED_CUSTOMER_INITIATED_MESSAGING", Until: now}}}, business.RungNone},
		{"locked", business.AccountState{Ban: "DISABLE", Violation: "SCAM"}, business.RungLocked},
		{"announced", business.AccountState{Ban: "SCHEDULE_FOR_DISABLE"}, business.RungLocked},
		{"reinstated", business.AccountState{Ban: "REINSTATE"}, business.RungNone},
		{"gone", business.AccountState{Ban: "DISABLE", Status: "ACCOUNT_DELETED"}, business.RungEnded},
	} {
		if got := tt.state.Rung(now); got != tt.want {
			t.Errorf("%s: %d", tt.name, got)
		}
	}
}

func TestTooMany(t *testing.T) {
	for _, tt := range []struct {
		n, all int64
		want   bool
	}{{49, 49, false}, {5, 50, false}, {6, 50, true}, {10, 100, false}, {11, 100, true}, {0, 0, false}} {
		if got := business.TooMany(tt.n, tt.all, 10, 50); got != tt.want {
			t.Errorf("%d of %d: %v", tt.n, tt.all, got)
		}
	}
}
