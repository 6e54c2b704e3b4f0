package template

import "golang.org/x/text/language"

// bare are languages that WhatsApp knows with a region only.
var bare = map[string]string{"pt": "pt_BR", "zh": "zh_CN", "zh-Hans": "zh_CN", "zh-Hant": "zh_TW"}

// Code returns WhatsApp's code for a template's language, given as a BCP 47
// tag: "pt-BR" is "pt_BR", "de" is "de". WhatsApp knows no scripts. A text that
// is no tag is returned as it is, and refused further on.
func Code(tag string) string {
	t, err := language.Parse(tag)
	if err != nil {
		return tag
	}
	base, script, region := t.Raw()
	if code, ok := bare[t.String()]; ok {
		return code
	}
	code := base.String()
	if r := region.String(); r != "ZZ" {
		return code + "_" + r
	}
	if known, ok := bare[code+"-"+script.String()]; ok {
		return known
	}
	return code
}
