package admin_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/csv"
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/business"
	"assent/consent"
	"assent/internal/apptest"
	"assent/optin"
	"assent/proof"
	"assent/records"
	"assent/web"
	"assent/web/admin"
	"assent/web/api"
	"assent/web/hook"
	"assent/web/public"
	"assent/web/session"
)

const (
	person   = "+491701234567"
	other    = "+4915112345678"
	password = "a password of tests"
)

// office is the admin UI over a whole installation, and a browser before it.
type office struct {
	*apptest.App
	*httptest.Server
	client *http.Client
	log    *bytes.Buffer
	ledger *logOf
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := officeOf(t, apptest.New(t))
	o.addRosa()
	return o
}

// addRosa lets rosa sign in.
func (o *office) addRosa() {
	o.T.Helper()
	if err := o.Manage.AddOperator(o.T.Context(), "rosa", "Rosa", password); err != nil {
		o.T.Fatal(err)
	}
}

// officeOf is an office of an installation in which nobody can sign in yet.
func officeOf(t *testing.T, a *apptest.App) *office {
	t.Helper()
	o := &office{App: a, log: &bytes.Buffer{}}
	o.ledger = &logOf{Service: o.Manage}
	log := slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	site := web.New(web.Config{
		BaseURL: apptest.BaseURL, Logger: log, Now: o.Clock.Now, Rand: rand.Reader, Directory: o.Directory(),
		Public: public.New(public.Config{Optin: o.Optin, Manage: o.Manage, Directory: o.Directory(), Installation: o.Manage.Installation(), Log: log, Now: o.Clock.Now}),
		Hook:   &hook.Handler{}, API: api.New(api.Config{}),
		Admin: admin.New(admin.Config{
			Sessions: session.New(o.Manage, false), Records: o.Records, Permits: o.Permit, Manage: o.Manage, Ledger: o.ledger, Alarms: o.Manage, Healths: o.Manage, Templates: o.Templates, Ages: o.Optin, Senders: o.Numbers, Surfaces: o.Surfaces, Stops: o.Optin, Directory: o.Directory(), Installation: o.Manage.Installation(),
			Operators: o.Manage.Operators, Simulator: true, Gallery: true, Log: log, Now: o.Clock.Now,
		}),
	})
	o.Server = httptest.NewServer(site)
	t.Cleanup(o.Server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return o
}

type answer struct {
	status int
	header http.Header
	body   string
}

var markup, space = regexp.MustCompile(`<[^>]*>`), regexp.MustCompile(`\s+`)

func (a answer) text() string {
	return html.UnescapeString(space.ReplaceAllString(markup.ReplaceAllString(a.body, " "), " "))
}

func (o *office) do(method, path string, form url.Values, headers ...string) answer {
	o.T.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, o.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		o.T.Fatal(err)
	}
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", o.URL)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := o.client.Do(r)
	if err != nil {
		o.T.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		o.T.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(b)}
}

func (o *office) get(path string, headers ...string) answer {
	o.T.Helper()
	return o.do("GET", path, nil, headers...)
}

