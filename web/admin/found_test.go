package admin_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/internal/apptest"
	"assent/optin"
	"assent/whatsapp/simulator"
)

// offers is a form with offers ticked, and nothing else.
var offers = optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}}

// record returns the page of the person with the number.
func (o *office) record(number string) answer {
	o.T.Helper()
	return o.get("/admin/people/" + o.subject(number))
}

// between returns what stands between two marks of a page, without markup.
func (a answer) between(from, to string) string {
	_, rest, _ := strings.Cut(a.body, from)
	part, _, _ := strings.Cut(rest, to)
	return answer{body: part}.text()
}

func TestRefusedPurposeShowsTheWordsThatWereAsked(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	for lang, want := range map[string][2]string{
		"en": {"The words agreed to", "The words that were asked"}, "de": {"Der vereinbarte Text", "Der Text, nach dem gefragt wurde"},
		"ar": {"النص المتفق عليه", "النص الذي عُرض للموافقة"},
	} {
		page := o.get("/admin/people/" + o.subject(person) + "?lang=" + lang)
		parts := strings.Split(page.body, `<article class="a-consent">`)
		if len(parts) != 3 {
			t.Fatalf("%d consents", len(parts)-1)
		}
		if !strings.Contains(parts[1], want[0]) || strings.Contains(parts[1], want[1]) || !strings.Contains(parts[2], want[1]) || strings.Contains(parts[2], want[0]) {
			t.Errorf("%s: %s", lang, page.text())
		}
	}
}

func TestBareStopLeavesARefusalARefusal(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	if a := o.get("/admin/consents?purpose=orders"); !strings.Contains(a.between("<tbody>", "</tbody>"), "Not chosen Stopped") {
		t.Errorf("in the list: %s", a.between("<tbody>", "</tbody>"))
	}
	page := o.record(person)
	if line := page.between(`<section aria-labelledby="happened">`, "</section>"); !strings.Contains(line, "Withdrawn Offers Stopped Order updates") {
		t.Errorf("what happened: %s", line)
	}
	stands := page.between(`<section aria-labelledby="stands">`, "</section>")
	if !strings.Contains(stands, "Withdrawn") || !strings.Contains(stands, "Not chosen") {
		t.Errorf("what stands: %s", stands)
	}
}

func TestDeletedYesWaits(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	pending, err := o.Optin.Pending(t.Context(), o.Submit(offers))
	if err != nil {
		t.Fatal(err)
	}
	yes := o.Say(person, pending.Text)
	o.Clock.Advance(time.Minute)
	o.Act(simulator.Inbound{From: person, Delete: yes})
	if row := o.get("/admin/consents?purpose=offers").between("<tbody>", "</tbody>"); !strings.Contains(row, "Waiting") || strings.Contains(row, "Given") {
		t.Errorf("in the list: %s", row)
	}
	page := o.record(person)
	if text := page.text(); !strings.Contains(text, "Deleted their yes") || !strings.Contains(text, "Waiting Offers") || strings.Contains(text, "Unknown") {
		t.Errorf("%s", text)
	}
	if stands := page.between(`<section aria-labelledby="stands">`, "</section>"); !strings.Contains(stands, "Waiting") || strings.Contains(stands, "Given") {
		t.Errorf("what stands: %s", stands)
	}
}

// After a stop and a new yes the page says what the stop still covers, and for
// each purpose what the API answers.
func TestPersonPageDoesNotContradictItselfAfterAStop(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	o.Clock.Advance(time.Minute)
	o.OptIn(person, apptest.Offers)
	page := o.record(person)
	if banner := strings.TrimSpace(page.between(`<div class="c-flash c-flash--stop">`, "</div>")); strings.Count(page.body, "c-flash--stop") != 1 ||
		!strings.HasPrefix(banner, "Stopped: Order updates") || !strings.Contains(banner, "Lifted for Offers today") || strings.Contains(banner, "everything") {
		t.Errorf("%q", banner)
	}
	for _, part := range strings.Split(page.body, `<article class="a-consent">`)[1:] {
		text, want := (answer{body: part}).text(), "May send"
		key := apptest.Offers
		if strings.Contains(text, "Order updates") {
			key, want = apptest.Orders, "May not send: a stop covers it"
		}
		if got := o.Check(person, key); got.Allowed != (want == "May send") || !strings.Contains(text, want) {
			t.Errorf("%s: the API says %+v, the page %s", key, got, text)
		}
	}
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	if banner := strings.TrimSpace(o.record(person).between(`<div class="c-flash c-flash--stop">`, "</div>")); !strings.HasPrefix(banner, "Stopped: everything") || strings.Contains(banner, "Lifted") {
		t.Errorf("%q", banner)
	}
}

