package optin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"assent/business"
	"assent/chat"
	"assent/evidence"
	"assent/template"
	"assent/tenant"
	"assent/whatsapp/wire"
)

// passing are fields that Meta sends to some apps and that say nothing which
// Assent acts on. Their bodies go after 7 days; any other field that is not known
// is parked, so that somebody looks.
var passing = []string{
	"account_settings_update", "messaging_handovers", "standby", "smb_message_echoes", "smb_app_state_sync", "history", "business_username_update",
	"business_username_updates", "calls", "flows", "tracking_events", "partner_solutions", "payment_configuration_update", "message_echoes", "group_lifecycle_update",
}

// news is what Meta tells of an account and of nobody.
type news struct {
	el     *wire.Element
	t      *tenant.Tenant
	sender *business.Sender // the first number of the account
	all    []*business.Sender
	now    time.Time
	owners []string // ids of the businesses that have a number of the account
	alarms []string // ids for the alarms that are raised, of each owner as many as newsAlarms
}

// newsAlarms is the most alarms that one piece of news raises.
const newsAlarms = 3

// account handles an element that names no number: a change of a template, or of
// what an account may do. It returns why the body is to be parked, or nothing.
func (s *Service) account(ctx context.Context, el *wire.Element, body evidence.Digest, authorised []string) (reason string, err error) {
	known := el.Kind == wire.KindTemplate || el.Kind == wire.KindError || slices.Contains(wire.AccountFields, el.Field)
	switch {
	case el.Message != nil || el.Status != nil || el.Preference != nil:
		return "an update that names no number", nil
	case el.Kind == wire.KindField && !known && !slices.Contains(passing, el.Field):
		return "a field that is not known here: " + el.Field, nil
	case !known:
		return "", nil
	}
	n := news{el: el, now: s.now()}
	there := false
	for _, sender := range s.directory.Senders() {
		if sender.WABA != el.WABA && sender.Portfolio != el.WABA {
			continue
		}
		there = true
		if t, ok := s.directory.Tenant(sender.Business); ok && contains(authorised, sender.ID) {
			if n.sender == nil {
				n.sender, n.t = sender, t
			}
			n.all = append(n.all, sender)
			if !slices.Contains(n.owners, sender.Business) {
				n.owners = append(n.owners, sender.Business)
			}
		}
	}
	switch {
	case !there && el.WABA == wire.SampleWABA:
		return "", nil
	case !there:
		return chat.ParkedAccount, nil
	case n.sender == nil:
		return chat.ParkedAccountSigner, nil
	case el.Kind == wire.KindError:
		return "", s.complained(ctx, n.t, n.sender, el, body)
	}
	for range newsAlarms * len(n.owners) {
		id, err := s.newID(n.now)
		if err != nil {
			return "", err
		}
		n.alarms = append(n.alarms, id)
	}
	if el.Kind == wire.KindTemplate {
		return "", s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return n.template(ctx, w) })
	}
	e, err := wire.ParseAccount(el.Slice.Bytes)
	if err != nil {
		return "a field that cannot be read: " + el.Field, nil
	}
	return "", s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return n.field(ctx, w, e) })
}

// raise opens the i-th alarm of the news: of the business whose number it is about, or
// of each that has a number of the account, for each is held by it.
func (n *news) raise(ctx context.Context, w Writer, a business.Alarm, i int) error {
	a.Detail = unnumbered(a.Detail)
	whose := slices.IndexFunc(n.all, func(s *business.Sender) bool { return s.ID == a.Sender })
	for j, owner := range n.owners {
		if whose >= 0 && n.all[whose].Business != owner {
			continue
		}
		a.ID, a.Business = n.alarms[j*newsAlarms+i], owner
		if _, err := w.RaiseAlarm(ctx, a, n.now); err != nil {
			return err
		}
	}
	return nil
}

