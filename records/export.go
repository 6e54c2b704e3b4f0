package records

import (
	"context"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/table"
	"assent/tenant"
)

// exportColumns are the columns of an export, documented in docs/export.md.
var exportColumns = []string{
	"consent_id", "subject_id", "number", "bsuid", "name", "purpose", "scope", "state", "grade", "basis", "given_at", "ended_at", "valid_until",
	"changed_at", "funnel", "version", "language", "entry_point", "method", "event_id", "simulated", "held", "ended_method", "campaign",
}

// exportChunk is how many rows are read at a time: no transaction stays open
// for longer than it takes to read them.
const exportChunk = 500

// Export writes every consent that the query chooses as a table, in the order of
// their ids, in constant memory. It is an event of the business's with its
// author (rule 30), in the log before the first row is written. Cursor and Limit
// of the query are passed over.
//
// The rows are read in pieces, so each is as it stood when its piece was read;
// one that is made while the export runs may be missing.
func (s *Service) Export(ctx context.Context, q Query, format table.Format, actor string, w io.Writer) (err error) {
	defer fault.Wrap(&err, "records.Export")
	t, err := s.tenant(q.Business)
	if err != nil {
		return err
	}
	if err := s.check(t, q); err != nil {
		return err
	}
	if format != table.CSV && format != table.JSONLines {
		return fault.Field("format", "Choose csv or jsonl.")
	}
	var f consent.Filter
	n := 0
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		if f, err = s.filter(ctx, r, t, q); err != nil {
			return err
		}
		n, err = r.CountMatching(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.noteExport(ctx, t, q, string(format), n, actor); err != nil {
		return err
	}
	out, err := table.NewWriter(w, format, exportColumns...)
	if err != nil {
		return err
	}
	if err := s.exportRows(ctx, t, f, q.Mask, out); err != nil {
		return err
	}
	return out.Flush()
}

func (s *Service) exportRows(ctx context.Context, t *tenant.Tenant, f consent.Filter, mask bool, out table.Writer) error {
	f.Limit = exportChunk
	for {
		var rows []Row
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
			list, err := r.ConsentsByID(ctx, f)
			if err != nil {
				return err
			}
			rows, err = s.rows(ctx, r, t, list, mask)
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := out.Row(cells(row)...); err != nil {
				return err
			}
		}
		if len(rows) < exportChunk {
			return nil
		}
		f.AfterID = rows[len(rows)-1].Consent
	}
}

// cells writes a row in the order of exportColumns.
func cells(r Row) []string {
	version := ""
	if r.Version > 0 {
		version = strconv.Itoa(r.Version)
	}
	return []string{
		r.Consent, r.Subject, r.Number, r.BSUID, r.Name, r.Purpose, string(r.Scope), string(r.State), string(r.Grade), string(r.Basis),
		stamp(r.GivenAt), stamp(r.EndedAt), stamp(r.ValidUntil), stamp(r.When), r.Funnel, version, r.Language, r.EntryPoint, r.Method, r.Event,
		strconv.FormatBool(r.Simulated), strconv.FormatBool(r.Held), r.EndedMethod, r.Campaign.String(),
	}
}

// stamp writes an instant as RFC 3339 in UTC with milliseconds; nothing for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// Listing is the claim "listing" of the operator.acted event of an export: what
// was asked for, without naming anybody.
type Listing struct {
	Format   string `json:"format"`
	Count    int    `json:"count"` // rows that the filter chose when the export began
	State    string `json:"state,omitempty"`
	Scope    string `json:"scope,omitempty"`
	Purpose  string `json:"purpose,omitempty"`
	Funnel   string `json:"funnel,omitempty"`
	Searched bool   `json:"searched,omitempty"` // for somebody; for whom is not kept
	Masked   bool   `json:"masked,omitempty"`
}

// noteExport records that an operator exports a list.
func (s *Service) noteExport(ctx context.Context, t *tenant.Tenant, q Query, format string, count int, actor string) error {
	listing := Listing{Format: format, Count: count, State: string(q.State), Scope: string(q.Scope), Searched: q.Search != "", Masked: q.Mask}
	listing.Purpose = q.Purpose // one that there is: Export has checked
	if f, _, ok := s.directory.Funnel(q.Funnel); ok {
		listing.Funnel = f.Slug
	} else if f, _, ok := s.directory.FunnelByID(q.Funnel); ok {
		listing.Funnel = f.Slug
	}
	body, err := json.Marshal(listing)
	if err != nil {
		return err
	}
	now := s.now()
	e := evidence.Event{
		Name: evidence.OperatorActed, IssuedAt: now, Time: now, Operator: actor, Simulated: senderOf(t).Simulated,
		Act: evidence.Act{Kind: "operator"}, Method: "list export", Extra: map[string]evidence.RawJSON{"listing": body},
	}
	if e.ID, err = evidence.NewID(now, s.rand); err != nil {
		return err
	}
	record, err := t.Issue(s.rand, e, t.KeyID(), t.Key, nil)
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, record) })
}

// EachPerson calls fn with the id of everybody whose consents the query chooses,
// each once, in no useful order.
func (s *Service) EachPerson(ctx context.Context, q Query, fn func(subjectID string) error) (err error) {
	defer fault.Wrap(&err, "records.EachPerson")
	t, err := s.tenant(q.Business)
	if err != nil {
		return err
	}
	if err := s.check(t, q); err != nil {
		return err
	}
	var f consent.Filter
	after := ""
	for first := true; ; first = false {
		var ids []string
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			if first {
				if f, err = s.filter(ctx, r, t, q); err != nil {
					return err
				}
			}
			ids, err = r.SubjectsMatching(ctx, f, after, exportChunk)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := fn(id); err != nil {
				return err
			}
			after = id
		}
		if len(ids) < exportChunk {
			return nil
		}
	}
}
