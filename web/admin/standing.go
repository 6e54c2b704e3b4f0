package admin

import (
	"context"
	"slices"
	"strings"
	"time"

	"assent/consent"
	"assent/locale"
	"assent/permit"
	"assent/records"
	"assent/subject"
	"assent/tenant"
	views "assent/views/admin"
)

// Permits answers whether messages may go: for the page the same as for the API.
type Permits interface {
	Check(ctx context.Context, businessID string, items []permit.Item) ([]permit.Answer, error)
}

// stopsOf says what the stops of a person still cover, and what later acts took
// out of them: one line for each reason, the newest first.
func stopsOf(loc locale.Localizer, t *tenant.Tenant, p records.Person) (lines []views.Stop) {
	var reasons []subject.Reason
	for _, s := range p.Stops {
		if len(s.Covers) > 0 && !slices.Contains(reasons, s.Reason) {
			reasons = append(reasons, s.Reason)
		}
	}
	for _, reason := range reasons {
		lines = append(lines, stopOf(loc, t, p, reason))
	}
	return lines
}

func stopOf(loc locale.Localizer, t *tenant.Tenant, p records.Person, reason subject.Reason) views.Stop {
	line := views.Stop{Reason: stopReason(loc, reason)}
	var covered, ended []string
	all, marketing := false, false
	for _, s := range p.Stops {
		if s.Reason != reason {
			continue
		}
		ended = append(ended, s.Ended...)
		if len(s.Covers) == 0 {
			continue
		}
		covered = append(covered, s.Covers...)
		if !s.At.Before(line.When) {
			line.When, line.Source = s.At, sourceOf(loc, p, s.Event)
		}
		all = all || s.Purpose == "" && s.Scope == ""
		marketing = marketing || s.Purpose == "" && s.Scope == consent.Marketing
	}
	var titles []string
	every, everyMarketing := true, true
	for _, purpose := range t.Purposes {
		title := titleOf(loc, t, purpose.Key, purpose.Key)
		switch {
		case slices.Contains(covered, purpose.Key):
			titles = append(titles, title)
			everyMarketing = everyMarketing && purpose.Scope == consent.Marketing
			continue
		case slices.Contains(ended, purpose.Key):
			line.Lifted = append(line.Lifted, views.Lift{Purpose: title, When: givenAt(p, purpose.Key)})
		}
		every = false
		everyMarketing = everyMarketing && purpose.Scope != consent.Marketing
	}
	switch {
	case all && every:
		line.What = loc.T("admin.stop.all")
	case marketing && everyMarketing:
		line.What = loc.T("scope.marketing")
	default:
		line.What = strings.Join(titles, ", ")
	}
	return line
}

// sourceOf is how the stop of an event reached the business, where that was not
// WhatsApp.
func sourceOf(loc locale.Localizer, p records.Person, event string) string {
	for _, e := range p.Events {
		if e.ID == event && (e.Act.Kind == "operator" || e.Act.Kind == "api") {
			return sourceWord(loc, e.Act.Text)
		}
	}
	return ""
}

// givenAt returns when the person last said yes to the purpose.
func givenAt(p records.Person, purpose string) time.Time {
	for _, c := range p.Consents {
		if c.Purpose == purpose {
			return c.GivenAt
		}
	}
	return time.Time{}
}

// mayNow asks for each purpose of the person whether a message may go, as their
// own system would, and puts the answer into the model. Who is locked or erased
// has no identifier to ask by.
func (h *Handler) mayNow(ctx context.Context, loc locale.Localizer, p records.Person, m *views.Person) error {
	ask := permit.Item{To: p.Number}
	for _, id := range p.Identifiers {
		if id.Kind == subject.BSUID && p.Number == "" {
			ask.Recipient = id.Value
		}
	}
	if len(p.Consents) == 0 || ask == (permit.Item{}) || !p.ErasedAt.IsZero() {
		return nil
	}
	var items []permit.Item
	for _, c := range p.Consents {
		ask.Purpose = c.Purpose
		items = append(items, ask)
	}
	answers, err := h.Permits.Check(ctx, p.Business, items)
	if err != nil {
		return err
	}
	for i, a := range answers {
		m.Consents[i].May = mayWords(loc, a)
	}
	return nil
}

func mayWords(loc locale.Localizer, a permit.Answer) string {
	if a.Allowed {
		return loc.T("admin.may.yes")
	}
	why := string(a.Reason)
	if id := "admin.may." + why; loc.Has(id) {
		why = loc.T(id)
	}
	return loc.T("admin.may.no", "Reason", why)
}