func form(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

func (o *office) signIn() {
	o.T.Helper()
	if a := o.do("POST", "/admin/sign-in", form("user", "rosa", "password", password)); a.status != 303 || a.header.Get("Location") != "/admin/consents" {
		o.T.Fatalf("sign-in: %d %s %s", a.status, a.header.Get("Location"), a.text())
	}
}

// subject returns the id of the person with the number.
func (o *office) subject(number string) string {
	o.T.Helper()
	page, err := o.Records.List(context.Background(), records.Query{Business: o.Business, Search: number})
	if err != nil || len(page.Rows) == 0 {
		o.T.Fatalf("nobody has the number: %v", err)
	}
	return page.Rows[0].Subject
}

func TestNobodyIsLetIn(t *testing.T) {
	o := newOffice(t)
	o.OptIn(person, apptest.Offers)
	id := o.subject(person)
	for _, tt := range []struct{ method, path string }{
		{"GET", "/admin"}, {"GET", "/admin/consents"}, {"POST", "/admin/consents"}, {"GET", "/admin/consents.csv"}, {"GET", "/admin/consents.jsonl?state=given"},
		{"GET", "/admin/people/" + id}, {"POST", "/admin/people/" + id + "/proof"}, {"POST", "/admin/consents/proofs"}, {"GET", "/admin/shown/" + strings.Repeat("0", 64)}, {"GET", "/admin/funnels"},
		{"GET", "/admin/gallery"}, {"GET", "/admin/gallery/landing"}, {"GET", "/admin/nothing"},
	} {
		for _, cookie := range []string{"", "assent=" + strings.Repeat("A", 43), "assent=x; assent=y"} {
			a := o.do(tt.method, tt.path, nil, "Cookie", cookie)
			if a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/admin/sign-in") || strings.Contains(a.body, "1701234567") {
				t.Errorf("%s %s with %q: %d %s", tt.method, tt.path, cookie, a.status, a.header.Get("Location"))
			}
		}
	}
	if a := o.get("/admin/consents?state=given"); a.header.Get("Location") != "/admin/sign-in?next=%2Fadmin%2Fconsents%3Fstate%3Dgiven" {
		t.Errorf("where they wanted to go is lost: %s", a.header.Get("Location"))
	}
}

func TestSignIn(t *testing.T) {
	o := newOffice(t)
	page := o.get("/admin/sign-in?next=/admin/funnels", "Accept-Language", "de")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"} {
		if page.header.Get(name) != want {
			t.Errorf("%s is %q", name, page.header.Get(name))
		}
	}
	if page.status != 200 || !strings.Contains(page.body, `<html lang="de"`) || !strings.Contains(page.body, `value="/admin/funnels"`) {
		t.Errorf("%d %s", page.status, page.text())
	}
	wrong := o.do("POST", "/admin/sign-in", form("user", "rosa", "password", "wrong"))
	nobody := o.do("POST", "/admin/sign-in", form("user", "nobody", "password", "wrong"))
	if wrong.status != 401 || nobody.status != 401 || strings.Replace(wrong.text(), "rosa", "", 1) != strings.Replace(nobody.text(), "nobody", "", 1) || !strings.Contains(wrong.body, `value="rosa"`) {
		t.Errorf("%d %d: %s", wrong.status, nobody.status, wrong.text())
	}
	for next, want := range map[string]string{
		"/admin/people/x?y=z": "/admin/people/x?y=z", "": "/admin/consents", "https://evil.example/admin/": "/admin/consents", "//evil.example/admin/": "/admin/consents",
		`/\evil.example`: "/admin/consents", "/admin/../../f/x": "/admin/consents", "/f/spring": "/admin/consents", "/admin/sign-out": "/admin/consents", "/adminx": "/admin/consents",
		"javascript:alert(1)": "/admin/consents", "/admin/\r\nX: y": "/admin/consents", "%zz": "/admin/consents",
	} {
		if a := o.do("POST", "/admin/sign-in", form("user", " Rosa ", "password", password, "next", next)); a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("next %q: %d %s", next, a.status, a.header.Get("Location"))
		}
	}
	if a := o.get("/admin/sign-in"); a.status != 303 {
		t.Errorf("signed in already: %d", a.status)
	}
	if a := o.do("POST", "/admin/sign-out", nil); a.status != 303 || o.get("/admin/consents").status != 303 {
		t.Error("signing out does not")
	}
	if strings.Contains(o.log.String(), password) || strings.Contains(o.log.String(), "rosa") {
		t.Errorf("the log tells too much: %s", o.log)
	}
}

