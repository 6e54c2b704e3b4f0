package certificate_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

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
