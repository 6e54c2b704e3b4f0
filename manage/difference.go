package manage

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"

	"assent/funnel"
)

// Difference is one thing that two versions say differently.
type Difference struct {
	Lang string // empty for what is the same in every language
	What string // words, title, say of a purpose; fields, look …
	Key  string // of the purpose; may be empty
	Old  string
	New  string
}

// Differences returns what differs between two versions, by language and
// purpose. Only what people agree to counts where words says so.
func Differences(old, new *funnel.Version, words bool) (list []Difference) {
	add := func(lang, what, key, a, b string) {
		if a != b {
			list = append(list, Difference{lang, what, key, a, b})
		}
	}
	for _, key := range union(purposeKeys(old), purposeKeys(new)) {
		a, _ := old.Purpose(key)
		b, _ := new.Purpose(key)
		add("", "purpose", key, asText(a), asText(b))
	}
	add("", "age", "", asText(old.MinAge), asText(new.MinAge))
	for _, lang := range union(slices.Collect(maps.Keys(old.Texts)), slices.Collect(maps.Keys(new.Texts))) {
		a, b := old.Texts[lang], new.Texts[lang]
		for _, key := range union(slices.Collect(maps.Keys(a.Purposes)), slices.Collect(maps.Keys(b.Purposes))) {
			add(lang, "words", key, a.Purposes[key].Words, b.Purposes[key].Words)
			add(lang, "title", key, a.Purposes[key].Title, b.Purposes[key].Title)
			add(lang, "say", key, a.Purposes[key].Say, b.Purposes[key].Say)
		}
		add(lang, "age", "", a.Age, b.Age)
		add(lang, "small_print", "", a.SmallPrint, b.SmallPrint)
		if words {
			continue
		}
		for _, x := range []struct{ what, a, b string }{
			{"headline", a.Title, b.Title}, {"intro", a.Intro, b.Intro}, {"body", a.Body, b.Body}, {"greeting", a.Greeting, b.Greeting}, {"ask", a.Ask, b.Ask},
			{"thanks", a.Thanks, b.Thanks}, {"next", a.Next, b.Next}, {"welcome", a.Welcome, b.Welcome}, {"fields", asText(a.Fields), asText(b.Fields)},
		} {
			add(lang, x.what, "", x.a, x.b)
		}
	}
	if words {
		return list
	}
	for _, x := range []struct {
		what string
		a, b any
	}{
		{"mode", old.Mode, new.Mode}, {"number", old.NumberField, new.NumberField}, {"name", old.NameField, new.NameField}, {"fields", old.Fields, new.Fields},
		{"proof", old.Proof, new.Proof}, {"countries", old.Countries, new.Countries}, {"language", old.Language, new.Language}, {"look", old.Look, new.Look}, {"welcome", old.Welcome, new.Welcome},
	} {
		if !reflect.DeepEqual(x.a, x.b) {
			add("", x.what, "", asText(x.a), asText(x.b))
		}
	}
	return list
}

func purposeKeys(v *funnel.Version) (keys []string) {
	for _, p := range v.Purposes {
		keys = append(keys, p.Key)
	}
	return keys
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// asText writes what is no text so that two can be compared and shown.
func asText(v any) string {
	if reflect.ValueOf(v).IsZero() {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	return cmp.Or(string(b), errorText(err))
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