func TestGuessing(t *testing.T) {
	o := newOffice(t)
	try := func(user, pw string) int {
		return o.do("POST", "/admin/sign-in", form("user", user, "password", pw)).status
	}
	for range 10 {
		try("rosa", "wrong")
	}
	if a := o.do("POST", "/admin/sign-in", form("user", "ROSA ", "password", password)); a.status != 429 || a.header.Get("Retry-After") == "" || !strings.Contains(a.text(), "Too many tries") {
		t.Errorf("the eleventh try: %d %s", a.status, a.text())
	}
	if got := try("mia", "wrong"); got != 401 {
		t.Errorf("somebody else is locked out as well: %d", got)
	}
	o.Clock.Advance(30 * time.Second)
	if got := try("rosa", password); got != 303 {
		t.Errorf("after a while: %d", got)
	}
}

func TestForeignForms(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	for _, path := range []string{"/admin/sign-out", "/admin/consents", "/admin/consents/proofs", "/admin/people/x/proof", "/admin/sign-in"} {
		for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Sec-Fetch-Site", "cross-site"}, {"Origin", "null"}} {
			if a := o.do("POST", path, nil, headers...); a.status != 403 {
				t.Errorf("%s %v: %d", path, headers, a.status)
			}
		}
	}
	if a := o.get("/admin/consents"); a.status != 200 {
		t.Errorf("signed out by another site: %d", a.status)
	}
}

func TestList(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	empty := o.get("/admin/consents")
	if empty.status != 200 || !strings.Contains(empty.text(), "No consents yet") {
		t.Errorf("%d %s", empty.status, empty.text())
	}
	o.OptIn(person, apptest.Offers)
	o.OptIn(other, apptest.Orders)
	o.Say(other, "STOP")
	id := o.subject(person)
	for _, tt := range []struct {
		query      string
		has, lacks []string
	}{
		{"", []string{"+49 170 1234567", "+49 1511 2345678", "Offers", "Order updates", "4 entries · 1 consent in force"}, nil},
		{"?state=given", []string{"+49 170 1234567"}, []string{"+49 1511"}},
		{"?state=withdrawn", []string{"+49 1511 2345678", "1 entry · 0 consents in force"}, []string{"+49 170"}},
		{"?scope=marketing&state=given", []string{"+49 170 1234567"}, []string{"+49 1511"}},
		{"?purpose=orders&state=refused", []string{"+49 170 1234567"}, []string{"+49 1511"}},
		{"?funnel=counter", []string{"Nothing fits this filter"}, []string{"+49"}},
		{"?q=" + id, []string{"+49 170 1234567", "2 entries · 1 consent in force"}, []string{"+49 1511"}},
		{"?state=anything&scope=all", []string{"4 entries · 1 consent in force"}, nil},
		{"?q=%22%3E%3Cscript%3E", []string{"Nothing fits"}, nil},
	} {
		a := o.get("/admin/consents" + tt.query)
		if a.status != 200 || strings.Contains(a.body, "<script>") {
			t.Errorf("%s: %d", tt.query, a.status)
		}
		for _, s := range tt.has {
			if !strings.Contains(a.text(), s) {
				t.Errorf("%s lacks %q: %s", tt.query, s, a.text())
			}
		}
		for _, s := range tt.lacks {
			if strings.Contains(a.text(), s) {
				t.Errorf("%s shows %q", tt.query, s)
			}
		}
	}
	if a := o.get("/admin/consents?after=nonsense"); a.status != 400 || !strings.Contains(a.body, "rosa") {
		t.Errorf("a page that does not exist: %d", a.status)
	}
}

