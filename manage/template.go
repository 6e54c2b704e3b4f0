package manage

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"assent/business"
	"assent/fault"
	"assent/template"
	"assent/tenant"
)

// Graph is what managing needs of Meta: the templates of an account, and how a
// number stands.
type Graph interface {
	Templates(ctx context.Context, from *business.Sender) ([]template.Template, error)
	SubmitTemplate(ctx context.Context, from *business.Sender, p template.Piece, lang, base string) (id, status, category string, err error)
	DeleteTemplate(ctx context.Context, from *business.Sender, name string) error
	Number(ctx context.Context, from *business.Sender) (business.AccountState, error)
}

// Templates are the use cases of templates and of the accounts that hold them.
// It is safe for concurrent use.
type Templates struct {
	*Service
	graph Graph
}

// Templates returns the use cases that ask Meta.
func (s *Service) Templates(g Graph) *Templates { return &Templates{s, g} }

// List returns the templates of a sender's account as they are known here, by
// name and language.
func (s *Templates) List(ctx context.Context, businessID, senderID string) (list []template.Template, err error) {
	defer fault.Wrap(&err, "manage.Templates.List")
	_, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return nil, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.Templates(ctx, sender.WABA)
		return err
	})
	return list, err
}

// Submit has Meta review a text of the library in the languages, in all of them
// where none is given. Those that the account has already are left as they are.
// It returns how many were submitted.
func (s *Templates) Submit(ctx context.Context, businessID, senderID, key string, langs []string, actor string) (n int, err error) {
	defer fault.Wrap(&err, "manage.Templates.Submit")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return 0, err
	}
	piece, ok := template.Find(key)
	if !ok {
		return 0, fault.Field("library", "The library has no such text.")
	}
	if len(langs) == 0 {
		langs = slices.Sorted(maps.Keys(piece.Texts))
	}
	for _, lang := range langs {
		if _, ok := piece.Texts[lang]; !ok {
			return 0, fault.Field("lang", "The library has no such language.")
		}
	}
	if err := s.Poll(ctx, t, sender); err != nil {
		return 0, err
	}
	have := map[string]bool{}
	list, err := s.List(ctx, businessID, senderID)
	for _, x := range list {
		have[x.Name+"/"+x.Lang] = true
	}
	if err != nil {
		return 0, err
	}
	for _, lang := range langs {
		if have[piece.Name+"/"+lang] {
			continue
		}
		if err := s.submit(ctx, t, sender, piece, lang, actor); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// submit submits one language, and keeps what Meta made of it.
func (s *Templates) submit(ctx context.Context, t *tenant.Tenant, sender *business.Sender, p template.Piece, lang, actor string) error {
	id, status, category, err := s.graph.SubmitTemplate(ctx, sender, p, lang, s.inst.BaseURL)
	if err != nil {
		return err
	}
	now := s.clock()
	x := template.Template{
		WABA: sender.WABA, Name: p.Name, Lang: lang, MetaID: id, Library: p.Key, Wanted: template.Utility, Category: category, Status: status,
		Text: p.Texts[lang], CreatedAt: now, CheckedAt: now,
	}
	event, err := s.operatorActed(t, actor, "template submitted", "template", map[string]string{"name": p.Name, "language": lang, "waba": sender.WABA})
	if err != nil {
		return err
	}
	alarms, err := s.identified(t, template.Template{}, x)
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := alarms.write(ctx, w, now); err != nil {
			return err
		}
		if err := w.PutTemplate(ctx, x); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
}

// Delete deletes a template at Meta in all its languages.
func (s *Templates) Delete(ctx context.Context, businessID, senderID, name, actor string) (err error) {
	defer fault.Wrap(&err, "manage.Templates.Delete")
	t, sender, err := s.senderOf(businessID, senderID)
	if err != nil {
		return err
	}
	event, err := s.operatorActed(t, actor, "template deleted", "template", map[string]string{"name": name, "waba": sender.WABA})
	if err != nil {
		return err
	}
	if err := s.graph.DeleteTemplate(ctx, sender, name); err != nil {
		return err
	}
	if err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertEvent(ctx, event) }); err != nil {
		return err
	}
	return s.Poll(ctx, t, sender)
}

