package optin

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"assent/chat"
	"assent/consent"
	"assent/evidence"
	"assent/funnel"
	"assent/subject"
	"assent/tenant"
)

// yes is an act that gives consent: a message equal to the prefilled text, or
// a tap on Yes.
type yes struct {
	v        *tenant.Version
	lang     string
	said     []string // purposes said yes to
	declined []string // boxes left alone, or a tap on No
	stated   []string // contract purposes that were shown
	request  *funnel.Request
	match    chat.Match
	act      evidence.Act
	method   string
	shown    []evidence.Shown
	entry    string
	claims   map[string]evidence.RawJSON // beyond what every yes discloses
}

// give records a yes and answers it with a receipt. It returns the id of the
// receipt's event, or of nothing if nothing came of it.
func (d *deed) give(y yes) error {
	e := evidence.Event{
		Method: y.method, Language: y.lang, Funnel: y.v.Funnel, FunnelVersion: y.v.ID, EntryPoint: y.entry,
		Match: string(y.match), Act: y.act, Shown: y.shown,
	}
	var err error
	if e.Notice, err = evidence.ParseDigest(y.v.Notices[y.lang].SHA256); err != nil {
		return err
	}
	if y.request != nil {
		e.Requested = y.request.Event
	}
	fresh, again := d.firstOf(y.v), d.goesOn(y.v)
	acts := d.choices(y)
	var ended []ending
	for _, a := range acts {
		note := ""
		if a.act.Outcome == consent.OutcomeGiven || a.act.Outcome == consent.OutcomeRenewed {
			ended = append(ended, d.endings(a.purpose.Consent())...)
			if a.act.Outcome == consent.OutcomeGiven && subject.AfterStop(a.purpose.Consent(), d.p.suppressions, d.at) {
				note = noteAfterStop
			}
		}
		e.Choices = append(e.Choices, evidence.Choice{
			Purpose: a.purpose.Key, Scope: string(a.purpose.Scope), Basis: string(a.purpose.Basis), Note: note,
			Outcome: string(a.act.Outcome), Grade: string(a.act.Grade), ValidUntil: evidence.Time{Time: a.act.Until},
		})
	}
	for _, end := range ended {
		e.SuppressionsEnded = append(e.SuppressionsEnded, end.digest)
		e.Effects = append(e.Effects, "ended the stop "+end.id+" for "+end.purpose)
	}
	e.Name = nameOf(acts)
	if e.Name != evidence.ConsentRefused {
		if e.Extra, err = ageClaim(y.v, y.lang); err != nil {
			return err
		}
	}
	if e.Extra == nil {
		e.Extra = maps.Clone(y.claims)
	} else {
		maps.Copy(e.Extra, y.claims)
	}
	if d.confirmsMarketing(acts) && d.p.subject.Platform == consent.PlatformStop {
		d.p.subject.Platform = consent.PlatformUnsure
		e.Effects = append(e.Effects, evidence.EffectUnsure)
	}
	d.p.subject.Lang = y.lang
	id, err := d.event(e)
	if err != nil {
		return err
	}
	if len(agreedTo(acts)) > 0 { // the account itself confirms (rule 24)
		d.p.subject.Reassigned = false
		d.countYes(y, again)
	}
	for _, a := range acts {
		a.act.Event = id
		d.apply(a.act, a.purpose.Consent(), &y)
	}
	d.later(func(ctx context.Context, w Writer) error {
		for _, end := range ended {
			if err := w.EndSuppression(ctx, end.id, end.purpose, id); err != nil {
				return err
			}
		}
		return nil
	})
	if agreed := agreedTo(acts); y.request != nil && len(agreed) > 0 {
		r := *y.request
		d.later(func(ctx context.Context, w Writer) error {
			return w.ConfirmRequest(ctx, r.ID, r.State, d.p.subject.ID, agreed)
		})
	} else if y.request != nil { // a stop was later than the yes, and closes what it was for (rule 16)
		d.closeRequest(y.request, funnel.CountClosed)
	}
	if err := d.receiptFor(y, acts, id); err != nil {
		return err
	}
	return d.welcome(y, acts, id, fresh)
}

