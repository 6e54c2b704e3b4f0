package manage_test

import (
	"slices"
	"testing"

	"assent/fault"
	"assent/funnel"
	"assent/manage"
)

// Each funnel to begin with is complete: it can be published as it is, in three
// languages, and gives the business the purposes that it had not.
func TestStartersArePublished(t *testing.T) {
	m, _, _, id := open(t)
	connect(t, m, id)
	for _, name := range manage.Starters {
		d, err := m.StartDraft(t.Context(), id, name, "rosa")
		if err != nil {
			t.Fatal(err)
		}
		v, err := m.PublishDraft(t.Context(), id, d.ID, d.Revision, "rosa")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		business, _ := m.Directory().Tenant(id)
		for _, p := range v.Purposes {
			if known, ok := business.Purpose(p.Key); !ok || known.Scope != p.Scope || len(known.Titles) != 3 && p.Key != "offers" {
				t.Errorf("%s: purpose %s of the business is %+v", name, p.Key, known)
			}
		}
		for _, lang := range []string{"en", "de", "ar"} {
			if text := v.Texts[lang]; text.Title == "" || text.Purposes[v.Purposes[0].Key].Words == "" {
				t.Errorf("%s is not complete in %s", name, lang)
			}
		}
	}
	if left, err := m.Drafts(t.Context(), id); err != nil || len(left) != 0 {
		t.Errorf("%d drafts are left, %v", len(left), err)
	}
	if _, err := m.StartDraft(t.Context(), id, "none", "rosa"); fault.FieldOf(err) != "starter" {
		t.Errorf("a funnel of no name: %v", err)
	}
}

func TestTwoEditors(t *testing.T) {
	m, _, _, id := open(t)
	d, err := m.StartDraft(t.Context(), id, "newsletter", "rosa")
	if err != nil {
		t.Fatal(err)
	}
	mine, theirs := d, d
	mine.Version.NameField = true
	if mine, err = m.SaveDraft(t.Context(), mine, "rosa"); err != nil || mine.Revision != 2 {
		t.Fatalf("revision %d, %v", mine.Revision, err)
	}
	if _, err := m.SaveDraft(t.Context(), theirs, "mia"); !fault.Is(err, fault.Stale) {
		t.Errorf("the second is not told: %v", err)
	}
	if _, err := m.PublishDraft(t.Context(), id, d.ID, 1, "mia"); !fault.Is(err, fault.Stale) {
		t.Errorf("published what somebody else has changed: %v", err)
	}
	if err := m.DiscardDraft(t.Context(), id, d.ID, 1); !fault.Is(err, fault.Stale) {
		t.Errorf("thrown away what somebody else has changed: %v", err)
	}
	if _, err := m.Draft(t.Context(), "another", d.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another business's draft: %v", err)
	}
	if err := m.DiscardDraft(t.Context(), id, d.ID, 2); err != nil {
		t.Error(err)
	}
}

func TestVersionsOfAFunnel(t *testing.T) {
	m, _, _, id := open(t)
	connect(t, m, id)
	ctx := t.Context()
	d, err := m.StartDraft(ctx, id, "newsletter", "rosa")
	if err != nil {
		t.Fatal(err)
	}
	first, err := m.PublishDraft(ctx, id, d.ID, 1, "rosa")
	if err != nil {
		t.Fatal(err)
	}
	if d, err = m.EditFunnel(ctx, id, first.Slug, "rosa"); err != nil || d.Funnel != first.Funnel {
		t.Fatal(err)
	}
	if again, err := m.EditFunnel(ctx, id, first.Slug, "mia"); err != nil || again.ID != d.ID {
		t.Errorf("a funnel has two drafts: %v", err)
	}
	d.Version.Purposes[0].PerMonth = 8
	if d, err = m.SaveDraft(ctx, d, "rosa"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.PublishDraft(ctx, id, d.ID, d.Revision, "rosa"); fault.FieldOf(err) != "change" {
		t.Errorf("other words and nobody says whether they mean the same: %v", err)
	}
	d.Version.Change = funnel.ChangeMeaning
	if d, err = m.SaveDraft(ctx, d, "rosa"); err != nil {
		t.Fatal(err)
	}
	second, err := m.PublishDraft(ctx, id, d.ID, d.Revision, "rosa")
	if err != nil || second.Number != 2 || second.Change != funnel.ChangeMeaning {
		t.Fatalf("%+v, %v", second, err)
	}
	differs := manage.Differences(first, second, true)
	if !slices.ContainsFunc(differs, func(x manage.Difference) bool { return x.Lang == "de" && x.What == "words" && x.Key == "offers" }) {
		t.Errorf("the German words differ: %+v", differs)
	}
	third, err := m.Republish(ctx, id, first.ID, funnel.ChangeMeaning, "rosa")
	if err != nil || third.Number != 3 || third.Texts["en"].Purposes["offers"].Words != first.Texts["en"].Purposes["offers"].Words {
		t.Errorf("rolled back to %+v, %v", third, err)
	}
	if left := manage.Differences(first, third, false); len(left) != 0 {
		t.Errorf("rolled back and different: %+v", left)
	}
	if c, err := m.DuplicateFunnel(ctx, id, first.Slug, "rosa"); err != nil || c.Version.Slug == first.Slug || c.Funnel != "" {
		t.Errorf("a copy: %+v, %v", c, err)
	}
	state := func(s funnel.State, reason string) error {
		return m.ActOnFunnel(ctx, id, first.Slug, s, reason, "rosa")
	}
	if err := state(funnel.Archived, ""); err != nil {
		t.Error(err)
	}
	if err := state(funnel.Published, ""); err != nil {
		t.Error(err)
	}
	if err := state(funnel.Defective, " "); fault.FieldOf(err) != "reason" {
		t.Errorf("defective for no reason: %v", err)
	}
	if err := state(funnel.Defective, "wrong price"); err != nil {
		t.Error(err)
	}
	if err := state(funnel.Published, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("defective words come back: %v", err)
	}
	if _, err := m.Republish(ctx, id, third.ID, "", "rosa"); !fault.Is(err, fault.Conflict) {
		t.Errorf("a defective version comes back: %v", err)
	}
}

// What nobody has written anew is said at its field: the sentences of a funnel to
// begin with, with the business's name in them. No funnel to begin with warns of
// its own short names.
func TestStartersSaySoUntilTheyAreRewritten(t *testing.T) {
	m, _, _, id := open(t)
	for _, name := range manage.Starters {
		d, err := m.StartDraft(t.Context(), id, name, "rosa")
		if err != nil {
			t.Fatal(err)
		}
		text := d.Version.Texts["en"]
		samples := func() (at []string) {
			for _, f := range m.Lint(&d.Version) {
				switch f.Code {
				case "text.sample":
					at = append(at, f.Where.String())
				case "purpose.name_same", "purpose.name_near", "funnel.slug_near":
					t.Errorf("%s: %s at %s %v", name, f.Code, f.Where, f.Params)
				}
			}
			return at
		}
		before := samples()
		for _, at := range []string{"en.title", "de.intro", "ar.thanks", "en." + d.Version.Purposes[0].Key + ".kind"} {
			if !slices.Contains(before, at) {
				t.Errorf("%s: nothing at %s: %v", name, at, before)
			}
		}
		text.Title = "Our own words"
		d.Version.Texts["en"] = text
		if slices.Contains(samples(), "en.title") {
			t.Errorf("%s: what was rewritten is still found", name)
		}
	}
}