// template keeps what has changed of a template. Of a change that is older than
// the last look at Meta's list, the list knows better.
func (n *news) template(ctx context.Context, w Writer) error {
	e := n.el.Template
	before, ok, err := w.Template(ctx, n.sender.WABA, e.Name, e.Language)
	if err != nil {
		return err
	}
	at := n.el.EntryTime.Time()
	if !at.IsZero() && at.Add(time.Minute).Before(before.CheckedAt) {
		return nil
	}
	after := before
	if !ok {
		after = template.Template{WABA: n.sender.WABA, Name: e.Name, Lang: e.Language, CreatedAt: n.now}
		if p, ours := template.Named(e.Name); ours {
			after.Library, after.Wanted = p.Key, template.Utility
		}
	}
	told(&after, e)
	after.CheckedAt = n.now
	open, ended := business.TemplateAlarms(before, after)
	for i := range open {
		if err := n.raise(ctx, w, open[i], i); err != nil {
			return err
		}
	}
	for _, kind := range ended {
		if err := w.ResolveAlarmsAbout(ctx, kind, business.AboutTemplate(after.WABA, after.Name, after.Lang), n.now); err != nil {
			return err
		}
	}
	return w.PutTemplate(ctx, after)
}

// told puts into a template what an event says of it. "new_category" is the
// present one, whether a change is announced or done.
func told(t *template.Template, e *wire.TemplateEvent) {
	set := func(to *string, word string) {
		if word != "" {
			*to = word
		}
	}
	switch e.Event {
	case "REINSTATED":
		t.Status, t.Reason = template.Approved, ""
	case "":
	default:
		t.Status, t.Reason = e.Event, e.Why()
	}
	set(&t.MetaID, e.ID)
	set(&t.Category, e.Category)
	set(&t.Category, e.NewCategory)
	set(&t.Quality, e.NewQuality)
	set(&t.Text.Body, e.Body)
	switch {
	case e.CorrectCategory != "":
		t.Announced = e.CorrectCategory
	case e.PreviousCategory != "":
		t.Announced = ""
	}
}

// field keeps what one of the account's fields tells.
func (n *news) field(ctx context.Context, w Writer, e wire.AccountEvent) error {
	switch n.el.Field {
	case "phone_number_quality_update", "business_capability_update":
		return n.limits(ctx, w, e)
	case "phone_number_name_update":
		return n.change(ctx, w, n.number(e).AboutSender(), string(e.Decision), func(st *business.AccountState) []business.Alarm {
			st.NameStatus = string(e.Decision)
			if e.Decision == "APPROVED" {
				st.Name = string(e.Name)
				return nil
			}
			return []business.Alarm{{Kind: business.AlarmNotice, Sender: n.number(e).ID, About: "name/" + n.number(e).ID, Name: n.number(e).Number, Detail: string(e.Decision + " " + e.Reason)}}
		})
	case "security":
		number := n.number(e)
		return n.change(ctx, w, number.AboutSender(), string(e.Event), func(*business.AccountState) []business.Alarm {
			return []business.Alarm{{Kind: business.AlarmSecurity, Sender: number.ID, About: number.AboutSender(), Name: number.Number, Detail: string(e.Event)}}
		})
	case "account_review_update":
		return n.change(ctx, w, n.sender.AboutWABA(), string(e.Decision), func(st *business.AccountState) []business.Alarm {
			if st.Review = string(e.Decision); e.Decision != "REJECTED" {
				return nil
			}
			return []business.Alarm{{Kind: business.AlarmNotice, About: "review/" + n.sender.WABA, Name: n.sender.WABA, Detail: string(e.Decision)}}
		})
	case "account_alerts":
		return n.alert(ctx, w, e)
	}
	return n.update(ctx, w, e)
}

// number returns the number that an event shows; the account's first where that
// is none of it. Meta may show it without a digit, so it is only compared.
func (n *news) number(e wire.AccountEvent) *business.Sender {
	for _, s := range n.all {
		if strings.TrimPrefix(s.Number, "+") == strings.TrimPrefix(string(e.DisplayNumber), "+") {
			return s
		}
	}
	return n.sender
}

