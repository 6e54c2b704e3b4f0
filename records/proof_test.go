package records_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"assent/consent"
	"assent/fault"
	"assent/funnel"
	"assent/internal/apptest"
	"assent/ledger"
	"assent/optin"
	"assent/phone"
	"assent/proof"
	"assent/records"
)

// prove exports a person's proof and verifies it with the installation's keys.
func prove(t *testing.T, h *house, person string, audience proof.Audience) (proof.Report, []byte) {
	t.Helper()
	var zipped bytes.Buffer
	if err := h.records.ProofOfPerson(t.Context(), h.Business, person, audience, "mia@example", &zipped); err != nil {
		t.Fatal(err)
	}
	key, err := ledger.ParseVerifier(h.Manage.Installation().Log.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	keys := h.Tenant().Keys
	report, err := proof.Verify(t.Context(), bytes.NewReader(zipped.Bytes()), int64(zipped.Len()), proof.Pins{LogKey: key, Keys: &keys, Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	if report.Verdict != proof.Valid {
		t.Errorf("%s: %s", audience, report.Words)
		for _, c := range report.Failed() {
			t.Errorf("%s: %s %q", c.Name, c.Words, c.Detail)
		}
	}
	return report, zipped.Bytes()
}

// unpacked returns the bytes of all files, and of their names.
func unpacked(t *testing.T, bundle []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(f.Name + "\n")
		if _, err := io.Copy(&all, r); err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

func states(r proof.Report) map[string]consent.State {
	m := map[string]consent.State{}
	for _, s := range r.States {
		m[s.Purpose] = s.State
	}
	return m
}

func TestProofForEachAudience(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.Confirm(h.form(apptest.Numbered, "0170 1234567", apptest.Offers), ada)
	person := h.person(ada)
	for _, audience := range []proof.Audience{proof.Court, proof.Regulator, proof.Meta, proof.Subject} {
		t.Run(string(audience), func(t *testing.T) {
			report, bundle := prove(t, h, person, audience)
			if report.Simulated == 0 || !strings.HasPrefix(report.Words, "SIMULATED") {
				t.Errorf("the report does not say first that this is simulated: %s", report.Words)
			}
			if got := states(report); got[apptest.Offers] != consent.Given || got[apptest.Orders] != consent.Refused {
				t.Errorf("states %v", got)
			}
			// request, given, receipt sent and delivered, three notices and the version, the export
			if report.Events != 9 {
				t.Errorf("%d events", report.Events)
			}
			checkHidden(t, audience, bundle)
		})
	}
	before := prove1(t, h, person)
	h.Clock.Advance(apptestMinute)
	h.Say(ada, "STOP")
	report, _ := prove(t, h, person, proof.Court)
	if got := states(report); got[apptest.Offers] != consent.Withdrawn || got[apptest.Orders] != consent.Refused {
		t.Errorf("after STOP: states %v", got)
	}
	if report.Events != before+3 { // the stop, and its receipt sent and delivered
		t.Errorf("after STOP: %d events, before %d", report.Events, before)
	}
}

// checkHidden looks in the disclosed claims for what the audience must not see.
func checkHidden(t *testing.T, audience proof.Audience, bundle []byte) {
	t.Helper()
	claims := disclosedText(t, bundle)
	hidden := map[proof.Audience][]string{
		proof.Court:     nil,
		proof.Regulator: {"203.0.113.77", "Mozilla/5.0 (proofs)"},
		proof.Meta:      {"203.0.113.77", "Mozilla/5.0 (proofs)", "Ada Ünlü", "wamid.", "DE."},
		proof.Subject:   {"mia@example"},
	}
	for _, secret := range hidden[audience] {
		if strings.Contains(claims, secret) {
			t.Errorf("%s is shown %q", audience, secret)
		}
	}
	if audience == proof.Court {
		for _, shown := range []string{"203.0.113.77", "Mozilla/5.0 (proofs)", "Ada Ünlü", "wamid.", "mia@example", ada} {
			if !strings.Contains(claims, shown) {
				t.Errorf("the court is not shown %q", shown)
			}
		}
	}
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if strings.Contains(f.Name, ada[4:]) {
			t.Errorf("a file's name holds the number")
		}
	}
}

func prove1(t *testing.T, h *house, person string) int {
	t.Helper()
	report, _ := prove(t, h, person, proof.Court)
	return report.Events
}

// A form that a stranger filled in with somebody's number is not in that
// person's proof, nor is the number in the stranger's (rules 1 and 4).
func TestProofShowsNobodyElse(t *testing.T) {
	h := newHouse(t)
	h.sign()
	token := h.form(apptest.Numbered, "0170 1234567", apptest.Offers)
	h.Confirm(token, bela) // another number confirms, and is asked
	h.tap(bela, 0)
	_, bundle := prove(t, h, h.person(bela), proof.Court)
	all := string(unpacked(t, bundle)) + disclosedText(t, bundle)
	n := number(t, ada)
	for _, spelling := range append(phone.Spellings(ada), n.WAID(), ada[3:], "0170 1234567", n.Grouped()) {
		if strings.Contains(all, spelling) {
			t.Errorf("the typed number of somebody else is in the bundle, as %q", spelling)
		}
	}
	if !strings.Contains(all, bela) {
		t.Error("the confirming number is not in the bundle")
	}
}

func TestProofOfMergedPersons(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.merge(chidi)
	person := h.person(chidi)
	p, err := h.records.Person(t.Context(), h.Business, person)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Absorbed) != 1 {
		t.Fatalf("absorbed %v", p.Absorbed)
	}
	report, _ := prove(t, h, person, proof.Court)
	if got := states(report)[apptest.Offers]; got != consent.Withdrawn {
		t.Errorf("offers %s", got)
	}
	// Asked for by the id of the one who turned out to be somebody else, the
	// proof is that other's.
	again, _ := prove(t, h, p.Absorbed[0], proof.Regulator)
	if again.Events != report.Events {
		t.Errorf("%d events by the old id, %d by the new", again.Events, report.Events)
	}
}

func TestProofOfNobody(t *testing.T) {
	h := newHouse(t)
	h.OptIn(ada, apptest.Offers)
	page, err := h.records.List(t.Context(), records.Query{Business: h.Business})
	if err != nil {
		t.Fatal(err)
	}
	row := page.Rows[0]
	other, err := h.Manage.AddBusiness(t.Context(), otherBusiness)
	if err != nil {
		t.Fatal(err)
	}
	before := h.logSize()
	for name, ask := range map[string]func(io.Writer) error{
		"unknown consent": func(w io.Writer) error {
			return h.records.Proof(t.Context(), h.Business, "0197a3e0-0000-7000-8000-000000000000", proof.Court, "mia", w)
		},
		"no id": func(w io.Writer) error {
			return h.records.Proof(t.Context(), h.Business, "'", proof.Court, "mia", w)
		},
		"another business's consent": func(w io.Writer) error {
			return h.records.Proof(t.Context(), other, row.Consent, proof.Court, "mia", w)
		},
		"another business's person": func(w io.Writer) error {
			return h.records.ProofOfPerson(t.Context(), other, row.Subject, proof.Court, "mia", w)
		},
		"unknown business": func(w io.Writer) error {
			return h.records.Proof(t.Context(), "none", row.Consent, proof.Court, "mia", w)
		},
	} {
		var out bytes.Buffer
		if err := ask(&out); !fault.Is(err, fault.NotFound) || out.Len() > 0 {
			t.Errorf("%s: %v, %d bytes", name, err, out.Len())
		}
	}
	if after := h.logSize(); after != before {
		t.Errorf("the log grew from %d to %d", before, after)
	}
	if err := h.records.ProofOfPerson(t.Context(), h.Business, row.Subject, "everybody", "mia", io.Discard); !fault.Is(err, fault.Invalid) {
		t.Errorf("an unknown audience: %v", err)
	}
}

func (h *house) logSize() (n int64) {
	h.T.Helper()
	err := h.Store.ReadOnly(context.Background(), func(ctx context.Context, r reader) error {
		head, err := r.LogHead(ctx)
		n = head.Size
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	return n
}

// A page is proven with what it loads, and with what that loads in turn.
func TestProofHoldsWhatThePageLoads(t *testing.T) {
	h := newHouse(t)
	h.sign()
	keep := func(kind, contentType, body string) funnel.Document {
		d := funnel.NewDocument(kind, contentType, []byte(body))
		if err := h.Manage.KeepPage(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	face := keep(proof.ShownAsset, "font/woff2", "a face, played")
	sheet := keep(proof.ShownAsset, "text/css; charset=utf-8", `@font-face{src:url("/static/face.`+face.SHA256[:12]+`.woff2")}`)
	page := keep("page", "text/html; charset=utf-8", `<!doctype html><link rel="stylesheet" href="/static/public.`+sheet.SHA256[:12]+`.css"><img src="/static/gone.000000000000.svg">`)
	_, v, _ := h.Directory().Funnel(apptest.Chat)
	shown := funnel.Shown{Version: v.ID, Lang: "en", Notice: v.Notices["en"].SHA256, Page: page.SHA256, At: h.Clock.Now()}
	h.Confirm(h.Submit(optin.Submission{Slug: apptest.Chat, Purposes: []string{apptest.Offers}, Shown: shown.Seal(h.Manage.Installation().Secrets.Shown)}), ada)
	_, bundle := prove(t, h, h.person(ada), proof.Court)
	all := string(unpacked(t, bundle))
	for _, name := range []string{"shown/page-" + page.SHA256 + ".html", "shown/asset-" + sheet.SHA256 + ".css", "shown/asset-" + face.SHA256 + ".woff2"} {
		if !strings.Contains(all, name) {
			t.Errorf("%s is not in the bundle", name)
		}
	}
}
