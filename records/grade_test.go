package records

import (
	"context"
	"testing"
	"time"

	"assent/consent"
	"assent/ledger"
)

// vouched is a log of which outsiders vouched for the first ten entries, at an
// instant.
type vouched struct {
	Reader
	at      time.Time
	keyless bool // by an authority alone of which no certificates were named
}

func (v vouched) FindLeaf(_ context.Context, event string) (int64, bool, error) {
	n := map[string]int64{"first": 3, "last": 9, "later": 10}
	i, ok := n[event]
	return i, ok, nil
}

func (v vouched) AnchorsFrom(_ context.Context, size int64) ([]ledger.Anchor, error) {
	if size > 10 {
		return nil, nil
	}
	if v.keyless {
		return []ledger.Anchor{{Party: ledger.Party{Kind: ledger.Stamped, Name: "x"}, Size: 10, At: v.at}}, nil
	}
	late := ledger.Anchor{Party: ledger.Party{Kind: ledger.Stamped, Name: "late"}, Size: 10, At: v.at.Add(time.Hour)}
	return []ledger.Anchor{late, {Party: ledger.Party{Kind: ledger.Cosigned, Name: "w"}, Size: 10, At: v.at}}, nil
}

// Grade A is B with an outsider's word within a day of the act, and never comes
// through a simulated sender.
func TestGradeA(t *testing.T) {
	given := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name      string
		event     string
		grade     consent.Grade
		simulated bool
		after     time.Duration
		want      consent.Grade
		by        string
	}{
		{"within a day", "first", consent.GradeB, false, 24 * time.Hour, consent.GradeA, "w"},
		{"the last entry", "last", consent.GradeB, false, time.Minute, consent.GradeA, "w"},
		{"a moment too late", "first", consent.GradeB, false, 24*time.Hour + time.Second, consent.GradeB, "w"},
		{"not yet", "later", consent.GradeB, false, time.Minute, consent.GradeB, ""},
		{"a lower grade", "first", consent.GradeC, false, time.Minute, consent.GradeC, "w"},
		{"simulated", "first", consent.GradeB, true, time.Minute, consent.GradeB, "w"},
		{"an event that is gone", "none", consent.GradeB, false, time.Minute, consent.GradeB, ""},
		{"never given", "", consent.Grade(""), false, time.Minute, consent.Grade(""), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := consent.Consent{Simulated: tt.simulated, Position: consent.Position{GivenEvent: tt.event, GivenAt: given, Grade: tt.grade}}
			grade, by, err := gradeOf(t.Context(), vouched{at: given.Add(tt.after)}, c)
			if err != nil || grade != tt.want || (by == nil) != (tt.by == "") || by != nil && by.Name != tt.by {
				t.Errorf("%q by %+v, %v; want %q by %q", grade, by, err, tt.want, tt.by)
			}
		})
	}
}

// A time-stamp whose authority's certificates nobody named could be anybody's.
func TestATokenWithoutCertificatesMakesNoGrade(t *testing.T) {
	given := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	c := consent.Consent{Position: consent.Position{GivenEvent: "first", GivenAt: given, Grade: consent.GradeB}}
	grade, by, err := gradeOf(t.Context(), vouched{at: given.Add(time.Minute), keyless: true}, c)
	if err != nil || grade != consent.GradeB || by != nil {
		t.Errorf("%q by %+v, %v", grade, by, err)
	}
}
