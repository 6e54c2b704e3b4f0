package admin

import (
	"strings"
	"testing"

	"assent/business"
	"assent/chat"
	"assent/funnel"
	"assent/locale"
	views "assent/views/admin"
	"assent/whatsapp/wire"
)

// Meta's words are said in the operator's, with Meta's own beside them; what is not known
// here is shown as it came.
func TestMetaWords(t *testing.T) {
	en, ar := locale.ForOperator("en"), locale.ForOperator("ar")
	for _, tt := range []struct {
		name string
		got  views.Word
		want views.Word
	}{
		{"known", metaWord(en, "quality", "RED"), views.Word{Says: "Low", Meta: "RED"}},
		{"the same word of something else", metaWord(en, "throughput", "HIGH"), views.Word{Says: "High: up to 1,000 messages a second", Meta: "HIGH"}},
		{"unknown", metaWord(en, "quality", "PURPLE"), views.Word{Says: "PURPLE", Meta: "PURPLE"}},
		{"nothing", metaWord(en, "quality", ""), views.Word{}},
		{"a limit", metaWord(en, "limit", "TIER_100K"), views.Word{Says: "Up to 100,000 people", Meta: "TIER_100K"}},
		{"a limit as a number", metaWord(en, "limit", "250"), views.Word{Says: "Up to 250 people", Meta: "250"}},
		{"no limit", metaWord(en, "limit", "TIER_UNLIMITED"), views.Word{Says: "No limit", Meta: "TIER_UNLIMITED"}},
		{"an unknown limit", metaWord(en, "limit", "TIER_HUGE"), views.Word{Says: "TIER_HUGE", Meta: "TIER_HUGE"}},
		{"a change", metaChange(en, "quality", "GREEN → YELLOW"), views.Word{Says: "High → Medium", Meta: "GREEN → YELLOW"}},
		{"a change from right to left", metaChange(ar, "quality", "GREEN → RED"), views.Word{Says: "مرتفعة ← منخفضة", Meta: "GREEN → RED"}},
		{"a notice", told(en, business.Notice{Field: "quality", Type: "GREEN → YELLOW"}), views.Word{Says: "Quality, as Meta rates it: High → Medium", Meta: "quality: GREEN → YELLOW"}},
		{"a notice with words", told(en, business.Notice{Field: "account_alerts", Type: "OBA_APPROVED", Text: "well done"}), views.Word{Says: "account_alerts: OBA_APPROVED – well done", Meta: "account_alerts: OBA_APPROVED – well done"}},
		{"an alarm", alarmDetail(en, business.Alarm{Kind: business.AlarmRestricted, Detail: "ACCOUNT_RESTRICTION RESTRICTED_UTILITY_TEMPLATES"}),
			views.Word{Says: "The account is restricted · No service templates", Meta: "ACCOUNT_RESTRICTION RESTRICTED_UTILITY_TEMPLATES"}},
		{"an alarm in part unknown", alarmDetail(en, business.Alarm{Kind: business.AlarmRestricted, Detail: "ACCOUNT_RESTRICTION OTHER"}), views.Word{Says: "ACCOUNT_RESTRICTION OTHER", Meta: "ACCOUNT_RESTRICTION OTHER"}},
		{"what a code means", metaCode(ar, 190), views.Word{Says: "رمز الوصول غير صالح أو انتهت مدته."}},
		{"an alarm of figures", alarmDetail(en, business.Alarm{Kind: business.AlarmFailing, Detail: "31 / 212"}), views.Word{Says: "31 / 212", Meta: "31 / 212"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %+v, want %+v", tt.got, tt.want)
			}
		})
	}
	for _, code := range wire.Codes() {
		if got := metaCode(en, int(code)).Says; got != code.Behaviour().Meaning {
			t.Errorf("%d: %q, want %q", code, got, code.Behaviour().Meaning)
		}
	}
	if got := alarmName(en, business.Alarm{Kind: business.AlarmLimit, Name: "TIER_250"}) + ", " + alarmName(en, business.Alarm{Kind: business.AlarmRed, Name: "+494055501234"}); got != "Up to 250 people, +49 40 55501234" {
		t.Errorf("alarms are about %s", got)
	}
}

// Why a webhook waits is said in the operator's words, whatever the log says of it; only
// the place in its body stays as the log has it.
func TestParkedReasonsAreNotInEnglish(t *testing.T) {
	de, ar := locale.ForOperator("de"), locale.ForOperator("ar")
	for _, tt := range []struct{ reason, de, place string }{
		{chat.ParkedNumberSigner, "Er ist mit einem anderen App-Geheimcode signiert", ""},
		{"a shape that is not known here", "Eine Art Meldung, die hier nicht bekannt ist.", ""},
		{"a field that is not known here: brand_new", "Ein Feld, das hier nicht bekannt ist: \u2066brand_new\u2069", ""},
		{"a field that cannot be read: security", "Ein Feld, das nicht zu lesen ist: \u2066security\u2069", ""},
		{"malformed element 0 of messages: the message has no type", "Ein Teil davon ist nicht zu lesen.", "element 0 of messages: the message has no type"},
		{"handling element 0 of messages failed", "Die Bearbeitung schlug fehl.", "handling element 0 of messages failed"},
		{"an update that names no number", "Eine Meldung, die nicht sagt", ""},
		{"a system message that is not known here", "Eine Systemnachricht von WhatsApp", ""},
		{"a sign-up link that is not known here", "Ein Anmeldelink", ""},
		{"which words the sign-up link showed at that moment cannot be told", "Welchen Text der Anmeldelink", ""},
		{"a preference that is not known here", "Eine Einstellung einer Person", ""},
		{"a preference about something that is not known here", "Eine Einstellung einer Person in WhatsApp zu etwas", ""},
		{"a change of account that does not say from which to which", "Ein Kontowechsel", ""},
	} {
		if words, place := parkedFor(de, tt.reason); !strings.HasPrefix(words, tt.de) || place != tt.place {
			t.Errorf("%s: %q, %q", tt.reason, words, place)
		}
		if words, _ := parkedFor(ar, tt.reason); strings.Contains(words, " the ") || strings.Contains(words, "known") {
			t.Errorf("%s in Arabic: %q", tt.reason, words)
		}
	}
}

// The kind of what led to an act is said in the operator's words.
func TestCampaignsAreNotInEnglish(t *testing.T) {
	c := funnel.Campaign{SourceType: "ad", SourceID: "120210", Headline: "Tee"}
	if got := campaignWord(locale.ForOperator("de"), c); got != "Anzeige 120210: Tee" {
		t.Errorf("%q", got)
	}
	if c.SourceType = "post"; campaignWord(locale.ForOperator("ar"), c) != "منشور 120210: Tee" {
		t.Errorf("%q", campaignWord(locale.ForOperator("ar"), c))
	}
	if c.SourceType = "reel"; campaignWord(locale.ForOperator("de"), c) != "reel 120210: Tee" {
		t.Errorf("%q", campaignWord(locale.ForOperator("de"), c))
	}
}