// PollAll asks Meta how every account and number stands. An account that cannot
// be asked does not keep others from it.
func (s *Templates) PollAll(ctx context.Context) error {
	for _, t := range s.directory.Tenants() {
		for _, sender := range t.Senders {
			if err := s.Poll(ctx, t, sender); err != nil && ctx.Err() == nil {
				s.log.Warn("WhatsApp did not tell how an account stands", "sender", sender.ID, "error", err)
			}
		}
	}
	return ctx.Err()
}

// reviewed is how long after a text was first seen its review is asked for each minute.
const reviewed = 48 * time.Hour

// PollReviews asks Meta about accounts of which a text of ours is under review: the answer
// comes by a webhook too, but somebody waits for it who may not have set that up yet.
func (s *Templates) PollReviews(ctx context.Context) error {
	done := map[string]bool{}
	for _, t := range s.directory.Tenants() {
		for _, sender := range t.Senders {
			if done[sender.WABA] || !sender.InUse() {
				continue
			}
			list, err := s.List(ctx, t.ID, sender.ID)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(list, func(x template.Template) bool {
				return x.Library != "" && x.Status == template.Pending && s.clock().Sub(x.CreatedAt) < reviewed
			}) {
				continue
			}
			done[sender.WABA] = true
			if err := s.Poll(ctx, t, sender); err != nil && ctx.Err() == nil {
				s.log.Warn("WhatsApp did not tell how a review stands", "sender", sender.ID, "error", err)
			}
		}
	}
	return ctx.Err()
}

// Poll asks Meta for the templates of a sender's account, and how its number
// stands. Templates that it does not name any more are forgotten.
func (s *Templates) Poll(ctx context.Context, t *tenant.Tenant, sender *business.Sender) (err error) {
	defer fault.Wrap(&err, "manage.Templates.Poll")
	began := s.clock()
	list, err := s.graph.Templates(ctx, sender)
	if err != nil {
		return err
	}
	for i := range list {
		if err := s.keep(ctx, t, list[i], began); err != nil {
			return err
		}
	}
	if err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.DropTemplates(ctx, sender.WABA, began) }); err != nil {
		return err
	}
	number, err := s.graph.Number(ctx, sender)
	if err != nil {
		return err
	}
	if err := s.keepNumber(ctx, sender, number); err != nil {
		return err
	}
	return s.judge(ctx, t, sender)
}

// keep keeps a template as Meta listed it, and raises what its change asks for.
func (s *Templates) keep(ctx context.Context, t *tenant.Tenant, x template.Template, now time.Time) error {
	var before template.Template
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		before, _, err = r.Template(ctx, x.WABA, x.Name, x.Lang)
		return err
	})
	if err != nil {
		return err
	}
	x.Library, x.Wanted, x.CreatedAt, x.CheckedAt = before.Library, before.Wanted, before.CreatedAt, now
	if before.Name == "" {
		x.CreatedAt = now
		if p, ours := template.Named(x.Name); ours {
			x.Library, x.Wanted = p.Key, template.Utility
		}
	}
	alarms, err := s.identified(t, before, x)
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := alarms.write(ctx, w, now); err != nil {
			return err
		}
		return w.PutTemplate(ctx, x)
	})
}

// alarms are what a change opens and ends.
type alarms struct {
	open  []business.Alarm
	ended []business.AlarmKind
	about string
}

