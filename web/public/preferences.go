package public

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/locale"
	"assent/optin"
	"assent/phone"
	"assent/records"
	"assent/standard"
	"assent/static"
	"assent/tenant"
	views "assent/views/public"
)

// Records shows a person what is kept of them.
type Records interface {
	Person(ctx context.Context, businessID, subjectID string) (records.Person, error)
	Prospect(ctx context.Context, businessID, subjectID string) (until time.Time, err error)
	Receipt(ctx context.Context, businessID, subjectID string, format standard.Format) ([]byte, error)
}

// settings is a person's page as it is asked for.
type settings struct {
	link   optin.Link
	tenant *tenant.Tenant
	person records.Person
	loc    locale.Localizer
}

// settings opens the link of the address, in the language that is wished for:
// the one that was chosen, the browser's, or else the person's.
func (h *Handler) settings(c echo.Context, chosen string) (s settings, err error) {
	ctx := c.Request().Context()
	if s.link, err = h.Optin.OpenLink(ctx, c.Param("token")); err != nil {
		return s, err
	}
	s.tenant, _ = h.Directory.Tenant(s.link.Business)
	s.loc = locale.For(chosen, c.Request().Header.Get("Accept-Language"), s.link.Lang, s.tenant.Language)
	s.person, err = h.Records.Person(ctx, s.link.Business, s.link.Subject)
	return s, err
}

// Preferences answers GET /p/{token}: it shows, and does nothing.
func (h *Handler) Preferences(c echo.Context) error {
	personal(c)
	s, err := h.settings(c, query(c, "lang"))
	if err != nil {
		return err
	}
	if !s.link.Until.IsZero() {
		return respondPage(c, http.StatusOK, views.RecordPage(h.recordPage(c.Param("token"), s)))
	}
	m, err := h.preferences(c.Request().Context(), s)
	if err != nil {
		return err
	}
	page, err := canonical(c.Request().Context(), m)
	if err != nil {
		return err
	}
	m.Shown, m.Languages = page.SHA256, inAll(s.loc)
	m.acknowledge(s, query(c, "stopped"))
	if w := query(c, "wish"); w == views.WishRecord || w == views.WishErase {
		m.Wish = wishOf(s, optin.Wish(w), query(c, "sent") == "1")
	}
	return respondPage(c, http.StatusOK, views.PreferencesPage(m.Preferences))
}

// model is the page, with when what ended.
type model struct {
	views.Preferences
	ended map[string]time.Time // by purpose
}

// preferences makes the page of what holds now.
func (h *Handler) preferences(ctx context.Context, s settings) (model, error) {
	t := s.tenant
	m := model{ended: map[string]time.Time{}, Preferences: views.Preferences{
		Loc: s.loc, Now: h.Now().In(time.Local), Action: "/p/" + s.link.Token, Number: masked(s.person), Platform: s.person.Platform != consent.PlatformClear,
		Business: businessNow(t, s.loc.Tag()),
	}}
	for _, p := range t.Purposes {
		i := slices.IndexFunc(s.person.Consents, func(st records.Standing) bool { return st.Purpose == p.Key })
		if i < 0 {
			continue
		}
		st := s.person.Consents[i]
		row := preference(s, st)
		if v, ok := h.Directory.Reworded(st.VersionID, p.Key); ok && row.InForce {
			text, lang := v.Text(cmp.Or(st.Language, s.loc.Tag()))
			row.Now, row.NowLang = text.Purposes[p.Key].Words, lang
		}
		m.Rows = append(m.Rows, row)
		m.CanReceipt = m.CanReceipt || !st.GivenAt.IsZero()
		if !row.InForce || row.Now != "" {
			m.Start = views.Start{Number: s.link.Number, ChatURL: chatAddress(s.link.Number, views.StartWord, s.link.Simulated)}
		}
		if st.State == consent.Withdrawn {
			m.ended[p.Key] = st.EndedAt
		}
	}
	until, err := h.Records.Prospect(ctx, t.ID, s.link.Subject)
	if m.Outcome = optin.Outcome(s.loc, t.BrandName, t.Helper(), until, err); m.Outcome == "" {
		return m, err
	}
	return m, nil
}

