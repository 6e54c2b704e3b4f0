package manage_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"assent/business"
	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/store"
	"assent/tenant"
)

func publishable(businessID string) *funnel.Version {
	return &funnel.Version{
		Business: businessID, Slug: "spring", Mode: funnel.ModeChat, NumberField: funnel.NumberNone, Language: "en",
		Purposes:   []funnel.Purpose{{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent, PerMonth: 4}},
		Controller: funnel.Controller{LegalName: "Rosa GmbH", BrandName: "Rosa", Address: "Am Markt 1, Bonn", Contact: "hi@rosa.example", NoticeURL: "https://rosa.example/privacy"},
		Texts: map[string]funnel.Text{"en": {
			Title: "Flowers", Intro: "You choose what you get.", Greeting: "Hello Rosa.", Ask: "What can you send me?", Code: "Code", Thanks: "Thank you.",
			Purposes: map[string]funnel.PurposeText{"offers": {
				Title: "Offers", Say: "Yes, send me offers.",
				Words: "I agree that Rosa GmbH sends me offers on WhatsApp, at most 4 a month. I can stop at any time by replying STOP.",
			}},
		}},
	}
}

// Nobody could confirm without a number, so nothing is published without one: a
// draft, a version, nor one that was published before.
func TestPublishingNeedsANumber(t *testing.T) {
	m, _, _, id := open(t)
	d, err := m.StartDraft(t.Context(), id, "newsletter", "rosa")
	if err != nil {
		t.Fatal(err)
	}
	lacks := func(err error) bool {
		var refused *lint.Refused
		return errors.As(err, &refused) && lint.Count(refused.Findings, lint.Error) == 1 && refused.Findings[0].Code == "sender.missing" && len(refused.Findings[0].Sources) > 0
	}
	if _, err := m.ReviewDraft(t.Context(), id, d.ID, d.Revision); !lacks(err) {
		t.Errorf("reviewed: %v", err)
	}
	if _, err := m.PublishDraft(t.Context(), id, d.ID, d.Revision, "rosa"); !lacks(err) {
		t.Errorf("published: %v", err)
	}
	sender := connect(t, m, id)
	v, err := m.PublishDraft(t.Context(), id, d.ID, d.Revision, "rosa")
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Templates(nil).Connections(nil).EndSender(t.Context(), id, sender, true, "rosa"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Republish(t.Context(), id, v.ID, funnel.ChangeMeaning, "rosa"); !lacks(err) {
		t.Errorf("published anew with a number that is not in use: %v", err)
	}
}

// A version with errors is refused with all that was found; one without is
// published with its warnings.
func TestPublishingIsLinted(t *testing.T) {
	m, _, db, _ := open(t)
	id, err := m.AddBusiness(t.Context(), business.Business{
		Slug: "rosa", LegalName: "Rosa GmbH", Purposes: []business.Purpose{{Key: "offers", Scope: consent.Marketing, Basis: consent.ByConsent}},
	})
	if err != nil {
		t.Fatal(err)
	}
	connect(t, m, id)
	bad := publishable(id)
	bad.Texts["en"].Purposes["offers"] = funnel.PurposeText{Title: "Offers", Say: "Yes.", Words: "By continuing you agree to offers."}
	err = m.PublishFunnel(t.Context(), bad)
	var refused *lint.Refused
	if !errors.As(err, &refused) || fault.KindOf(err) != fault.Invalid || fault.FieldOf(err) != refused.Findings[0].Where.String() {
		t.Fatalf("refused with %v", err)
	}
	if n := lint.Count(refused.Findings, lint.Error); n < 4 || lint.Count(refused.Findings, lint.Warning) == 0 {
		t.Errorf("%d errors: the caller does not get them all", n)
	}
	if _, _, ok := m.Directory().Funnel("spring"); ok {
		t.Error("published all the same")
	}
	if err := m.PublishFunnel(t.Context(), publishable(id)); err != nil {
		t.Fatal(err)
	}
	said := published(t, db.Open(t, store.Options{}), m.Directory(), id)
	if !strings.Contains(said, `{"code":"words.automated_missing","where":"en.offers.words"}`) || !strings.Contains(said, `"readability":{"en":`) || strings.Contains(said, "hint") {
		t.Errorf("the event says %s", said)
	}
}

func TestLabelsAreLinted(t *testing.T) {
	m, _, _, _ := open(t)
	_, err := m.AddEntryPoint(t.Context(), funnel.EntryPoint{Label: "for mia@rosa.example"})
	if fault.FieldOf(err) != "label" || strings.Contains(fault.Message(err), "mia") {
		t.Errorf("got %v", err)
	}
}

// published returns what the newest publication recorded of its reading.
func published(t *testing.T, s *store.Store, d *tenant.Directory, id string) (said string) {
	t.Helper()
	owner, _ := d.Tenant(id)
	err := s.ReadOnly(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		events, err := tx.EventsFrom(ctx, 0, 100)
		if err != nil {
			return err
		}
		for _, e := range events {
			if e.Name != string(evidence.FunnelPublished) {
				continue
			}
			disclosed, err := owner.Key.Open(tenant.DisclosureContext(e.ID), e.Sealed)
			if err != nil {
				return err
			}
			signed, err := evidence.WithDisclosed(string(e.JWT), disclosed)
			if err != nil {
				return err
			}
			v, err := evidence.Verify(signed, owner.Keys)
			if err != nil {
				return err
			}
			said = string(v.Extra["lint"])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return said
}