// first is which kinds of purpose of a version nobody had said yes to before an
// act.
type first struct{ any, marketing bool }

func (d *deed) firstOf(v *tenant.Version) first {
	f := first{true, true}
	for _, p := range v.Purposes {
		if d.p.position(p.Consent()).InForce() {
			f.any = false
			f.marketing = f.marketing && p.Scope != consent.Marketing
		}
	}
	return f
}

// welcome queues the version's welcome message behind the receipt: once, with
// the first yes that allows it. One that promotes needs consent for marketing
// (rule 33).
func (d *deed) welcome(y yes, acts []act, event string, fresh first) error {
	text, _ := y.v.Text(y.lang)
	switch {
	case text.Welcome == "" || len(agreedTo(acts)) == 0:
		return nil
	case y.v.Welcome == funnel.WelcomePromotion && fresh.marketing && d.confirmsMarketing(acts):
	case y.v.Welcome == funnel.WelcomeService && fresh.any:
	default:
		return nil
	}
	_, err := d.say(chat.KindWelcome, y.lang, event, chat.Content{Text: text.Welcome, After: d.queued})
	return err
}

// noteAfterStop marks what is given by somebody who was erased before, and had
// stopped with that (rule 18).
const noteAfterStop = "after a stop"

// agreedTo returns the keys of the purposes that the acts gave.
func agreedTo(acts []act) (keys []string) {
	for _, a := range acts {
		if a.act.Outcome == consent.OutcomeGiven || a.act.Outcome == consent.OutcomeRenewed {
			keys = append(keys, a.purpose.Key)
		}
	}
	return keys
}

// act is what one purpose gets of a yes.
type act struct {
	purpose funnel.Purpose
	act     consent.Act
	again   bool // there was a yes before this one
}

// choices decides what the yes does to each purpose, given where the person
// stands.
func (d *deed) choices(y yes) (acts []act) {
	for _, p := range y.v.Purposes {
		pos := d.p.position(p.Consent())
		a := consent.Act{Purpose: p.Key, Scope: p.Scope, Basis: p.Basis, At: d.at}
		switch {
		case slices.Contains(y.said, p.Key), slices.Contains(y.stated, p.Key):
			a.Outcome = pos.Accepts(d.at, d.now)
			a.Grade = gradeOf(d.sender)
			if p.ValidFor > 0 {
				a.Until = d.at.Add(p.ValidFor)
			}
		case slices.Contains(y.declined, p.Key) && !pos.InForce():
			a.Outcome = consent.OutcomeRefused // never withdraws (rule 1)
		default:
			continue
		}
		acts = append(acts, act{p, a, !pos.GivenAt.IsZero()})
	}
	return acts
}

// nameOf names an act with mixed outcomes: given or renewed if any choice is,
// else refused.
func nameOf(acts []act) evidence.Name {
	name := evidence.ConsentRefused
	for _, a := range acts {
		switch a.act.Outcome {
		case consent.OutcomeGiven:
			return evidence.ConsentGiven
		case consent.OutcomeRenewed:
			name = evidence.ConsentRenewed
		}
	}
	return name
}

func (d *deed) confirmsMarketing(acts []act) bool {
	return slices.ContainsFunc(acts, func(a act) bool {
		return a.purpose.Scope == consent.Marketing && (a.act.Outcome == consent.OutcomeGiven || a.act.Outcome == consent.OutcomeRenewed)
	})
}

// ending is a suppression that an act ends for a purpose.
type ending struct {
	id, purpose string
	digest      evidence.Digest
}

// endings returns the suppressions that a yes to the purpose ends (rule 18):
// those that a person's own act may end, and that are older than the yes.
func (d *deed) endings(p consent.Purpose) (ends []ending) {
	for _, sup := range append(slices.Clone(d.p.suppressions), d.follow...) {
		if sup.Reason.EndsByAct() && sup.Covers(p) && d.at.After(sup.At.Add(consent.TieMargin)) {
			ends = append(ends, ending{sup.ID, p.Key, commitEnd(sup.Salt, sup.ID, p.Key)})
		}
	}
	return ends
}