// identified returns the alarms of a template's change, with their ids: of each business
// that has a number of its account.
func (s *Service) identified(t *tenant.Tenant, before, after template.Template) (a alarms, err error) {
	a.about = business.AboutTemplate(after.WABA, after.Name, after.Lang)
	var whose []string
	for _, sender := range s.directory.HeldBy(a.about) {
		whose = append(whose, sender.Business)
	}
	if !slices.Contains(whose, t.ID) { // its number is not in use any more
		whose = append(whose, t.ID)
	}
	open, ended := business.TemplateAlarms(before, after)
	for _, alarm := range open {
		for _, alarm.Business = range whose {
			if alarm.ID, err = s.newID(); err != nil {
				return a, err
			}
			a.open = append(a.open, alarm)
		}
	}
	a.ended = ended
	return a, nil
}

func (a alarms) write(ctx context.Context, w Writer, now time.Time) error {
	for _, alarm := range a.open {
		if _, err := w.RaiseAlarm(ctx, alarm, now); err != nil {
			return err
		}
	}
	for _, kind := range a.ended {
		if err := w.ResolveAlarmsAbout(ctx, kind, a.about, now); err != nil {
			return err
		}
	}
	return nil
}

// keepNumber keeps how a number stands, and its portfolio's limit. Restrictions
// that have ended end their alarm.
func (s *Templates) keepNumber(ctx context.Context, sender *business.Sender, number business.AccountState) error {
	now := s.clock()
	alarm, err := s.newID()
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		before := ""
		err := changeState(ctx, w, sender.AboutSender(), now, func(st *business.AccountState) {
			before = st.Quality
			st.Changed("quality", before, number.Quality, now)
			st.Quality, st.Status, st.NameStatus, st.Name = number.Quality, number.Status, number.NameStatus, number.Name
			if number.Throughput != "" {
				st.Throughput = number.Throughput
			}
		})
		if err != nil {
			return err
		}
		if err := rated(ctx, w, sender, before, number.Quality, alarm, now); err != nil {
			return err
		}
		if number.Limit != "" {
			limited := func(st *business.AccountState) {
				st.Changed("limit", st.Limit, number.Limit, now)
				st.Limit = number.Limit
			}
			if err := changeState(ctx, w, sender.AboutPortfolio(), now, limited); err != nil {
				return err
			}
		}
		over := false
		err = changeState(ctx, w, sender.AboutWABA(), now, func(st *business.AccountState) {
			had := len(st.Restrictions)
			st.Restrictions = slices.DeleteFunc(st.Restrictions, func(r business.Restriction) bool { return !r.Until.IsZero() && !now.Before(r.Until) })
			over = had > 0 && len(st.Restrictions) == 0
		})
		if err != nil || !over {
			return err
		}
		return w.ResolveAlarmsAbout(ctx, business.AlarmRestricted, sender.AboutWABA(), now)
	})
}

// rated pauses a number's templates where its quality has fallen to the lowest, and
// lets them go where it has risen again.
func rated(ctx context.Context, w Writer, sender *business.Sender, before, after, id string, now time.Time) error {
	switch {
	case after == "RED" && before != after:
		_, err := w.RaiseAlarm(ctx, business.Alarm{
			ID: id, Business: sender.Business, Sender: sender.ID, Kind: business.AlarmRed, About: sender.AboutSender(), Name: sender.Number, Holds: business.HoldsTemplates, Detail: after,
		}, now)
		return err
	case after == "GREEN" || after == "YELLOW":
		return w.ResolveAlarmsAbout(ctx, business.AlarmRed, sender.AboutSender(), now)
	}
	return nil
}

// changeState changes what is known of a number, an account or a portfolio.
func changeState(ctx context.Context, w Writer, about string, now time.Time, change func(*business.AccountState)) error {
	var state business.AccountState
	doc, err := w.AccountState(ctx, about)
	if err != nil {
		return err
	}
	if doc != nil {
		if err := json.Unmarshal(doc, &state); err != nil {
			return err
		}
	}
	change(&state)
	if doc, err = json.Marshal(state); err != nil {
		return err
	}
	return w.SetAccountState(ctx, about, doc, now)
}