func TestFirstYesAfterAStopIsNotShownAsGivenAgain(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	o.Clock.Advance(time.Minute)
	o.OptIn(person, apptest.Orders)
	if got := o.Check(person, apptest.Orders); got.State != consent.Renewed {
		t.Fatalf("%+v", got)
	}
	if page := o.record(person).text(); strings.Contains(page, "again: ") || strings.Contains(page, "Given again") || strings.Contains(page, "Said yes again") {
		t.Errorf("%s", page)
	}
	o.Clock.Advance(time.Minute)
	o.OptIn(person, apptest.Offers)
	if page := o.record(person).text(); !strings.Contains(page, "Given again") || !strings.Contains(page, "Said yes again") {
		t.Errorf("%s", page)
	}
}

// What a receipt prints finds the person: the record is an event's id.
func TestSearchFindsWhatTheReceiptPrints(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	defer o.signed()()
	o.OptIn(person, apptest.Offers)
	o.Clock.Advance(time.Minute)
	o.OptIn("+491709876543", apptest.Offers)
	var receipt string
	for _, m := range o.Received(person) {
		if strings.Contains(m.Text, "Record ") {
			receipt = m.Text
		}
	}
	printed := regexp.MustCompile(`Record ([0-9a-f-]{36})\s+Checkpoint ([0-9a-f]{8})`).FindStringSubmatch(receipt)
	if printed == nil {
		t.Fatalf("the receipt prints nothing: %s", receipt)
	}
	for _, search := range printed[1:] {
		a := o.do("POST", "/admin/consents", form("q", search))
		if to := a.header.Get("Location"); to != "/admin/consents?q="+o.subject(person) {
			t.Errorf("%s finds %q %s", search, to, a.text())
		}
	}
	if page := o.record(person); !strings.Contains(page.text(), "Record "+printed[1]) || !strings.Contains(page.text(), "Consent ") {
		t.Error("the page names what the receipt calls a record otherwise")
	}
}

func TestErasedPersonHasNoState(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	record := "/admin/people/" + o.subject(person)
	if a := o.do("POST", record+"/erase", form("sure", "yes")); a.status != 303 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	stands := o.get(record)
	text := stands.between(`<section aria-labelledby="stands">`, "</section>")
	if !strings.Contains(text, "Offers") || !strings.Contains(text, "Erased") || strings.Contains(text, "Given") || strings.Contains(text, "Not chosen") || strings.Contains(text, "end") {
		t.Errorf("what stands: %s", text)
	}
}

func TestStopsAreListedOnceEach(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.Clock.Advance(time.Minute)
	o.Say(person, "STOP")
	o.Clock.Advance(2 * time.Hour)
	o.Say(person, "STOP")
	page := o.record(person)
	banner := page.between(`<div class="c-flash c-flash--stop">`, "</div>")
	if strings.Count(page.body, "c-flash--stop") != 1 || strings.TrimSpace(banner) != "Stopped: everything · by the person · today 11:01" {
		t.Errorf("%q", banner)
	}
}

// signed signs checkpoints until the returned function is called.
func (o *office) signed() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); o.Manage.RunCheckpoints(ctx) }()
	return func() { cancel(); <-done }
}

func TestCheckpointStandsAsInTheReceipt(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	p, err := o.Records.Person(t.Context(), o.Business, o.subject(person))
	if err != nil || p.Checkpoint == nil {
		t.Fatal(err)
	}
	page := o.record(person)
	short := regexp.MustCompile(`<summary><code><bdi dir="ltr">([0-9a-f]{8})</bdi></code></summary>`).FindStringSubmatch(page.body)
	if short == nil || short[1] != p.Checkpoint.Short || !strings.Contains(html.UnescapeString(page.body), p.Checkpoint.Root) {
		t.Errorf("%q, want %q and %q", short, p.Checkpoint.Short, p.Checkpoint.Root)
	}
	for _, m := range o.Received(person) {
		if strings.Contains(m.Text, "Checkpoint") && !regexp.MustCompile(`Checkpoint [0-9a-f]{8}\b`).MatchString(m.Text) {
			t.Errorf("the receipt has another form: %s", m.Text)
		}
	}
}

func TestFunnelColumnShowsTheTitle(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	page := o.get("/admin/consents")
	if row := page.between("<tbody>", "</tbody>"); !strings.Contains(row, "Fresh news from Sonnentor (spring)") {
		t.Errorf("%s", row)
	}
	if !strings.Contains(page.body, `<bdi title="spring">Fresh news from Sonnentor (spring)</bdi>`) || !strings.Contains(page.body, `<option value="spring">Fresh news from Sonnentor (spring)</option>`) {
		t.Error("the short name is no hint, or the filter shows it")
	}
}

func TestExportOfAProofSaysForWhomAndByWhom(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	defer o.signed()()
	if a := o.do("POST", "/admin/people/"+o.subject(person)+"/proof", form("audience", "regulator")); a.status != 200 {
		t.Fatalf("%d %s", a.status, a.text())
	}
	if text := o.record(person).text(); !strings.Contains(text, "Who will read it: A regulator · rosa") {
		t.Errorf("%s", text)
	}
	if err := o.Manage.AddOperator(t.Context(), "mia", "Mia", password); err != nil {
		t.Fatal(err)
	}
	o.do("POST", "/admin/sign-out", nil)
	if a := o.do("POST", "/admin/sign-in", form("user", "mia", "password", password)); a.status != 303 {
		t.Fatal(a.status)
	}
	if text := o.record(person).text(); !strings.Contains(text, "Who will read it: A regulator · rosa") {
		t.Errorf("seen by somebody else: %s", text)
	}
}