func TestSearchLeavesNoNumberInAnAddress(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	want := "/admin/consents?q=" + o.subject(person)
	for _, typed := range []string{person, "0170 1234567", " +49 (170) 123-4567 ", o.subject(person)} {
		if a := o.do("POST", "/admin/consents", form("q", typed)); a.status != 303 || a.header.Get("Location") != want {
			t.Errorf("%q: %d %s", typed, a.status, a.header.Get("Location"))
		}
	}
	if a := o.do("POST", "/admin/consents", form("q", person, "state", "given")); a.header.Get("Location") != want+"&state=given" {
		t.Errorf("the filter is lost: %s", a.header.Get("Location"))
	}
	if a := o.get(want); !strings.Contains(a.body, `value="+49 170 1234567"`) {
		t.Error("the search box does not show the number")
	}
	if a := o.do("POST", "/admin/consents", form("q", other)); a.status != 200 || !strings.Contains(a.text(), "Nothing fits") || strings.Contains(a.body, "q=") {
		t.Errorf("nobody: %d %s", a.status, a.text())
	}
	if a := o.do("POST", "/admin/consents", form("q", "", "state", "given")); a.header.Get("Location") != "/admin/consents?state=given" {
		t.Errorf("%d %s", a.status, a.header.Get("Location"))
	}
	if strings.Contains(o.log.String(), "170") {
		t.Errorf("the log tells whom they looked for: %s", o.log)
	}
}

func TestExports(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.OptIn(other, apptest.Orders)
	a := o.get("/admin/consents.csv?state=given")
	if a.status != 200 || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(a.header.Get("Content-Disposition"), `attachment; filename="consents-sonnentor-2026-03-02-`) || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", a.status, a.header)
	}
	rows, err := csv.NewReader(strings.NewReader(a.body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "consent_id" {
		t.Errorf("%v %v", rows, err)
	}
	lines := strings.Split(strings.TrimSpace(o.get("/admin/consents.jsonl?q="+o.subject(person)).body), "\n")
	if len(lines) != 2 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, l := range lines {
		var row map[string]any
		if err := json.Unmarshal([]byte(l), &row); err != nil || row["number"] != person {
			t.Errorf("%s: %v", l, err)
		}
	}
	if a := o.get("/admin/consents.csv?state=expired"); a.status != 200 || strings.Count(a.body, "\n") != 1 {
		t.Errorf("an export of nothing: %d %q", a.status, a.body)
	}
}

func TestPerson(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.Say(person, "STOP")
	at := "/admin/people/" + o.subject(person)
	page := o.get(at)
	for _, must := range []string{"+49 170 1234567", "Germany", "Withdrawn", "Not chosen", "Said yes", "Asked for on the page", "Yes, send me offers on WhatsApp", "STOP", "Wrote in WhatsApp", "by the person", "Simulated"} {
		if !strings.Contains(page.text(), must) {
			t.Errorf("the record lacks %q: %s", must, page.text())
		}
	}
	if strings.Contains(page.text(), "[") {
		t.Errorf("words are missing: %s", page.text())
	}
	shown := regexp.MustCompile(`/admin/shown/[0-9a-f]{64}`).FindString(page.body)
	doc := o.get(shown + "?bytes")
	if doc.status != 200 || !strings.HasPrefix(doc.header.Get("Content-Security-Policy"), "sandbox; default-src 'none'") || !strings.HasPrefix(doc.header.Get("Content-Type"), "text/html") {
		t.Errorf("%s: %d %v", shown, doc.status, doc.header)
	}
	for _, path := range []string{"/admin/people/nobody", "/admin/people/019cadc6-9a80-7dd1-a3c4-185c590c215d", "/admin/people/%00", "/admin/shown/" + strings.Repeat("0", 64), "/admin/shown/x", "/admin/nothing", "/admin/gallery/nothing"} {
		if a := o.get(path); a.status != 404 || !strings.Contains(a.body, "rosa") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, lang := range []string{"de", "ar"} {
		if a := o.get(at + "?lang=" + lang); a.status != 200 || !strings.Contains(a.body, `<html lang="`+lang+`"`) || strings.Contains(a.text(), "[") {
			t.Errorf("in %s: %d %s", lang, a.status, a.text())
		}
	}
	if a := o.get("/admin/funnels", "Accept-Language", "en"); !strings.Contains(a.body, `<html lang="ar"`) {
		t.Error("the language chosen is forgotten")
	}
}

func TestProof(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	at := "/admin/people/" + o.subject(person)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // the bundle waits for the checkpoint that holds its export
		defer close(done)
		o.Manage.RunCheckpoints(ctx)
	}()
	a := o.do("POST", at+"/proof", form("audience", "regulator"))
	if a.status != 200 || a.header.Get("Content-Type") != "application/zip" || !strings.Contains(a.header.Get("Content-Disposition"), `attachment; filename="proof-`) || strings.Contains(a.header.Get("Content-Disposition"), "170") {
		t.Fatalf("%d %v %s", a.status, a.header, a.text())
	}
	if _, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body))); err != nil {
		t.Error(err)
	}
	if bad := o.do("POST", at+"/proof", form("audience", "everybody")); bad.status != 400 {
		t.Errorf("for nobody: %d", bad.status)
	}
	if none := o.do("POST", "/admin/people/nobody/proof", form("audience", "court")); none.status != 404 {
		t.Errorf("of nobody: %d", none.status)
	}
	if after := o.get(at); !strings.Contains(after.text(), "Proof exported") {
		t.Error("the export is not in the story")
	}
	cancel()
	<-done
}