// masked returns the number as its owner knows it again, and nobody else.
func masked(p records.Person) string {
	n, err := phone.ParseE164(p.Number)
	if err != nil {
		return ""
	}
	return n.String()
}

// preference shows where the person stands on one purpose.
func preference(s settings, st records.Standing) views.Preference {
	row := views.Preference{Key: st.Purpose, Title: st.Title, State: string(consent.Told(st.State, st.Again)), Words: st.Words, Lang: st.Language, InForce: st.State.Permits()}
	if p, ok := s.tenant.Purpose(st.Purpose); ok && p.Titles[s.loc.Tag()] != "" {
		row.Title = p.Titles[s.loc.Tag()]
	}
	if st.Held {
		row.State = "held"
	}
	if !st.GivenAt.IsZero() {
		row.Facts = append(row.Facts, views.Dated{Text: s.loc.T("prefs.agreed." + how(s.person, st.Purpose, st.GivenAt, "given", "renewed")), At: st.GivenAt})
	}
	switch {
	case row.InForce, st.State == consent.Unknown:
	case st.State == consent.Refused:
		row.Facts = append(row.Facts, views.Dated{Text: s.loc.T("prefs.refused"), At: st.RefusedAt})
	default:
		id := "prefs.ended." + how(s.person, st.Purpose, st.EndedAt, string(st.State))
		row.Facts = append(row.Facts, views.Dated{Text: s.loc.T(id), At: st.EndedAt})
	}
	return row
}

// how returns by which kind of act a purpose came to an outcome at the time.
func how(p records.Person, purpose string, at time.Time, outcomes ...string) string {
	for _, e := range p.Events {
		if !e.At.Equal(at) || !slices.ContainsFunc(e.Choices, func(c records.Choice) bool {
			return c.Purpose == purpose && slices.Contains(outcomes, c.Outcome)
		}) {
			continue
		}
		switch e.Act.Kind {
		case "message", "edited message":
			return "message"
		case "button", "page", "platform":
			return e.Act.Kind
		}
	}
	return "other"
}

// acknowledge says what a stop a moment ago ended, and when it took effect.
func (m *model) acknowledge(s settings, stopped string) {
	var last time.Time
	for key, at := range m.ended {
		if (stopped == key || stopped == views.ActStopAll) && at.After(last) {
			last = at
		}
	}
	if last.IsZero() {
		return
	}
	for _, r := range m.Rows {
		if m.ended[r.Key].Equal(last) && (stopped == r.Key || stopped == views.ActStopAll) {
			m.Stopped = append(m.Stopped, r.Title)
		}
	}
	m.StoppedAt, m.Start = last, views.Start{}
}

// wishOf says how the person shows in the chat that it is they who ask.
func wishOf(s settings, w optin.Wish, sent bool) *views.Wish {
	out := &views.Wish{Kind: string(w), Sent: sent && s.link.WindowOpen}
	if !out.Sent {
		out.Text = s.loc.T("prefs.write."+string(w), "Code", s.link.Codes[w])
	}
	out.ChatURL = chatAddress(s.link.Number, out.Text, s.link.Simulated)
	return out
}

// canonical returns the bytes that stand for the page as evidence.
func canonical(ctx context.Context, m model) (funnel.Document, error) {
	var b bytes.Buffer
	err := views.PreferencesPage(m.Canonical()).Render(ctx, &b)
	return funnel.NewDocument(evidence.ShownPage, "text/html; charset=utf-8", b.Bytes()), err
}

