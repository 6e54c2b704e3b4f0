package certificate_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/certificate"
	"assent/consent"
	"assent/fault"
	"assent/locale"
)

var when = time.Date(2026, 11, 23, 14, 5, 9, 0, time.UTC)

// sample returns a certificate with everything in it, in a language of labels
// and with words in a language of theirs.
func sample(lang, wordsLang, words string) certificate.Certificate {
	hash := strings.Repeat("0123456789abcdef", 4)
	return certificate.Certificate{
		ID: "019ab3c4-5d6e-7f80-9123-456789abcdef", Language: lang, Audience: "court", AsOf: when, Simulated: true,
		Business: certificate.Business{LegalName: "Blumen Kant GmbH", BrandName: "Kant", Address: "Königstraße 1, 10117 Berlin", Contact: "hallo@kant.example", NoticeURL: "https://kant.example/privacy", Issuer: "https://optin.example/b/kant"},
		Person:   certificate.Person{Number: "+49 170 1234567", BSUID: "DE.13491208655302741918", Name: "Ana Müller"},
		Consents: []certificate.Consent{
			{Title: "Offers", Scope: consent.Marketing, Basis: consent.ByConsent, State: consent.Given, Grade: consent.GradeB, GivenAt: when, Words: words, Language: wordsLang},
			{Title: "Orders", Scope: consent.Transactional, Basis: consent.ByContract, State: consent.Withdrawn, Grade: consent.GradeC, GivenAt: when, EndedAt: when.Add(time.Hour)},
			{Title: "Events", Scope: consent.Marketing, Basis: consent.ByConsent, State: consent.Refused, RefusedAt: when},
			{Title: "News", Scope: consent.Marketing, Basis: consent.ByConsent, State: consent.Expired, Grade: consent.GradeA, GivenAt: when, ValidUntil: when.Add(time.Hour)},
		},
		Form: &certificate.Form{Title: "Flowers by WhatsApp", Intro: words, Address: "https://optin.example/f/flowers", Language: wordsLang, ShownAt: when, Button: "Confirm in WhatsApp",
			Boxes: []certificate.Box{{Title: "Offers", Words: words, Ticked: true}, {Title: "Events", Words: "Invitations"}, {Title: "Orders", Words: "We write to you about your order.", Statement: true}},
			Links: []string{"https://kant.example/privacy"}},
		Acts:    []certificate.Act{{Kind: "message", Text: "Yes, send me offers. Code K7Q2-M9XD", Language: wordsLang, Sender: "+49 30 123456", MessageID: "wamid.HBgN", At: when, ArrivedAt: when.Add(time.Second), Match: "same"}},
		History: []certificate.Event{{At: when, Name: "consent.given", Outcomes: []string{"Offers: given", "Events: refused"}, Leaf: 4711, LeafHash: hash}, {At: when.Add(time.Hour), Name: "consent.withdrawn", Outcomes: []string{"Orders: withdrawn"}, Leaf: 4720, LeafHash: hash}},
		Log:     certificate.Log{Origin: "optin.example/log", Size: 4801, Root: "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", Short: "7FQ4-2K9M", SignedAt: when},
		Prints:  []certificate.Print{{Kind: "notice", SHA256: hash}, {Kind: "page", SHA256: hash}},
		Record:  []byte(`{"record":"as it is"}`),
	}
}

