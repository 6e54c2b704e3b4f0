package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assent/funnel"
	"assent/funnel/lint"
	"assent/locale"
	views "assent/views/admin"
	"assent/views/ui"
)

// notes are the findings as an operator reads them, each with where it is mended.
// Base is the editor's address, empty on the editor itself.
func notes(loc locale.Localizer, v *funnel.Version, findings []lint.Finding, sections []views.Section, base string) (list []views.Note) {
	for _, f := range findings {
		n := views.Note{
			Severity: string(f.Severity), Text: f.Says(loc) + " " + f.Offers(loc), Sources: f.WantedBy(), Who: whoWants(f), Abroad: len(v.Countries) == 0 && abroad(f),
		}
		if place, ok := elsewhere(loc, v, f.Where.Slot); ok {
			n.Places = []views.Place{place}
		} else {
			n.Field = controlFor(v, f)
			n.Places = []views.Place{{Label: placeOf(sections, n.Field), URL: base + "#" + n.Field}}
		}
		if built(v, f.Where) == nil && f.Fix != nil && *f.Fix != "" {
			n.Fix, n.Lang = *f.Fix, f.Where.Lang
		}
		said := func(o views.Note) bool { return o.Field == n.Field && o.Text == n.Text }
		if !slices.ContainsFunc(list, said) { // one box for several languages
			list = append(list, n)
		}
	}
	return list
}

// elsewhere returns where a finding is mended that has no control in the editor.
func elsewhere(loc locale.Localizer, v *funnel.Version, slot string) (views.Place, bool) {
	field, controller := strings.CutPrefix(slot, "controller.")
	switch {
	case controller: // where the business says it of itself
		return views.Place{Label: loc.T("admin.business") + " · " + businessLabel(loc, field), URL: inBusiness + "#" + id(field)}, true
	case slot == "sender":
		return views.Place{Label: loc.T("admin.senders.new"), URL: inSenders + "/new"}, true
	case slot == "entries": // they stand on the funnel's page
		return views.Place{Label: loc.T("editor.entries"), URL: versionsAddress(v.Slug) + "#ways"}, true
	}
	return views.Place{}, false
}

// abroad reports that only the law of some countries wants it so.
func abroad(f lint.Finding) bool {
	return !slices.ContainsFunc(f.Sources, func(s lint.Source) bool { return s.In == "" })
}

// whoWants names the jurisdictions of a finding, each once.
func whoWants(f lint.Finding) (list []string) {
	for _, s := range f.Sources {
		if s.In != "" && !slices.Contains(list, s.In) {
			list = append(list, s.In)
		}
	}
	return list
}

// unsaid returns the notes without those that stand among the problems already.
func unsaid(list []views.Note, problems ui.Problems) []views.Note {
	return slices.DeleteFunc(slices.Clone(list), func(n views.Note) bool {
		return slices.ContainsFunc(problems, func(p ui.Problem) bool { return p.Text == n.Text })
	})
}

// gathered returns the notes with those that say the same of several places made
// one.
func gathered(list []views.Note) (out []views.Note) {
	for _, n := range list {
		same := func(o views.Note) bool {
			return o.Severity == n.Severity && o.Text == n.Text && o.Sources == n.Sources && o.Fix == n.Fix
		}
		i := slices.IndexFunc(out, same)
		if i < 0 {
			n.Places = slices.Clone(n.Places)
			out = append(out, n)
			continue
		}
		out[i].Places = append(out[i].Places, n.Places...)
	}
	return out
}

// controlFor returns the id of the editor's control in which a finding is
// mended; of its part where no control is about it.
func controlFor(v *funnel.Version, f lint.Finding) string {
	w := f.Where
	i := slices.IndexFunc(v.Purposes, func(p funnel.Purpose) bool { return p.Key == w.Purpose })
	of := strings.Split(w.Slot, ".")
	switch {
	case w.Purpose != "" && w.Lang == "":
		return id(fmt.Sprintf("p.%d.%s", i, w.Slot))
	case w.Purpose != "" && built(v, w) != nil:
		return id(slotFor(f.Code, w.Lang, i))
	case w.Purpose != "" && w.Slot == "":
		return id(fmt.Sprintf("t.%s.p.%d.title", w.Lang, i))
	case w.Purpose != "":
		return id(fmt.Sprintf("t.%s.p.%d.%s", w.Lang, i, w.Slot))
	case w.Lang != "" && of[0] == "fields" && len(of) > 2:
		return id(fmt.Sprintf("t.%s.f.%d.%s", w.Lang, slices.IndexFunc(v.Fields, func(x funnel.Field) bool { return x.Key == of[1] }), labelOf(of[2])))
	case w.Lang != "" && w.Slot == "":
		return id("t." + w.Lang + ".texts")
	case w.Lang != "":
		return id("t." + w.Lang + "." + w.Slot)
	}
	return settings[w.Slot]
}

