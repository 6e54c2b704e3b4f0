package funnel

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCampaignOf(t *testing.T) {
	for name, tt := range map[string]struct {
		typ, id, headline string
		want              string // Campaign.String
	}{
		"an ad":                 {"ad", "120210123456", "Fresh bread", "ad 120210123456: Fresh bread"},
		"a post":                {"post", "1066_2077", "Brötchen für alle", "post 1066_2077: Brötchen für alle"},
		"no headline":           {"ad", "1", "", "ad 1"},
		"a headline alone":      {"ad", "", "خبز طازج", "ad: خبز طازج"},
		"no type":               {"", "1", "x", "1: x"},
		"of another kind":       {"story_mention", "1", "x", "story_mention 1: x"},
		"nothing":               {"", "", "", ""},
		"a type alone":          {"ad", "", " \n\u200d", ""},
		"a type that is text":   {"Ad <b>", "1", "", "1"},
		"an id that is text":    {"ad", "1 2", "", ""},
		"an id of markup":       {"ad", "<script>", "x", "ad: x"},
		"an id too long":        {"ad", strings.Repeat("1", 65), "x", "ad: x"},
		"lines and spaces":      {"ad", "1", "  two\r\n\tlines ", "ad 1: two lines"},
		"turned round":          {"ad", "1", "\u202eevil\u2066\u0000\u200f", "ad 1: evil"},
		"no UTF-8":              {"ad", "\xff", "a\xffb", "ad: ab"},
		"markup stays as words": {"ad", "1", "<b>50 %</b>", "ad 1: <b>50 %</b>"},
		"too long":              {"ad", "1", strings.Repeat("ä", 5000), "ad 1: " + strings.Repeat("ä", 120)},
	} {
		t.Run(name, func(t *testing.T) {
			if got := CampaignOf(tt.typ, tt.id, tt.headline); got.String() != tt.want || got.IsZero() != (tt.want == "") {
				t.Errorf("%q (%#v), want %q", got, got, tt.want)
			}
		})
	}
}

func FuzzCampaignOf(f *testing.F) {
	f.Add("ad", "120210123456", "Fresh bread")
	f.Add("post", "\u202e", "\xff\u0000"+strings.Repeat("x ", 3000))
	f.Fuzz(func(t *testing.T, typ, id, headline string) {
		c := CampaignOf(typ, id, headline)
		s := c.String()
		if len(c.SourceType) > 20 || len(c.SourceID) > 64 || utf8.RuneCountInString(c.Headline) > 120 || !utf8.ValidString(s) {
			t.Errorf("over the bounds: %#v", c)
		}
		if strings.ContainsFunc(s, unicode.IsControl) || Plain(s) != s {
			t.Errorf("plays tricks: %q", s)
		}
		if again := CampaignOf(c.SourceType, c.SourceID, c.Headline); again != c {
			t.Errorf("%#v becomes %#v", c, again)
		}
		raw, err := json.Marshal(c)
		var back Campaign
		if err != nil || json.Unmarshal(raw, &back) != nil || back != c {
			t.Errorf("%s is read as %#v", raw, back)
		}
	})
}
