package subject_test

import (
	"slices"
	"testing"
	"time"

	"assent/consent"
	"assent/subject"
)

var (
	offers = consent.Purpose{Key: "offers", Scope: consent.Marketing}
	orders = consent.Purpose{Key: "orders", Scope: consent.Transactional}
)

func TestCovers(t *testing.T) {
	tests := []struct {
		name           string
		s              subject.Suppression
		offers, orders bool
	}{
		{"all", subject.Suppression{}, true, true},
		{"marketing", subject.Suppression{Scope: consent.Marketing}, true, false},
		{"one purpose", subject.Suppression{Purpose: "orders", Scope: consent.Transactional}, false, true},
		{"all, ended for one", subject.Suppression{Ended: []string{"offers"}}, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.s.Covers(offers) != tt.offers || tt.s.Covers(orders) != tt.orders {
				t.Errorf("offers %v, orders %v", tt.s.Covers(offers), tt.s.Covers(orders))
			}
		})
	}
}

// Every field is committed to, and the borders between fields count.
func TestFields(t *testing.T) {
	base := subject.Suppression{ID: "s1", Business: "b", Reason: subject.ByPerson, At: time.Unix(1, 0), Hashes: [][]byte{{1, 2}, {3}}}
	changes := map[string]func(*subject.Suppression){
		"id":       func(s *subject.Suppression) { s.ID = "s2" },
		"business": func(s *subject.Suppression) { s.Business = "c" },
		"scope":    func(s *subject.Suppression) { s.Scope = consent.Marketing },
		"purpose":  func(s *subject.Suppression) { s.Purpose = "offers" },
		"reason":   func(s *subject.Suppression) { s.Reason = subject.NotMe },
		"time":     func(s *subject.Suppression) { s.At = time.Unix(2, 0) },
		"a hash":   func(s *subject.Suppression) { s.Hashes = [][]byte{{1, 2}, {4}} },
		"borders":  func(s *subject.Suppression) { s.Hashes = [][]byte{{1}, {2, 3}} },
		"one less": func(s *subject.Suppression) { s.Hashes = s.Hashes[:1] },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := base
			change(&s)
			if slices.Equal(s.Fields(), base.Fields()) {
				t.Error("the change does not show")
			}
		})
	}
	if slices.Equal(subject.EndFields("s1", "offers"), subject.EndFields("s1", "orders")) {
		t.Error("two ends look alike")
	}
}

func TestWindowOpen(t *testing.T) {
	now := time.Unix(1e9, 0)
	s := subject.Subject{}
	if s.WindowOpen(now) {
		t.Error("who never wrote has no window")
	}
	s.WindowAt = now.Add(-23 * time.Hour)
	if !s.WindowOpen(now) || s.WindowOpen(now.Add(time.Hour)) {
		t.Error("the window is 24 hours from the newest message, less a margin")
	}
}

func TestEndsByAct(t *testing.T) {
	for _, r := range []subject.Reason{subject.Complaint, subject.Minor, subject.Legal} {
		if r.EndsByAct() {
			t.Errorf("%s is ended by an operator only", r)
		}
	}
	if !subject.ByPerson.EndsByAct() || !subject.NotMe.EndsByAct() {
		t.Error("a person's own stop is ended by their later act")
	}
}