// businessLabel is the label of the control on the business's page.
func businessLabel(loc locale.Localizer, field string) string {
	if lang, ok := strings.CutPrefix(field, "notice_url_"); ok {
		return languageName(lang)
	}
	return loc.T("admin.business." + field)
}

// settings are the controls of the editor by the setting that a finding names.
var settings = map[string]string{"slug": "slug", "min_age": "min_age", "look.colour": "colour", "countries": "countries", "texts": "add_language"}

// labelOf names the control in which a text of a field is written.
func labelOf(part string) string {
	if part == "options" {
		return part
	}
	return "label"
}

// built returns what the words that a finding is about are built from; nil where
// they are written freely.
func built(v *funnel.Version, w lint.Where) *funnel.Slots {
	if w.Slot != "words" && w.Slot != "say" {
		return nil
	}
	return v.Texts[w.Lang].Purposes[w.Purpose].Slots
}

// slotFor names the control that puts into built words what a finding misses.
func slotFor(code, lang string, purpose int) string {
	p, t := "p."+strconv.Itoa(purpose)+".", fmt.Sprintf("t.%s.p.%d.", lang, purpose)
	switch code {
	case "words.condition_missing":
		return p + "not_condition"
	case "words.automated_missing":
		return p + "automated"
	case "words.frequency_missing", "words.frequency_differs", "words.frequency_unkept":
		return p + "per_month"
	case "words.provider_missing":
		return t + "provider"
	case "words.complaint_missing":
		return t + "complaint"
	}
	return t + "kind"
}

// placeOf says where a control stands: the group that it is of, and its label.
func placeOf(sections []views.Section, at string) string {
	for _, s := range sections {
		if s.ID == at {
			return s.Title
		}
		for _, g := range s.Groups {
			if g.ID == at {
				return s.Title + " · " + g.Legend
			}
			for _, c := range g.Controls {
				if c.ID == at {
					where := strings.TrimPrefix(g.Legend+" · "+c.Label, " · ")
					if c.In != "" && g.In == "" { // else the legend says it
						where += " · " + languageName(c.Lang)
					}
					return where
				}
			}
		}
	}
	return ""
}

// mark puts what is wrong, and what was found, beside its control. What keeps
// the draft from being published stands there as the error.
func mark(sections []views.Section, problems ui.Problems, notes []views.Note) {
	at := func(id string) (list []views.Note) {
		if id == "" { // what has no control here is said above the form
			return nil
		}
		for _, n := range notes {
			if n.Field == id && (n.Severity != string(lint.Error) || problems.For(id) == "") {
				list = append(list, n)
			}
		}
		return list
	}
	for s := range sections {
		part := &sections[s]
		part.Notes, part.Open = at(part.ID), problems.For(part.ID) != ""
		for p := range part.Pictures {
			part.Pictures[p].Problem = problems.For("file-" + part.Pictures[p].Slot)
			part.Open = part.Open || part.Pictures[p].Problem != ""
		}
		for g := range part.Groups {
			group := &part.Groups[g]
			group.Notes, group.Error = at(group.ID), problems.For(group.ID)
			part.Open = part.Open || group.Error != "" || len(group.Notes) > 0
			for c := range group.Controls {
				control := &group.Controls[c]
				control.Notes, control.Error = at(control.ID), problems.For(control.ID)
				part.Open = part.Open || control.Error != "" || len(control.Notes) > 0
				if len(control.Notes) > 0 {
					control.Described = control.ID + "-notes"
				}
			}
		}
	}
}