// Prefer answers POST /p/{token}.
func (h *Handler) Prefer(c echo.Context) error {
	personal(c)
	if err := h.limits.allow(c, true); err != nil {
		return err
	}
	in, err := readValues(c)
	if err != nil {
		return err
	}
	s, err := h.settings(c, in.Get(views.FieldLang))
	if err != nil {
		return err
	}
	back := url.Values{"lang": {s.loc.Tag()}}
	switch act := in.Get(views.FieldAct); act {
	case views.ActStop, views.ActStopAll:
		back.Set("stopped", views.ActStopAll)
		if act == views.ActStop {
			back.Set("stopped", in.Get(views.FieldStop))
		}
		err = h.stop(c, s, act, in)
	case views.WishRecord, views.WishErase:
		back.Set("wish", act)
		var sent bool
		if sent, err = h.ask(c, s, optin.Wish(act)); sent {
			back.Set("sent", "1")
		}
	default:
		err = errForm
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/p/"+s.link.Token+"?"+back.Encode())
}

// stop stops a purpose or all. The page that was shown is evidence where it is
// the one that is shown now: else it cannot be told what was seen, and the stop
// counts all the same.
func (h *Handler) stop(c echo.Context, s settings, act string, in url.Values) error {
	if err := h.limits.allowLink(s.link.Token, false); err != nil {
		return err
	}
	ctx := c.Request().Context()
	st := optin.LinkStop{Lang: s.loc.Tag()}
	if act == views.ActStop {
		if st.Purpose = in.Get(views.FieldStop); st.Purpose == "" {
			return errForm
		}
	}
	m, err := h.preferences(ctx, s)
	if err != nil {
		return err
	}
	page, err := canonical(ctx, m)
	if err != nil {
		return err
	}
	if page.SHA256 == in.Get(views.FieldShown) {
		if err := h.keepPage(ctx, page); err != nil {
			return err
		}
		st.Page = page.SHA256
	}
	return h.Optin.StopByLink(ctx, s.link.Token, st)
}

// keepPage keeps a page with the files that it names.
func (h *Handler) keepPage(ctx context.Context, page funnel.Document) error {
	for _, a := range static.Named(page.Body) {
		if err := h.keepFile(ctx, a); err != nil {
			return err
		}
	}
	return h.Manage.KeepPage(ctx, page)
}

// ask asks in the chat, where a message can go there.
func (h *Handler) ask(c echo.Context, s settings, w optin.Wish) (bool, error) {
	if !s.link.WindowOpen {
		return false, nil
	}
	if err := h.limits.allowLink(s.link.Token, true); err != nil {
		return false, err
	}
	return h.Optin.AskInChat(c.Request().Context(), s.link.Token, w, s.loc.Tag())
}

// The files behind a tap's link.
const (
	receiptFile = "receipt.json"
	recordFile  = "record.jsonld"
)

func (h *Handler) recordPage(token string, s settings) views.Record {
	at := "/p/" + token + "/"
	return views.Record{
		Loc: s.loc, Languages: inAll(s.loc), Receipt: at + receiptFile, DPV: at + recordFile, Back: "/p/" + s.link.Token + "?lang=" + s.loc.Tag(),
		Until: s.link.Until, Now: h.Now().In(time.Local), Business: businessNow(s.tenant, s.loc.Tag()),
	}
}

// OwnRecord answers GET /p/{token}/{file}, behind a tap's link alone.
func (h *Handler) OwnRecord(c echo.Context) error {
	personal(c)
	ctx := c.Request().Context()
	l, err := h.Optin.OpenLink(ctx, c.Param("token"))
	if err != nil {
		return err
	}
	file := c.Param("file")
	format, ok := map[string]standard.Format{receiptFile: standard.FormatKantara, recordFile: standard.FormatDPV}[file]
	if !ok || l.Until.IsZero() {
		return errNoFile
	}
	body, err := h.Records.Receipt(ctx, l.Business, l.Subject, format)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="`+file+`"`)
	return c.Blob(http.StatusOK, format.MediaType(), body)
}

var errNoFile = fault.New(fault.NotFound, "There is no such file.")