// change changes what is known of a number or an account, unless the news is old,
// and raises what fn returns.
func (n *news) change(ctx context.Context, w Writer, about, word string, fn func(*business.AccountState) []business.Alarm) error {
	state, err := accountState(ctx, w, about)
	if err != nil {
		return err
	}
	if !state.News(n.el.Field+"/"+word, n.el.EntryTime.Time()) {
		return nil
	}
	for i, a := range fn(&state) {
		if err := n.raise(ctx, w, a, i); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return w.SetAccountState(ctx, about, doc, n.now)
}

// limits keeps how much a number may send, and to how many people its portfolio
// may write first.
func (n *news) limits(ctx context.Context, w Writer, e wire.AccountEvent) error {
	limit := string(e.Limit)
	if limit == "" {
		limit = string(e.OlderLimit)
	}
	if limit != "" {
		err := n.change(ctx, w, n.sender.AboutPortfolio(), "limit", func(st *business.AccountState) []business.Alarm {
			st.Changed("limit", st.Limit, limit, n.now)
			st.Limit = limit
			return nil
		})
		if err != nil {
			return err
		}
	}
	if n.el.Field != "phone_number_quality_update" {
		return nil
	}
	number := n.number(e)
	return n.change(ctx, w, number.AboutSender(), string(e.Event), func(st *business.AccountState) []business.Alarm {
		st.Notify(business.Notice{Field: n.el.Field, Type: string(e.Event), At: n.now})
		switch e.Event {
		case "THROUGHPUT_UPGRADE":
			st.Throughput = "HIGH"
		case "FLAGGED", "DOWNGRADE":
			return []business.Alarm{{Kind: business.AlarmQuality, Sender: number.ID, About: number.AboutSender(), Name: number.Number, Detail: string(e.Event)}}
		}
		return nil
	})
}

// alert keeps one of Meta's alerts; what asks for an operator is an alarm.
func (n *news) alert(ctx context.Context, w Writer, e wire.AccountEvent) error {
	a := e.Alert
	about := "alert/" + n.sender.WABA + "/" + string(a.Type)
	if a.Status == "NONE" {
		if err := w.ResolveAlarmsAbout(ctx, business.AlarmNotice, about, n.now); err != nil {
			return err
		}
	}
	return n.change(ctx, w, n.sender.AboutWABA(), string(a.Type), func(st *business.AccountState) []business.Alarm {
		st.Notify(business.Notice{Field: n.el.Field, Type: string(a.Type), Severity: string(a.Severity), Text: unnumbered(string(a.Description)), At: n.now})
		if a.Status == "NONE" || a.Severity == "INFORMATIONAL" {
			return nil
		}
		return []business.Alarm{{Kind: business.AlarmNotice, About: about, Name: n.sender.WABA, Detail: string(a.Type + ": " + a.Description)}}
	})
}

// restricts is what a restriction keeps from being sent.
var restricts = map[string]business.Holds{
	"RESTRICTED_BIZ_INITIATED_MESSAGING":      business.HoldsTemplates,
	"RESTRICTED_UTILITY_TEMPLATES":            business.HoldsTemplates,
	"RESTRICTED_CUSTOMER_INITIATED_MESSAGING": business.HoldsAll,
}

// update keeps what account_update tells: violations, restrictions with their
// end, bans.
func (n *news) update(ctx context.Context, w Writer, e wire.AccountEvent) error {
	about := n.sender.AboutWABA()
	if e.Ban.State == "REINSTATE" {
		if err := w.ResolveAlarmsAbout(ctx, business.AlarmRestricted, about, n.now); err != nil {
			return err
		}
	}
	word := string(e.Event + e.Ban.State)
	return n.change(ctx, w, about, word, func(st *business.AccountState) []business.Alarm {
		st.Status = string(e.Event)
		st.Notify(business.Notice{Field: n.el.Field, Type: word, At: n.now})
		restricted := business.Alarm{Kind: business.AlarmRestricted, About: about, Name: n.sender.WABA, Detail: string(e.Event)}
		switch e.Event {
		case "ACCOUNT_VIOLATION":
			st.Violation = string(e.Violation.Type)
			return []business.Alarm{{Kind: business.AlarmNotice, About: "violation/" + n.sender.WABA, Name: n.sender.WABA, Detail: string(e.Event + " " + e.Violation.Type)}}
		case "ACCOUNT_RESTRICTION":
			st.Restrictions = nil
			for _, r := range e.Restrictions {
				kind := string(r.Type)
				st.Restrictions = append(st.Restrictions, business.Restriction{Type: kind, Until: r.Expiration.Time()})
				restricted.Detail += " " + kind
				if h := restricts[kind]; h == business.HoldsAll || restricted.Holds == business.HoldsNothing {
					restricted.Holds = h
				}
			}
		case "ACCOUNT_DELETED":
			restricted.Holds = business.HoldsAll
		case "DISABLED_UPDATE":
			st.Ban, st.BanDate = string(e.Ban.State), string(e.Ban.Date)
			restricted.Detail += " " + st.Ban
			switch e.Ban.State {
			case "REINSTATE":
				return nil
			case "DISABLE":
				restricted.Holds = business.HoldsAll
			}
		default:
			return nil
		}
		return []business.Alarm{restricted}
	})
}
