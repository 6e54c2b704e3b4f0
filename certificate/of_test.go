package certificate_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"assent/funnel"
	"assent/internal/apptest"
	"assent/proof"
	"assent/records"
)

const ada = "+4915112345678"

// proven returns the certificate in the proof of a person.
func proven(t *testing.T, a *apptest.App, audience proof.Audience) []byte {
	t.Helper()
	page, err := a.Records.List(t.Context(), records.Query{Business: a.Business, Search: ada, Limit: 1})
	if err != nil || len(page.Rows) == 0 {
		t.Fatal(err)
	}
	a.RunCheckpoints()
	var b bytes.Buffer
	if err := a.Records.ProofOfPerson(t.Context(), a.Business, page.Rows[0].Subject, audience, "rosa", &b); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("certificate.pdf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pdf, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

// The certificate in a proof tells the story, to each audience what it may know.
func TestCertificateOfAStory(t *testing.T) {
	a := apptest.New(t)
	a.OptIn(ada, apptest.Offers)
	a.Say(ada, "STOP")
	text := func(audience proof.Audience) string {
		return strings.Join(strings.Fields(tool(t, proven(t, a, audience), "pdftotext", "-layout", "FILE", "-")), " ")
	}
	court := text(proof.Court)
	words, _ := a.Version(apptest.Chat).Text("en")
	for _, want := range []string{"Certificate of consent", "SIMULATED", ada, a.Tenant().LegalName, strings.Fields(words.Purposes[apptest.Offers].Words)[0], "STOP", "Withdrawn"} {
		if !strings.Contains(court, want) {
			t.Errorf("the court's certificate lacks %q:\n%s", want, court)
		}
	}
	pdf := proven(t, a, proof.Court)
	if tool(t, pdf, "qpdf", "--check", "FILE") == "" {
		t.Error("nothing was checked")
	}
	if meta := text(proof.Meta); strings.Contains(meta, "wamid") {
		t.Error("the certificate for Meta holds a message id")
	}
	if first, second := proven(t, a, proof.Court), proven(t, a, proof.Court); !bytes.Equal(first, second) {
		t.Error("a second export has another certificate")
	}
}

// Rule 12: where words read otherwise by now, the certificate shows how, marks what
// changed, and says what the publisher says of it. What was agreed to stays as it was.
func TestRule12CertificateShowsChangedWords(t *testing.T) {
	a := apptest.New(t)
	a.OptIn(ada, apptest.Offers)
	text := func() string {
		return strings.Join(strings.Fields(tool(t, proven(t, a, proof.Court), "pdftotext", "-layout", "FILE", "-")), " ")
	}
	publish := func(change funnel.Change, old, now string) {
		t.Helper()
		a.Clock.Advance(time.Minute)
		v := a.Version(apptest.Chat)
		said := v.Texts["en"].Purposes[apptest.Offers]
		said.Words = strings.Replace(said.Words, old, now, 1)
		v.Texts["en"].Purposes[apptest.Offers], v.Change = said, change
		if err := a.Manage.PublishFunnel(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(text(), "How these words read by now") {
		t.Error("words that have not changed are said to have")
	}
	publish(funnel.ChangeTypo, "at any time", "whenever I like")
	typo := text()
	for _, want := range []string{"I can stop at any time by replying STOP.", "How these words read by now: version 2", "I can stop [at any time] whenever I like by replying STOP.", "they mean the same"} {
		if !strings.Contains(typo, want) {
			t.Errorf("the certificate lacks %q:\n%s", want, typo)
		}
	}
	publish(funnel.ChangeMeaning, "GmbH. I", "GmbH, also about its cafés. I")
	if meaning := text(); !strings.Contains(meaning, "Naturkost GmbH, also about its cafés. I can stop") || !strings.Contains(meaning, "version 3") || !strings.Contains(meaning, "they mean something else") {
		t.Errorf("%s", meaning)
	}
	a.Say(ada, "STOP")
	if strings.Contains(text(), "How these words read by now") {
		t.Error("it is said of a consent that has ended")
	}
}
