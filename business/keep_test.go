package business_test

import (
	"encoding/json"
	"testing"
	"time"

	"assent/business"
)

func TestKeeping(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name                     string
		k                        business.Keeping
		lock, unconfirmed, ended time.Duration
	}{
		{"as it comes", business.Keeping{}, 1095 * day, 30 * day, 1826 * day},
		{"as set", business.Keeping{LockDays: 1, UnconfirmedDays: 2, EndedDays: 3}, day, 2 * day, 3 * day},
		{"nonsense", business.Keeping{LockDays: -1, UnconfirmedDays: -1, EndedDays: -1}, 1095 * day, 30 * day, 1826 * day},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.k.LockFor() != tt.lock || tt.k.Unconfirmed() != tt.unconfirmed || tt.k.Ended() != tt.ended {
				t.Errorf("%v, %v, %v", tt.k.LockFor(), tt.k.Unconfirmed(), tt.k.Ended())
			}
		})
	}
	var b business.Business // one that was kept before there was such a setting
	if err := json.Unmarshal([]byte(`{"slug":"x"}`), &b); err != nil || b.Keeping != (business.Keeping{}) {
		t.Errorf("%+v, %v", b.Keeping, err)
	}
}
