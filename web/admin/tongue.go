package admin

import (
	"slices"

	"assent/funnel"
	"assent/funnel/lint"
	views "assent/views/admin"
)

// tongues are the languages of a draft, with what was found in the texts of each.
func tongues(v *funnel.Version, read []lint.Finding, chosen string) (list []views.Tongue) {
	for _, lang := range v.Languages() {
		t := views.Tongue{Tag: lang, Name: languageName(lang), Chosen: lang == chosen}
		for _, f := range read { // the gravest come first
			if f.Where.Lang != lang || f.Where.Slot == "" && f.Severity == lint.Hint { // what is said of the language itself nobody can mend
				continue
			}
			if t.Found++; t.Kind == "" {
				t.Kind = string(f.Severity)
			}
		}
		list = append(list, t)
	}
	return list
}

// chosen returns the language whose texts the editor shows: the one that is
// wished for, unless the draft was refused and what keeps it from being published
// stands in others only.
func chosen(v *funnel.Version, wish string, read []lint.Finding, refused bool) string {
	if _, ok := v.Texts[wish]; !ok {
		wish = v.Language
	}
	wrong := func(lang string) bool {
		return slices.ContainsFunc(read, func(f lint.Finding) bool { return f.Severity == lint.Error && f.Where.Lang == lang })
	}
	if all := v.Languages(); refused && !wrong(wish) {
		if i := slices.IndexFunc(all, wrong); i >= 0 {
			return all[i]
		}
	}
	return wish
}
