package records_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/proof"
	"assent/standard"
)

// statuses are the states that a record names for a purpose, in their order.
func statuses(t *testing.T, record []byte, purpose string) (all []string) {
	t.Helper()
	var r struct {
		Processes []struct {
			Key    string `json:"dct:identifier"`
			Status []struct {
				Type []string `json:"@type"`
			} `json:"dpv:hasConsentStatus"`
		} `json:"dpv:hasProcess"`
	}
	if err := json.Unmarshal(record, &r); err != nil {
		t.Fatal(err)
	}
	for _, p := range r.Processes {
		for _, s := range p.Status {
			if p.Key == purpose {
				all = append(all, strings.TrimPrefix(s.Type[0], "dpv:"))
			}
		}
	}
	return all
}

var (
	numberForm = regexp.MustCompile(`\+?[0-9]{8,}`)
	// ids, hashes and seconds look like numbers
	noNumbers = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|sha-256;[A-Za-z0-9_-]{43}|"consentTimestamp": [0-9]+`)
)

func TestRecordsInBundles(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.story()
	for _, audience := range []proof.Audience{proof.Court, proof.Regulator, proof.Meta, proof.Subject} {
		report, bundle := prove(t, h, h.person(ada), audience)
		files := filesOf(t, bundle)
		record, receipt := files["record.jsonld"], files["receipt.json"]
		if got := strings.Join(statuses(t, record, apptest.Offers), " "); got != "ConsentRequested ConsentGiven ConsentWithdrawn ConsentRequested RenewedConsentGiven" {
			t.Errorf("%s: offers %s", audience, got)
		}
		if got := strings.Join(statuses(t, record, apptest.Orders), " "); !strings.HasPrefix(got, "ConsentRe") || !strings.Contains(got, "ConsentRefused") || !strings.HasSuffix(got, "ConsentGiven") {
			t.Errorf("%s: orders %s", audience, got)
		}
		disclosed := disclosedText(t, bundle)
		for _, has := range []struct {
			what, text string
			want       bool
		}{
			{"the number", ada, true},
			{"the subject's id", h.person(ada), audience != proof.Meta},
			{"the name that was typed", "Ada", false},
			{"an address", "203.0.113.77", false},
			{"an operator", "mia", false},
		} {
			if got := bytes.Contains(record, []byte(has.text)); got != has.want {
				t.Errorf("%s: the record names %s: %v", audience, has.what, got)
			}
			if has.want && !strings.Contains(disclosed, has.text) {
				t.Errorf("%s: the events do not disclose %s", audience, has.what)
			}
		}
		if bytes.Contains(receipt, []byte(ada)) || !json.Valid(receipt) || !bytes.Contains(receipt, []byte("KI-CR-v1.1.0")) {
			t.Errorf("%s: the receipt is\n%s", audience, receipt)
		}
		if _, ok := files["declaration.txt"]; ok != (audience == proof.Court) {
			t.Errorf("%s: declaration.txt is there: %v", audience, ok)
		}
		if report.Simulated > 0 != bytes.Contains(receipt, []byte("SIMULATED")) || report.Simulated > 0 != bytes.Contains(record, []byte("SIMULATED")) {
			t.Errorf("%s: the records do not say that they are simulated", audience)
		}
	}
}

// A record holds nothing that its events do not disclose to the audience.
func TestRecordsFollowTheEvents(t *testing.T) {
	h := newHouse(t)
	h.sign()
	h.story()
	for _, person := range []string{bela, chidi, dora} {
		for _, audience := range []proof.Audience{proof.Court, proof.Meta, proof.Subject} {
			_, bundle := prove(t, h, h.person(person), audience)
			disclosed := disclosedText(t, bundle)
			files := filesOf(t, bundle)
			own := h.Tenant().Sender("").Number
			said := noNumbers.ReplaceAllString(string(files["record.jsonld"])+string(files["receipt.json"]), "")
			for _, n := range numberForm.FindAllString(said, -1) {
				if n = strings.TrimPrefix(n, "+"); !strings.Contains(disclosed, n) && n != strings.TrimPrefix(own, "+") {
					t.Errorf("%s for %s: %s comes from nowhere", person, audience, n)
				}
			}
		}
	}
	_, bundle := prove(t, h, h.person(dora), proof.Court)
	if files := filesOf(t, bundle); files["receipt.json"] != nil || files["record.jsonld"] == nil {
		t.Error("a receipt for somebody who never agreed, or no record")
	}
}

func TestReceipt(t *testing.T) {
	h := newHouse(t)
	h.OptIn(ada, apptest.Offers)
	ctx, person := t.Context(), h.person(ada)
	for _, format := range []standard.Format{standard.FormatDPV, standard.FormatKantara} {
		got, err := h.records.Receipt(ctx, h.Business, person, format)
		if err != nil || !json.Valid(got) {
			t.Fatalf("%s: %v", format, err)
		}
		again, err := h.records.Receipt(ctx, h.Business, person, format)
		if err != nil || !bytes.Equal(got, again) {
			t.Errorf("%s: another one the second time: %v", format, err)
		}
		page, err := h.records.Person(ctx, h.Business, person)
		if err != nil {
			t.Fatal(err)
		}
		byConsent, err := h.records.ConsentReceipt(ctx, h.Business, page.Consents[0].Consent, format)
		if err != nil || !bytes.Equal(got, byConsent) {
			t.Errorf("%s: another one by the consent: %v", format, err)
		}
		if !bytes.Contains(got, []byte(page.Consents[0].Title)) && !bytes.Contains(got, []byte(page.Consents[0].Words)) {
			t.Errorf("%s does not say what was agreed to:\n%s", format, got)
		}
	}
	other, err := h.Manage.AddBusiness(ctx, otherBusiness)
	if err != nil {
		t.Fatal(err)
	}
	nobody, err := evidence.NewID(h.Clock.Now(), bytes.NewReader(make([]byte, 64)))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range [][2]string{{other, person}, {h.Business, nobody}, {"nobody", person}} {
		if _, err := h.records.Receipt(ctx, tt[0], tt[1], standard.FormatDPV); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v: %v", tt, err)
		}
		if _, err := h.records.ConsentReceipt(ctx, tt[0], tt[1], standard.FormatDPV); !fault.Is(err, fault.NotFound) {
			t.Errorf("consent %v: %v", tt, err)
		}
	}
}
