package manage

import (
	"encoding/json"
	"slices"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/locale"
	"assent/tenant"
)

// Lint returns what there is to say of a version before it is published, the
// errors first.
func (s *Service) Lint(v *funnel.Version) []lint.Finding {
	t, _ := s.directory.Tenant(v.Business)
	return lint.Check(v, s.lintOptions(t, v))
}

// lintOptions is what the lint has to know of what stands beside the version.
func (s *Service) lintOptions(t *tenant.Tenant, v *funnel.Version) (o lint.Options) {
	if t == nil {
		return o
	}
	if sender := t.Sender(""); sender != nil {
		o.Number = sender.Number
	}
	o.Mute, o.Nobody = !t.Reachable(), t.NamesNobody()
	o.Samples, o.Purposes = samples(&t.Business), t.StopNames()
	if f, _, ok := s.directory.Funnel(v.Slug); ok && f.Business == t.ID { // its address is fixed
		for _, e := range s.directory.Entries(f.ID) {
			if e.Kind == funnel.EntryQR && !e.Off {
				o.Entries = append(o.Entries, e.Label)
			}
		}
		return o
	}
	for _, f := range s.directory.Funnels(t.ID) {
		o.Slugs = append(o.Slugs, f.Slug)
	}
	return o
}

// refusal returns the first error as a fault of its field, with everything that
// was found as the cause; nil where there is no error.
func refusal(findings []lint.Finding) error {
	i := slices.IndexFunc(findings, func(f lint.Finding) bool { return f.Severity == lint.Error })
	if i < 0 {
		return nil
	}
	f, english := findings[i], locale.ForOperator("en")
	return fault.Field(f.Where.String(), "%s %s", f.Says(english), f.Offers(english)).Because(&lint.Refused{Findings: findings})
}

// linted is what a publication records of its reading. It is part of the event
// format: a name that is here never changes its meaning.
type linted struct {
	Warnings    []warned       `json:"warnings,omitempty"`
	Readability map[string]int `json:"readability,omitempty"` // 0 to 100, by language
}

type warned struct {
	Code  string `json:"code"`
	Where string `json:"where"`
}

// reading returns what is recorded of the findings with a version.
func reading(v *funnel.Version, findings []lint.Finding) (evidence.RawJSON, error) {
	l := linted{Readability: lint.Readability(v)}
	for _, f := range findings {
		if f.Severity == lint.Warning {
			l.Warnings = append(l.Warnings, warned{f.Code, f.Where.String()})
		}
	}
	return json.Marshal(l)
}