// receiptFor composes the receipt of a yes.
func (d *deed) receiptFor(y yes, acts []act, event string) error {
	text, _ := y.v.Text(y.lang)
	loc := d.speak(y.lang)
	var given, renewed, stated, refused, purposes []string
	for _, a := range acts {
		words := text.Purposes[a.purpose.Key].Words
		switch {
		case a.act.Outcome == consent.OutcomeRefused:
			refused = append(refused, text.Purposes[a.purpose.Key].Title)
			continue
		case a.act.Outcome == consent.OutcomeNoted:
			continue
		case a.purpose.Basis == consent.ByContract:
			stated = append(stated, words)
		case consent.Told(a.act.Outcome, a.again) == consent.OutcomeRenewed:
			renewed = append(renewed, words)
		default:
			given = append(given, words)
		}
		purposes = append(purposes, a.purpose.Key)
	}
	if len(purposes) == 0 {
		return nil // recorded, and gives nothing: not answered either
	}
	var parts []string
	add := func(id string, words []string, sep string) {
		if len(words) > 0 {
			parts = append(parts, loc.T(id, "Business", d.t.BrandName, "Words", strings.Join(words, sep), "Purpose", strings.Join(words, sep)))
		}
	}
	add("chat.receipt.given", given, "\n\n")
	add("chat.receipt.renewed", renewed, "\n\n")
	add("chat.receipt.contract", stated, "\n\n")
	add("chat.receipt.refused", refused, ", ")
	if d.p.subject.Platform == consent.PlatformUnsure && d.confirmsMarketing(acts) {
		parts = append(parts, loc.T("chat.platform_stop", "Business", d.t.BrandName))
	}
	return d.receipt(y.lang, event, parts, purposes)
}

// decline records a No to the purposes in one act: it refuses each, or withdraws
// what is in force, and is acknowledged once where it withdraws.
func (d *deed) decline(y yes, purposes ...funnel.Purpose) error {
	d.no = true
	e := evidence.Event{
		Name: evidence.ConsentRefused, Method: y.method, Language: y.lang, Funnel: y.v.Funnel, FunnelVersion: y.v.ID,
		EntryPoint: y.entry, Match: string(y.match), Act: y.act, Shown: y.shown,
	}
	var acts []act
	var withdrawn []funnel.Purpose
	for _, p := range purposes {
		outcome := d.p.position(p.Consent()).Declines(d.at)
		if outcome == consent.OutcomeWithdrawn {
			e.Name = evidence.ConsentWithdrawn
			withdrawn = append(withdrawn, p)
		}
		e.Choices = append(e.Choices, evidence.Choice{Purpose: p.Key, Scope: string(p.Scope), Basis: string(p.Basis), Outcome: string(outcome)})
		acts = append(acts, act{purpose: p, act: consent.Act{Purpose: p.Key, Scope: p.Scope, Outcome: outcome, At: d.at}})
	}
	if y.request != nil {
		e.Requested = y.request.Event
	}
	var err error
	if e.Notice, err = evidence.ParseDigest(y.v.Notices[y.lang].SHA256); err != nil {
		return err
	}
	d.p.subject.Lang = y.lang
	id, err := d.event(e)
	if err != nil {
		return err
	}
	for _, a := range acts {
		a.act.Event = id
		d.apply(a.act, a.purpose.Consent(), &y)
	}
	if len(withdrawn) == 0 {
		return nil
	}
	var titles []string
	for _, p := range withdrawn {
		titles = append(titles, d.title(p.Key))
	}
	return d.acknowledge(stop{scope: withdrawn[0].Scope, purpose: withdrawn[0].Key, reason: subject.ByPerson}, id, titles...)
}

// shownDigests names what a person saw, for the evidence.
func shownDigests(kindAndHash ...string) (list []evidence.Shown, err error) {
	for i := 0; i+1 < len(kindAndHash); i += 2 {
		if kindAndHash[i+1] == "" {
			continue
		}
		sum, err := evidence.ParseDigest(kindAndHash[i+1])
		if err != nil {
			return nil, err
		}
		list = append(list, evidence.Shown{Kind: kindAndHash[i], SHA256: sum})
	}
	return list, nil
}

// hourOf numbers the hours since 1970, for limits.
func hourOf(t time.Time) int64 { return t.Unix() / 3600 }