func TestProofsOfAList(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	o.OptIn(other, apptest.Orders)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // the bundles wait for the checkpoint that holds their exports
		defer close(done)
		o.Manage.RunCheckpoints(ctx)
	}()
	defer func() { cancel(); <-done }()
	at := regexp.MustCompile(`action="(/admin/consents/proofs[^"]*)"`).FindStringSubmatch(o.get("/admin/consents?state=given").body)
	if at == nil {
		t.Fatal("the list offers no archive of proofs")
	}
	for _, tt := range []struct {
		path  string
		names []string // of the archive
	}{
		{html.UnescapeString(at[1]), []string{"00001.zip", "00002.zip", "index.json"}},
		{"/admin/consents/proofs?q=" + o.subject(other), []string{"00001.zip", "index.json"}},
	} {
		a := o.do("POST", tt.path, form("audience", "regulator"))
		if a.status != 200 || a.header.Get("Content-Type") != "application/zip" || a.header.Get("Content-Disposition") != `attachment; filename="proofs-sonnentor-regulator-`+o.Clock.Now().UTC().Format("2006-01-02-1504")+`.zip"` {
			t.Fatalf("%s: %d %v %s", tt.path, a.status, a.header, a.text())
		}
		z, err := zip.NewReader(strings.NewReader(a.body), int64(len(a.body)))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range z.File {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, tt.names) {
			t.Errorf("%s: %q", tt.path, names)
		}
		m, err := proof.VerifyMany(t.Context(), strings.NewReader(a.body), int64(len(a.body)), proof.Pins{}, func(string, proof.Report) error { return nil })
		if err != nil || m.Verdict != proof.Consistent {
			t.Errorf("%s: %v %+v", tt.path, err, m)
		}
	}
	if story := o.get("/admin/people/" + o.subject(other)); strings.Count(story.text(), "Proof exported") < 2 {
		t.Error("the exports are not in the story")
	}
	if none := o.do("POST", "/admin/consents/proofs?state=expired", form("audience", "court")); none.status != 422 || !strings.Contains(none.text(), "no consents match this filter") || none.header.Get("Content-Disposition") != "" {
		t.Errorf("of nobody: %d %s", none.status, none.text())
	}
	for _, path := range []string{"/admin/consents/proofs", "/admin/consents/proofs?purpose=nope"} {
		if bad := o.do("POST", path, form("audience", map[bool]string{true: "court", false: "everybody"}[strings.Contains(path, "nope")])); bad.status != 400 {
			t.Errorf("%s: %d", path, bad.status)
		}
	}
}

