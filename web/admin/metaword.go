package admin

import (
	"strings"

	"assent/business"
	"assent/locale"
	"assent/phone"
	views "assent/views/admin"
	"assent/web/metaword"
	"assent/whatsapp/wire"
)

// metaWord says one of Meta's words in the operator's, beside Meta's own, by which it is
// found in Meta's pages. One that is not known here is shown as it came. The family is
// what the word is about, for one word may mean two things.
func metaWord(loc locale.Localizer, family, word string) views.Word {
	if family == "limit" {
		if n := business.TierLimit(word); n >= 0 {
			return views.Word{Says: loc.T("admin.meta.limit", "N", loc.Number(n)), Meta: word}
		}
	}
	says, _ := metaword.Word(loc, family, word)
	return views.Word{Says: says, Meta: word}
}

// metaChange says how one of Meta's words took the place of another ("GREEN → RED").
func metaChange(loc locale.Localizer, family, change string) views.Word {
	before, after, both := strings.Cut(change, " → ")
	if !both {
		return metaWord(loc, family, change)
	}
	arrow := " → "
	if loc.Dir() == "rtl" {
		arrow = " ← "
	}
	return views.Word{Says: metaWord(loc, family, before).Says + arrow + metaWord(loc, family, after).Says, Meta: change}
}

// alarmFamilies are those of whose words the details of an alarm are made.
var alarmFamilies = map[business.AlarmKind][]string{
	business.AlarmRestricted: {"account", "restriction", "ban"},
	business.AlarmNotice:     {"account", "violation", "review"},
	business.AlarmTemplate:   {"template", "reason"},
	business.AlarmCategory:   {"category"},
	business.AlarmSecurity:   {"security"},
	business.AlarmQuality:    {"quality"},
	business.AlarmRed:        {"quality"},
}

// alarmDetail says the detail of an alarm where all of it is words of Meta's that are
// known here.
func alarmDetail(loc locale.Localizer, a business.Alarm) views.Word {
	var said []string
	words := strings.Fields(a.Detail)
	for _, word := range words {
		for _, family := range alarmFamilies[a.Kind] {
			if w := metaWord(loc, family, word); w.Known() {
				said = append(said, w.Says)
				break
			}
		}
	}
	if len(said) == 0 || len(said) != len(words) {
		return views.Word{Says: a.Detail, Meta: a.Detail}
	}
	return views.Word{Says: strings.Join(said, " · "), Meta: a.Detail}
}

// alarmName is what an alarm is about as people know it.
func alarmName(loc locale.Localizer, a business.Alarm) string {
	if a.Kind == business.AlarmLimit {
		return metaWord(loc, "limit", a.Name).Says
	}
	return phone.Grouped(a.Name)
}

// metaCode says what one of Meta's error codes means.
func metaCode(loc locale.Localizer, code int) views.Word {
	says, ok := metaword.Code(loc, wire.Code(code))
	if ok {
		return views.Word{Says: says}
	}
	return views.Word{Says: says, Meta: says}
}
