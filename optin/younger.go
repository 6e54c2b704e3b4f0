package optin

import (
	"context"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/fault"
	"assent/job"
	"assent/subject"
	"assent/tenant"
)

// JobYounger is the kind of the jobs that erase who said in the chat that they
// are younger than the age that the words ask for. Their Ref is the question.
const JobYounger = "younger"

// younger is the tap of who is too young (rule 8). Of somebody who was only asked
// nothing stays: no stop is made, and what the question rests on is erased. What
// others gave was no consent, so it is invalidated, and they are erased as the
// business keeps its records.
func (d *deed) younger(q chat.Question, act evidence.Act) error {
	d.close(q)
	d.later(func(ctx context.Context, w Writer) error {
		return w.Enqueue(ctx, job.Job{ID: q.ID, Kind: JobYounger, Ref: q.ID, RunAt: d.now})
	})
	if d.p.onlyAsked() {
		return nil
	}
	return d.minor(stop{method: "button", act: act, lang: q.Lang, why: "said that they are younger than the age that is asked for"})
}

// onlyAsked reports whether nothing is known of the person but that they were
// asked: no stop, no answer, and nobody else's number.
func (p *person) onlyAsked() bool {
	return p.subject.Seq == 1 && len(p.consents) == 0 && len(p.suppressions) == 0 && !p.subject.Reassigned && !p.fresh
}

// minor ends everything of somebody who turned out to be too young, until an
// operator finds otherwise.
func (d *deed) minor(st stop) error {
	st.reason, st.silent = subject.Minor, true
	return d.stop(st)
}

// EraseYounger is the handler of JobYounger. See EraseWhoAsked.
func (s *Service) EraseYounger(ctx context.Context, j job.Job) error {
	return s.eraseAsker(ctx, j, func(a asker) (string, error) {
		until, nothing, err := s.eraser.EraseYounger(ctx, a.t.ID, a.subject)
		if nothing && err == nil {
			return a.loc().T("chat.erased.nothing", "Business", a.t.BrandName), nil
		}
		return a.erased(until), err
	})
}

// UnderAge invalidates what a person gave who turned out to be too young, and
// stops everything, effective when it returns: nobody but an operator ends that
// (rules 8 and 18). To erase them is the next step, and not this one's.
func (s *Service) UnderAge(ctx context.Context, businessID, subjectID, why, operator string) (err error) {
	defer fault.Wrap(&err, "optin.UnderAge")
	t, ok := s.directory.Tenant(businessID)
	if !ok {
		return errNotFound
	}
	sender := t.Sender("")
	if sender == nil {
		sender = &business.Sender{Business: t.ID}
	}
	return s.deed(ctx, t, sender, tenant.Account{}, s.now(), inbound{subject: subjectID}, func(ctx context.Context, d *deed) error {
		for _, sup := range d.p.suppressions {
			if sup.Reason == subject.Minor && sup.Scope == "" && sup.Purpose == "" && len(sup.Ended) == 0 {
				return nil // it was said before, and stands
			}
		}
		return d.minor(stop{method: "operator", act: evidence.Act{Kind: "operator"}, why: why, operator: operator})
	})
}
