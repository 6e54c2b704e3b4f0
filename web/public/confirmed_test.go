package public_test

import (
	"strings"
	"testing"
	"time"

	"assent/internal/apptest"
	"assent/web/public"
)

// TestConfirmedPageTellsWhatHappened: after a stop it neither tells of it nor
// says that anything is in force (rule 28).
func TestConfirmedPageTellsWhatHappened(t *testing.T) {
	s := newSite(t, public.Limit{})
	for lang, words := range map[string][]string{
		"en": {"Sign-up confirmed", "Signed up:", "Agreed", "This page keeps what was answered then"},
		"de": {"Anmeldung bestätigt", "Angemeldet:", "Zugestimmt", "zeigt, was damals geantwortet wurde"},
		"ar": {"تم تأكيد الاشتراك", "وقت الاشتراك:", "تمت الموافقة", "تحتفظ هذه الصفحة بما أُجيب به حينها"},
	} {
		page := s.get("/f/" + apptest.Chat + "?lang=" + lang)
		a := s.post("/f/"+apptest.Chat, form("purpose", apptest.Offers, "shown", s.shownOn(page)))
		at := a.header.Get("Location")
		made := s.Clock.Now().In(time.Local).Format("15:04")
		s.Clock.Advance(time.Minute)
		_, text := s.chatLink(s.get(at))
		s.Say(person, text)
		before := s.get(at)
		for _, want := range append(words, made) {
			if !strings.Contains(before.text(), want) {
				t.Errorf("%s: the page lacks %q: %s", lang, want, before.text())
			}
		}
		for _, state := range []string{"Given", "Erteilt", ">Confirmed<"} {
			if strings.Contains(before.body, state) {
				t.Errorf("%s: the page tells of a state: %q", lang, state)
			}
		}
		s.Clock.Advance(time.Minute)
		s.Say(person, "STOP")
		if after := s.get(at); after.body != before.body {
			t.Errorf("%s: the page tells of the stop: %s", lang, after.text())
		}
		s.Clock.Advance(time.Minute)
	}
}

// TestNoCodeIsSpokenOfWhereNoneIsShown: who asked for a message has no code.
func TestNoCodeIsSpokenOfWhereNoneIsShown(t *testing.T) {
	s := newSite(t, public.Limit{})
	at := s.submit(apptest.Asking, form("purpose", apptest.Offers, "phone", person))
	const code, answer = "The code is valid until", "You can answer until"
	if page := s.get(at).text(); strings.Contains(page, code) || !strings.Contains(page, answer) {
		t.Errorf("before asking: %s", page)
	}
	s.post(at+"/template", nil)
	if page := s.get(at).text(); strings.Contains(page, code) || !strings.Contains(page, answer) {
		t.Errorf("after asking: %s", page)
	}
	chat := s.submit(apptest.Chat, form("purpose", apptest.Offers))
	if page := s.get(chat).text(); !strings.Contains(page, code) {
		t.Errorf("where there is a code: %s", page)
	}
}