func TestNoSuchPurposeIsSaid(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	for query, want := range map[string]string{
		"purpose=nope": "There is no such purpose. There are: Offers (offers) · Order updates (orders).", "funnel=%3Cscript%3E": "There is no such funnel. There are: ",
	} {
		a := o.get("/admin/consents?" + query)
		if a.status != 400 || !strings.Contains(a.text(), want) || strings.Contains(a.body, "<script>") {
			t.Errorf("%s: %d %s", query, a.status, a.text())
		}
	}
	if a := o.get("/admin/consents.csv?purpose=nope"); a.status != 400 {
		t.Errorf("exported all the same: %d", a.status)
	}
}

func TestKeptCopySaysThatItIsOne(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	link := html.UnescapeString(regexp.MustCompile(`/admin/shown/[0-9a-f]{64}[^"]*`).FindString(o.record(person).body))
	page := o.get(link)
	hash := link[len("/admin/shown/"):][:64]
	for _, must := range []string{"Kept copy", hash, "Fresh news from Sonnentor (spring)", "version 1", "English", "today 09:00"} {
		if !strings.Contains(page.text(), must) {
			t.Errorf("lacks %q: %s", must, page.text())
		}
	}
	if page.status != 200 || !strings.Contains(page.header.Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("%d %v", page.status, page.header)
	}
	frame := regexp.MustCompile(`<iframe [^>]*src="([^"]*)" sandbox=""`).FindStringSubmatch(page.body)
	if frame == nil {
		t.Fatal("no frame")
	}
	kept := o.get(html.UnescapeString(frame[1]))
	sum := sha256.Sum256([]byte(kept.body))
	if hex.EncodeToString(sum[:]) != hash || !strings.HasPrefix(kept.header.Get("Content-Security-Policy"), "sandbox;") {
		t.Errorf("the bytes are not those that were kept: %d %x", kept.status, sum)
	}
	// An address that names somebody else's event says nothing of it.
	for _, query := range []string{"", "?person=nobody&event=x", "?person=" + o.subject(person) + "&event=x"} {
		if a := o.get("/admin/shown/" + hash + query); a.status != 200 || strings.Contains(a.text(), "version 1") {
			t.Errorf("%s: %d %s", query, a.status, a.text())
		}
	}
}

func TestGalleryIsSeenInOnesOwnFrame(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	index := o.get("/admin/gallery")
	if !strings.Contains(index.body, "rosa") || strings.Contains(index.text(), "Rosa Bakery") || !strings.Contains(index.text(), "Sonnentor") {
		t.Errorf("%s", index.text())
	}
	page := o.get("/admin/gallery/consents")
	if strings.Contains(page.body, `href="/admin/consents"`) || strings.Contains(page.body, "/dev/gallery") || strings.Contains(page.body, "sign-out") || !strings.Contains(page.text(), "Samples to look at") {
		t.Errorf("%s", page.text())
	}
}

// The empty front page says what comes first, and leads there.
func TestFrontPageOffersWhatComesFirst(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	_, err := o.Manage.AddBusiness(t.Context(), business.Business{Slug: "neu", LegalName: "Neu GmbH", BrandName: "Neu", NoticeURL: "https://neu.example/privacy", Language: "en", BareStop: business.StopAll})
	if err != nil {
		t.Fatal(err)
	}
	first := o.get("/admin/consents?business=neu")
	for _, must := range []string{
		`<a class="c-button c-button--act" href="/admin/senders/new">Connect a number</a>`, `<a class="c-button" href="/admin/funnels/new">New funnel</a>`, `<a class="c-button" href="/admin/funnels">Show the funnels</a>`,
	} {
		if !strings.Contains(first.body, must) {
			t.Errorf("it lacks %q", must)
		}
	}
	if a := o.get("/admin/funnels?business=neu"); strings.Count(a.body, `href="/admin/funnels/new"`) != 1 || !strings.Contains(a.body, `href="/admin/senders/new"`) {
		t.Errorf("the funnels: %s", a.text())
	}
	// a business that has both is asked to share what it has
	ready := o.get("/admin/consents?business=sonnentor")
	if strings.Contains(ready.body, `href="/admin/senders/new"`) || strings.Contains(ready.body, `href="/admin/funnels/new"`) || strings.Count(ready.text(), " done ") != 2 || !strings.Contains(ready.body, `<a class="c-button c-button--act" href="/admin/funnels">`) {
		t.Errorf("%s", ready.text())
	}
	if a := o.get("/admin/funnels?business=sonnentor"); strings.Contains(a.body, `href="/admin/senders/new"`) {
		t.Errorf("a number is missed that is there")
	}
}