func TestFunnelsAndBusinesses(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	o.OptIn(person, apptest.Offers)
	page := o.get("/admin/funnels")
	for _, must := range []string{"Fresh news from Sonnentor", apptest.BaseURL + "/f/spring", apptest.BaseURL + "/q/" + apptest.PrintedCode, "1 consent in force", "Published", "Deutsch"} {
		if !strings.Contains(page.text(), must) && !strings.Contains(page.body, must) {
			t.Errorf("the funnels lack %q", must)
		}
	}
	if !strings.Contains(page.body, "<svg") || !strings.Contains(page.body, "/q/SHOP01.png") {
		t.Error("the printed code is not shown")
	}
	if a := o.get("/admin/gallery/landing"); a.status != 200 {
		t.Errorf("gallery: %d", a.status)
	}
	if _, err := o.Manage.AddBusiness(t.Context(), business.Business{
		Slug: "andere", LegalName: "Andere GmbH", BrandName: "Andere", Address: "Weg 2", Contact: "x@andere.example", Human: "X", NoticeURL: "https://andere.example/p",
		Language: "de", Country: "DE", BareStop: business.StopAll, Purposes: []business.Purpose{{Key: "news", Scope: consent.Marketing, Basis: consent.ByConsent, Titles: map[string]string{"de": "Neues"}}},
	}); err != nil {
		t.Fatal(err)
	}
	if a := o.get("/admin/consents?business=andere"); a.status != 200 || strings.Contains(a.body, "1234567") || !strings.Contains(a.text(), "No consents yet") {
		t.Errorf("the other business: %d %s", a.status, a.text())
	}
	if a := o.get("/admin/people/" + o.subject(person)); a.status != 404 {
		t.Errorf("a person of one business seen from another: %d", a.status)
	}
	if a := o.get("/admin/consents?business=nosuch"); !strings.Contains(a.text(), "Andere") {
		t.Error("the business chosen is forgotten")
	}
}

func TestNothingSetUpYet(t *testing.T) {
	a := apptest.NewWith(t, apptest.Options{Empty: true})
	o := &office{App: a, log: &bytes.Buffer{}}
	if err := a.Manage.AddOperator(t.Context(), "rosa", "Rosa", password); err != nil {
		t.Fatal(err)
	}
	site := web.New(web.Config{
		BaseURL: apptest.BaseURL, Logger: a.Log, Now: a.Clock.Now, Rand: rand.Reader, Directory: a.Directory(),
		Public: public.New(public.Config{Optin: a.Optin, Manage: a.Manage, Directory: a.Directory(), Installation: a.Manage.Installation(), Log: a.Log, Now: a.Clock.Now}),
		Hook:   &hook.Handler{}, API: api.New(api.Config{}),
		Admin: admin.New(admin.Config{Sessions: session.New(a.Manage, false), Alarms: a.Manage, Templates: a.Templates, Ages: a.Optin, Records: a.Records, Permits: a.Permit, Manage: a.Manage, Ledger: &logOf{Service: a.Manage}, Directory: a.Directory(), Installation: a.Manage.Installation(), Log: a.Log, Now: a.Clock.Now}),
	})
	o.Server = httptest.NewServer(site)
	defer o.Server.Close()
	jar, _ := cookiejar.New(nil)
	o.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	o.signIn()
	for path, status := range map[string]int{"/admin/consents": 200, "/admin/funnels": 200, "/admin/log": 200, "/admin/log/checkpoint": 404, "/admin/consents.csv": 303, "/admin/people/x": 303, "/admin/shown/x": 303, "/admin/gallery": 404} {
		if a := o.get(path); a.status != status {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// Names and words from outside stand in pages as text.
func TestHostileNames(t *testing.T) {
	o := newOffice(t)
	o.signIn()
	token := o.Submit(optin.Submission{Slug: apptest.Numbered, Phone: person, Name: `<img src=x onerror="alert(1)">`, Purposes: []string{apptest.Offers}})
	o.Confirm(token, person)
	a := o.get("/admin/people/" + o.subject(person))
	if a.status != 200 || strings.Contains(a.body, "<img src=x") {
		t.Errorf("%d: markup came through", a.status)
	}
}
