package records_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/internal/apptest"
	"assent/records"
	"assent/table"
)

func list(t testing.TB, h *house, q records.Query) records.Page {
	t.Helper()
	q.Business = h.Business
	page, err := h.records.List(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	n, err := h.records.Count(context.Background(), q)
	if err != nil || q.Cursor == "" && page.Next == "" && n != len(page.Rows) {
		t.Errorf("%+v counts %d and lists %d (%v)", q, n, len(page.Rows), err)
	}
	return page
}

func TestList(t *testing.T) {
	h := newHouse(t)
	h.story()
	page := list(t, h, records.Query{Search: ada, Purpose: apptest.Offers})
	if len(page.Rows) != 1 {
		t.Fatalf("%d rows", len(page.Rows))
	}
	row := page.Rows[0]
	want := records.Row{
		Consent: row.Consent, Subject: row.Subject, Number: ada, BSUID: row.BSUID, Name: row.Name, State: consent.Renewed, Again: true, Grade: consent.GradeC,
		Scope: consent.Marketing, Basis: consent.ByConsent, Purpose: apptest.Offers, PurposeTitle: "Offers", Funnel: apptest.Numbered, Version: 1, Language: "en",
		Method: "prefilled message", GivenAt: row.GivenAt, EndedAt: row.EndedAt, When: row.When, Event: row.Event, Simulated: true,
	}
	if diff := cmp.Diff(want, row); diff != "" || row.BSUID == "" || !row.GivenAt.After(row.EndedAt) || row.EndedAt.IsZero() {
		t.Errorf("(-want +got)\n%s", diff)
	}
	tests := []struct {
		name   string
		query  records.Query
		people []string // ids
	}{
		{"national spelling", records.Query{Search: " 0170 / 123 45 67 "}, []string{row.Subject}},
		{"with spaces", records.Query{Search: "+49 170 1234567"}, []string{row.Subject}},
		{"international prefix", records.Query{Search: "0049 170 1234567"}, []string{row.Subject}},
		{"account id", records.Query{Search: row.BSUID}, []string{row.Subject}},
		{"consent's id", records.Query{Search: strings.ToUpper(row.Consent)}, []string{row.Subject}},
		{"person's id", records.Query{Search: row.Subject}, []string{row.Subject}},
		{"part of a number", records.Query{Search: "1234"}, nil},
		{"nobody's number", records.Query{Search: "+491701111111"}, nil},
		{"nobody's id", records.Query{Search: "0197a3e0-0000-7000-8000-000000000000"}, nil},
		{"quote", records.Query{Search: "' OR 1=1 --"}, nil},
		{"state", records.Query{State: consent.Renewed}, []string{row.Subject}},
		{"funnel", records.Query{Funnel: apptest.Numbered}, []string{row.Subject}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, r := range list(t, h, tt.query).Rows {
				if !slices.Contains(got, r.Subject) {
					got = append(got, r.Subject)
				}
			}
			if diff := cmp.Diff(tt.people, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	masked := list(t, h, records.Query{Search: ada, Mask: true}).Rows[0]
	if strings.Contains(masked.Number+masked.BSUID, "12345") || masked.Number == "" || masked.Name != "" || masked.BSUID == row.BSUID {
		t.Errorf("masked: %q %q %q", masked.Number, masked.BSUID, masked.Name)
	}
}

func TestListRefuses(t *testing.T) {
	h := newHouse(t)
	for name, q := range map[string]records.Query{
		"cursor": {Business: h.Business, Cursor: "garbage!"}, "cursor of nothing": {Business: h.Business, Cursor: "MA"},
		"state": {Business: h.Business, State: "happy"}, "scope": {Business: h.Business, Scope: "all"},
		"purpose": {Business: h.Business, Purpose: "+491701234567"}, "funnel": {Business: h.Business, Funnel: "+491701234567"},
	} {
		if _, err := h.records.List(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.records.List(t.Context(), records.Query{Business: "none"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("no such business: %v", err)
	}
}

func TestListPages(t *testing.T) {
	h := newHouse(t)
	h.story()
	all := list(t, h, records.Query{}).Rows
	for _, size := range []int{1, 2, 3, len(all), len(all) + 1} {
		var got []records.Row
		q := records.Query{Limit: size}
		for {
			page := list(t, h, q)
			got = append(got, page.Rows...)
			if page.Next == "" {
				break
			}
			q.Cursor = page.Next
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Errorf("pages of %d: %s", size, diff)
		}
	}
	if !slices.IsSortedFunc(all, func(a, b records.Row) int { return b.When.Compare(a.When) }) {
		t.Error("not the newest change first")
	}
}

func TestPerson(t *testing.T) {
	h := newHouse(t)
	h.story()
	p, err := h.records.Person(t.Context(), h.Business, h.person(ada))
	if err != nil {
		t.Fatal(err)
	}
	if p.Number != ada || p.Country != "DE" || p.Language != "en" || p.Checkpoint == nil || len(p.Identifiers) < 2 {
		t.Errorf("%+v", p)
	}
	words := h.Version(apptest.Numbered).Texts["en"].Purposes[apptest.Offers].Words
	if c := p.Consents[0]; c.Purpose != apptest.Offers || c.Words != words || c.State != consent.Renewed || c.Event == "" || c.Notice == "" {
		t.Errorf("consent %+v", c)
	}
	if len(p.Stops) != 1 || len(p.Stops[0].Covers) != 0 || len(p.Stops[0].Ended) != 2 {
		t.Errorf("stops %+v", p.Stops)
	}
	var names []evidence.Name
	for i, e := range p.Events {
		names = append(names, e.Name)
		if e.Problem != "" || len(e.LeafHash) != 64 || i > 0 && e.Leaf >= p.Events[i-1].Leaf {
			t.Errorf("event %+v", e)
		}
		for _, sh := range e.Shown {
			d, err := h.records.Shown(t.Context(), h.Business, sh.SHA256)
			if err != nil || d.Kind != sh.Kind || len(d.Body) == 0 {
				t.Errorf("%s %s: %v", sh.Kind, sh.SHA256, err)
			}
		}
	}
	want := []evidence.Name{
		evidence.ReceiptDelivered, evidence.ReceiptSent, evidence.ConsentRenewed, evidence.ConsentRequested,
		evidence.ReceiptDelivered, evidence.ReceiptSent, evidence.ConsentWithdrawn,
		evidence.ReceiptDelivered, evidence.ReceiptSent, evidence.ConsentGiven, evidence.ConsentRequested,
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	given := p.Events[9]
	if given.Act.Kind != "message" || !strings.Contains(given.Act.Text, "I want offers") || given.Match != "same" || !given.Webhook || given.Choices[0].Words != words {
		t.Errorf("the yes: %+v", given)
	}
	for _, sum := range []string{"", "x", strings.Repeat("0", 64), "../../etc/passwd"} {
		if _, err := h.records.Shown(t.Context(), h.Business, sum); !fault.Is(err, fault.NotFound) {
			t.Errorf("shown %q: %v", sum, err)
		}
	}
	if _, err := h.records.Person(t.Context(), h.Business, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("nobody: %v", err)
	}
}

func TestPersonWhoseKeyIsGone(t *testing.T) {
	h := newHouse(t)
	h.story()
	person := h.person(ada)
	h.raw(`UPDATE subjects SET wrapped = $1 WHERE id = $2`, []byte{}, person)
	p, err := h.records.Person(t.Context(), h.Business, person)
	if err != nil {
		t.Fatal(err)
	}
	gone := 0
	for _, e := range p.Events {
		if e.Problem != "" && e.Leaf >= 0 && e.Name != "" {
			gone++
		}
	}
	if gone == 0 || gone != len(p.Events) || p.Number != "" || len(p.Consents) != 2 {
		t.Errorf("%d of %d events say that they cannot be opened; number %q", gone, len(p.Events), p.Number)
	}
	page := list(t, h, records.Query{Search: person})
	if len(page.Rows) != 2 || !page.Rows[0].Unreadable || page.Rows[0].Number != "" {
		t.Errorf("%+v", page.Rows)
	}
}

func TestExport(t *testing.T) {
	h := newHouse(t)
	h.story()
	for _, format := range []table.Format{table.CSV, table.JSONLines} {
		var out bytes.Buffer
		before := h.logSize()
		if err := h.records.Export(t.Context(), records.Query{Business: h.Business, Search: "0170 1111111"}, format, "mia@example", &out); err != nil {
			t.Fatal(err)
		}
		h.noted(before, string(format))
		out.Reset()
		if err := h.records.Export(t.Context(), records.Query{Business: h.Business}, format, "mia@example", &out); err != nil {
			t.Fatal(err)
		}
		rows := readAll(t, format, &out)
		var got, want []string
		for _, r := range rows {
			got = append(got, r["consent_id"]+r["number"]+r["state"]+r["funnel"]+r["given_at"])
		}
		for _, r := range list(t, h, records.Query{}).Rows {
			at := ""
			if !r.GivenAt.IsZero() {
				at = r.GivenAt.Format("2006-01-02T15:04:05.000Z")
			}
			want = append(want, r.Consent+r.Number+string(r.State)+r.Funnel+at)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
	before := h.logSize()
	if err := h.records.Export(t.Context(), records.Query{Business: h.Business}, "xlsx", "mia", io.Discard); !fault.Is(err, fault.Invalid) || h.logSize() != before {
		t.Errorf("an unknown format: %v", err)
	}
}

// noted checks the event that an export left, and that it names nobody.
func (h *house) noted(leaf int64, format string) {
	h.T.Helper()
	var e evidence.Logged
	err := h.Store.ReadOnly(context.Background(), func(ctx context.Context, r reader) error {
		list, err := r.EventsFrom(ctx, leaf, 10)
		if err == nil && len(list) != 1 {
			err = errors.New("not one event")
		}
		if err == nil {
			e = list[0]
		}
		return err
	})
	if err != nil {
		h.T.Fatal(err)
	}
	disclosed, err := h.Tenant().Key.Open("event/"+e.ID+"/disclosures", e.Sealed)
	if err != nil {
		h.T.Fatal(err)
	}
	signed, err := evidence.WithDisclosed(string(e.JWT), disclosed)
	if err != nil {
		h.T.Fatal(err)
	}
	v, err := evidence.Verify(signed, h.Tenant().Keys)
	if err != nil {
		h.T.Fatal(err)
	}
	var listing records.Listing
	if err := json.Unmarshal(v.Extra["listing"], &listing); err != nil {
		h.T.Fatal(err)
	}
	if v.Name != evidence.OperatorActed || v.Operator != "mia@example" || e.Subject != "" || listing != (records.Listing{Format: format, Searched: true}) {
		h.T.Errorf("%+v, %+v", v.Event, listing)
	}
}

func readAll(t testing.TB, format table.Format, r io.Reader) (rows []map[string]string) {
	t.Helper()
	in, err := table.NewReader(r, format)
	if err != nil {
		t.Fatal(err)
	}
	for {
		row, _, err := in.Next()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}
