package admin_test

import (
	"context"
	"strings"
	"testing"

	"assent/internal/apptest"
	"assent/records"
	"assent/whatsapp/simulator"
)

// The ad that led to a yes stands in the story as words and nothing else, and who shows
// no number is seen with their username.
func TestPersonWhoCameFromAnAd(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	withheld := true
	o.Act(simulator.Inbound{
		From: person, To: apptest.PhoneNumberID, Name: "Kim", Username: "@kim.k", Withheld: &withheld,
		Text:     "Hello Sonnentor! I would like to hear from you. Code " + apptest.PrintedCode,
		Referral: &simulator.Referral{SourceType: "ad", SourceID: "120210", Headline: "<script>Fresh\u202e tea</script>", ClickID: "ARAkLkA8"},
	})
	got := o.Received(person)
	o.Act(simulator.Inbound{From: person, To: apptest.PhoneNumberID, Button: got[len(got)-1].Buttons[0].Payload})
	page, err := o.Records.List(context.Background(), records.Query{Business: o.Business})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("%d rows: %v", len(page.Rows), err)
	}
	a := o.get("/admin/people/" + page.Rows[0].Subject)
	if n := strings.Count(a.text(), "Ad 120210: <script>Fresh tea</script>"); n != 2 {
		t.Errorf("the ad is named %d times: %s", n, a.text())
	}
	if strings.Contains(a.body, "<script>Fresh") || strings.Contains(a.body, "ARAkLkA8") {
		t.Error("the page runs the headline, or shows the click")
	}
	for _, want := range []string{"Kim @kim.k", "Ad or post, says WhatsApp", "Username at that time"} {
		if !strings.Contains(a.text(), want) {
			t.Errorf("the record lacks %q", want)
		}
	}
}