func write(t testing.TB, c certificate.Certificate) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := certificate.Write(&b, c); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tool runs a program over the PDF; without it the test is skipped, or fails
// where ASSENT_TEST_REQUIRE is set.
func tool(t testing.TB, pdf []byte, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("ASSENT_TEST_REQUIRE") != "" {
			t.Fatalf("%s is not installed", name)
		}
		t.Skipf("%s is not installed", name)
	}
	file := filepath.Join(t.TempDir(), "certificate.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	for i, a := range args {
		if a == "FILE" {
			args[i] = file
		}
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

const english = "I agree that Blumen Kant GmbH sends me offers by WhatsApp, at most four a month. I can stop this at any time by writing STOP."

func TestSameCertificateSameBytes(t *testing.T) {
	if !bytes.Equal(write(t, sample("en", "en", english)), write(t, sample("en", "en", english))) {
		t.Error("two writings differ")
	}
	if bytes.Equal(write(t, sample("en", "en", english)), write(t, sample("en", "en", english+" "+english))) {
		t.Error("other words make the same bytes")
	}
}

func TestIsSound(t *testing.T) {
	for _, lang := range append(locale.Tags(), "xx") {
		if out := tool(t, write(t, sample(lang, "en", english)), "qpdf", "--check", "FILE"); strings.Contains(out, "WARNING") {
			t.Errorf("%s: %s", lang, out)
		}
	}
}

func TestTextCanBeRead(t *testing.T) {
	for lang, want := range map[string][]string{
		"en": {"Certificate of consent", "SIMULATED", "Blumen Kant GmbH", "+49 170 1234567", "What was agreed", "by writing STOP.", "Word for word", "2026-11-23 14:05:09 UTC", "#4711", "empty at first → ticked", "01234567 89abcdef", "7FQ4-2K9M", "page 1 of", "What this does not prove"},
		"pl": {"Zaświadczenie o zgodzie", "SYMULACJA", "początkowo puste → zaznaczone", "Czego to nie dowodzi"},
		"tr": {locale.For("tr").T("certificate.not"), locale.For("tr").T("certificate.business")},
		"ja": {locale.For("ja").T("certificate.title"), locale.For("ja").T("certificate.log")},
		"de": {"Einwilligungsnachweis", "SIMULIERT", "Königstraße 1, 10117 Berlin", "zuerst leer → angekreuzt", "Was dies nicht beweist"},
	} {
		got := strings.Join(strings.Fields(tool(t, write(t, sample(lang, "en", english)), "pdftotext", "-layout", "FILE", "-")), " ")
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s: the text lacks %q", lang, w)
			}
		}
	}
}

func TestRecordIsAttached(t *testing.T) {
	c := sample("en", "en", english)
	pdf, out := write(t, c), filepath.Join(t.TempDir(), "out.json")
	tool(t, pdf, "pdfdetach", "-save", "1", "-o", out, "FILE")
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, c.Record) {
		t.Errorf("got %q, %v", got, err)
	}
	for _, want := range []string{"/AFRelationship /Data", "/Subtype /application#2fjson", "/AF [", "/DisplayDocTitle true", "/Lang <FEFF0065006E>"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	if info := tool(t, pdf, "pdfinfo", "FILE"); !strings.Contains(info, "Certificate of consent · Blumen Kant GmbH") || !strings.Contains(info, "Tagged:          yes") {
		t.Error(info)
	}
}

// What could hide in a text, or turn it round, is seen.
func TestHidingIsShown(t *testing.T) {
	got := tool(t, write(t, sample("en", "en", "pay\u202e oN\u202c \u200bzero\x00nul \ufeff \U000e0041")), "pdftotext", "-layout", "FILE", "-")
	for _, want := range []string{"U+202E", "U+202C", "U+200B", "U+0000", "U+FEFF", "U+E0041"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not shown", want)
		}
	}
}

func TestTextHasALimit(t *testing.T) {
	c := sample("en", "en", strings.Repeat("x", certificate.MaxText))
	if err := certificate.Write(io.Discard, c); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestEmptyAndLong(t *testing.T) {
	for name, c := range map[string]certificate.Certificate{
		"empty":      {},
		"long":       sample("en", "en", strings.Repeat("All work and no play. ", 5000)),
		"one word":   sample("en", "en", strings.Repeat("x", 20000)),
		"marks":      sample("en", "en", "a"+strings.Repeat("\u0301", 20000)),
		"line feeds": sample("ar", "en", strings.Repeat("\n", 2000)),
		"bytes":      sample("de", "\xff)(>", "\xff\xfe\x80 \r\r\n\t"),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			pdf := write(t, c)
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
			tool(t, pdf, "qpdf", "--check", "FILE")
		})
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("en", "x", english)
	f.Add("ar", "he", "שלום \u202e abc 123")
	f.Add("de", "th", "สวัสดี\x00\u0301\u0301")
	f.Fuzz(func(t *testing.T, lang, wordsLang, words string) {
		if len(words) > 4000 {
			return
		}
		c := sample(lang, wordsLang, words)
		c.Business.LegalName, c.Person.Name = words, words
		tool(t, write(t, c), "qpdf", "--check", "FILE")
	})
}

func BenchmarkWrite(b *testing.B) {
	c := sample("en", "en", english)
	size := len(write(b, c))
	b.ReportAllocs()
	for b.Loop() {
		if err := certificate.Write(io.Discard, c); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "bytes/pdf")
}
