// Package sim serves the simulated WhatsApp: the phone in the browser, and what
// the simulator offers programs. It asks nobody who they are, so it is mounted
// only where a simulator was asked for.
package sim

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/locale"
	"assent/phone"
	views "assent/views/sim"
	"assent/whatsapp/simulator"
)

// The addresses of the phone.
const (
	home    = "/sim"
	chatURL = "/sim/chat"
	action  = "/sim/act"
	openURL = "/sim/open"
	events  = "/sim/events"
	scanURL = "/sim/scan"

	controlsURL = "/sim/controls"
)

// DefaultNumber is who holds the phone until the person becomes somebody else.
const DefaultNumber = "+491701234567"

// Config is what a Handler is made of. All of it is required.
type Config struct {
	Simulator *simulator.Simulator
	BaseURL   string // of the installation, for links on the phone
	Now       func() time.Time
}

// Handler shows the phone.
type Handler struct {
	c      Config
	ended  chan struct{}
	ending sync.Once
}

// New returns a handler. Close it before the server stops.
func New(c Config) *Handler { return &Handler{c: c, ended: make(chan struct{})} }

// Close ends the streams of open phones.
func (h *Handler) Close() { h.ending.Do(func() { close(h.ended) }) }

// Programs answers everything under /sim that is for programs: see
// simulator.Handler.
func (h *Handler) Programs() echo.HandlerFunc { return echo.WrapHandler(h.c.Simulator.Handler()) }

// Home answers GET /sim: the list of chats.
func (h *Handler) Home(c echo.Context) error {
	p, _, err := h.phone(c)
	if err != nil {
		return err
	}
	return render(c, http.StatusOK, p)
}

// Chat answers GET /sim/chat?phone=&text=&reply=, to which click-to-chat links lead
// while the simulator runs. The text waits in the field until it is sent, and answers
// the message that reply names.
func (h *Handler) Chat(c echo.Context) error {
	p, me, err := h.phone(c)
	if err != nil {
		return err
	}
	if err := h.show(&p, me, c.QueryParam("phone"), c.QueryParam("text")); err != nil {
		return h.refuse(c, err)
	}
	p.Chat.Ad = adOf(c)
	p.Chat.Reply = quoted(p.Chat.Messages, c.QueryParam("reply"))
	return render(c, http.StatusOK, p)
}

// show opens the chat with a business on the phone.
func (h *Handler) show(p *views.Phone, me simulator.Person, number, text string) error {
	draft, err := h.c.Simulator.Open(number, text)
	if err != nil {
		return err
	}
	sender, _ := h.sender(draft.SenderID)
	if me.ID != "" {
		if err := h.c.Simulator.MarkRead(me.ID, sender.PhoneNumberID); err != nil {
			return err
		}
	}
	chat := &views.Chat{
		Name: cmp.Or(draft.SenderName, phone.Grouped(sender.Number)), Number: sender.Number, Draft: draft.Text,
		Blocked: slices.Contains(me.Blocked, sender.PhoneNumberID), Stopped: slices.Contains(me.Stopped, sender.Portfolio),
		BlockedBy: slices.Contains(me.BlockedBy, sender.PhoneNumberID),
	}
	offered, err := h.c.Simulator.Automation(sender.PhoneNumberID)
	if err != nil {
		return err
	}
	chat.Prompts = offered.Prompts
	for _, one := range offered.Commands {
		chat.Commands = append(chat.Commands, views.Command{Name: one.Name, Hint: one.Description})
	}
	if chat.Messages, err = h.messages(me, sender.PhoneNumberID); err != nil {
		return err
	}
	p.Chat, p.Here, p.Me.Account = chat, chatPath(sender.Number, p.Me.Number), me.UserIDs[sender.Portfolio]
	for _, list := range [][]views.Item{p.Chats, p.Others} {
		for i := range list {
			list[i].Current = list[i].URL == p.Here
		}
	}
	return nil
}

// Open answers GET /sim/open?link=: it follows what a person would scan or tap,
// a click-to-chat link or an address of this installation.
func (h *Handler) Open(c echo.Context) error {
	link, err := url.Parse(strings.TrimSpace(c.QueryParam("link")))
	if err != nil {
		return h.refuse(c, errLink)
	}
	base, err := url.Parse(h.c.BaseURL)
	if err != nil {
		return err
	}
	q := link.Query()
	switch {
	case link.Host == "wa.me" && followed(link.Path) != "":
		return c.Redirect(http.StatusFound, withMe(c, followed(link.Path)))
	case link.Host == "wa.me":
		return c.Redirect(http.StatusFound, withMe(c, chatURL+"?"+url.Values{"phone": {strings.Trim(link.Path, "/")}, "text": {q.Get("text")}}.Encode()))
	case link.Host == "api.whatsapp.com":
		return c.Redirect(http.StatusFound, withMe(c, chatURL+"?"+url.Values{"phone": {q.Get("phone")}, "text": {q.Get("text")}}.Encode()))
	case local(link.Path) && (link.Host == base.Host && link.Scheme == base.Scheme || link.Host == "" && link.Scheme == ""):
		to := link.EscapedPath()
		if link.RawQuery != "" {
			to += "?" + link.RawQuery
		}
		if link.Path == chatURL {
			to = withMe(c, to)
		}
		name, _, err := h.holder(c)
		if err != nil {
			return err
		}
		remember(c, name) // the page there leads back to the phone without a name
		return c.Redirect(http.StatusFound, to)
	}
	return h.refuse(c, errLink)
}

var errLink = fault.Field("link", "The phone opens wa.me links and addresses of this installation.")

// local reports whether a path leads to this server and nowhere else.
func local(path string) bool {
	return strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.Contains(path, `\`)
}

// withMe keeps who holds the phone.
func withMe(c echo.Context, to string) string {
	if me := c.QueryParam("me"); me != "" {
		to += "&" + url.Values{"me": {me}}.Encode()
	}
	return to
}

func chatPath(number, me string) string {
	return chatURL + "?" + url.Values{"phone": {strings.TrimPrefix(number, "+")}, "me": {me}}.Encode()
}

// holder returns who holds the phone: named in the address or form, by the browser's
// cookie, or the default. Without an account yet the Person has no ID.
func (h *Handler) holder(c echo.Context) (name string, p simulator.Person, err error) {
	name = c.FormValue("me")
	if name == "" {
		if cookie, err := c.Cookie(cookieName); err == nil {
			name, _ = url.QueryUnescape(cookie.Value)
		}
	}
	if name == "" {
		name = DefaultNumber
	}
	p, err = h.c.Simulator.Person(name)
	switch {
	case fault.Is(err, fault.NotFound) && validName(name):
		return name, simulator.Person{Number: name}, nil
	case fault.Is(err, fault.NotFound):
		return DefaultNumber, simulator.Person{Number: DefaultNumber}, nil
	}
	return cmp.Or(p.Number, p.ID), p, err
}

// phone returns the page without an open chat.
func (h *Handler) phone(c echo.Context) (p views.Phone, me simulator.Person, err error) {
	name, me, err := h.holder(c)
	if err != nil {
		return p, me, err
	}
	p = views.Phone{
		Loc: locale.ForOperator(c.QueryParam("lang"), c.Request().Header.Get("Accept-Language")), Now: h.c.Now(),
		Me:     views.Me{Number: name, Name: me.Name, Username: me.Username, Hidden: me.Withheld},
		Action: action, Open: openURL, Home: home + "?" + url.Values{"me": {name}}.Encode(), Events: events,
		Scan: scanURL, Controls: controlsURL + "?" + url.Values{"me": {name}}.Encode(), Writing: chatURL,
		Outage: h.c.Simulator.Webhooks().Outage,
	}
	p.Here, p.People, p.Ads = p.Home, h.others(me), h.businesses()
	for _, s := range h.c.Simulator.Senders() {
		p.Me.Account = cmp.Or(p.Me.Account, me.UserIDs[s.Portfolio])
		item := views.Item{URL: chatPath(s.Number, name), Name: cmp.Or(s.Name, phone.Grouped(s.Number))}
		messages, err := h.messages(me, s.PhoneNumberID)
		if err != nil {
			return p, me, err
		}
		if len(messages) == 0 {
			item.Last = phone.Grouped(s.Number)
			p.Others = append(p.Others, item)
			continue
		}
		last := messages[len(messages)-1]
		item.Last, item.When = strings.Join(strings.Fields(last.Text), " "), last.When
		if item.Last == "" && last.Media != "" {
			item.Last = p.Loc.T("sim.attach." + last.Media)
		}
		if item.Unread, err = h.unread(me, s.PhoneNumberID); err != nil {
			return p, me, err
		}
		p.Chats = append(p.Chats, item)
	}
	slices.SortStableFunc(p.Chats, func(a, b views.Item) int { return b.When.Compare(a.When) })
	return p, me, nil
}

// maxOthers is how many people the phone can be handed to by a tap.
const maxOthers = 6

// others are the newest people but the one who holds the phone.
func (h *Handler) others(me simulator.Person) (list []views.Other) {
	for _, p := range slices.Backward(h.c.Simulator.People()) {
		if p.ID == me.ID {
			continue
		}
		if len(list) == maxOthers {
			break
		}
		list = append(list, views.Other{Name: p.Name, Number: p.Number, URL: home + "?" + url.Values{"me": {cmp.Or(p.Number, p.ID)}}.Encode()})
	}
	return list
}

func (h *Handler) unread(me simulator.Person, sender string) (n int, err error) {
	all, err := h.c.Simulator.Messages(me.ID, sender)
	for _, m := range all {
		if !m.Inbound && m.State == simulator.Delivered {
			n++
		}
	}
	return n, err
}

// messages returns the bubbles of a chat: what failed never came, and an edit
// or a reaction shows on the message that it is about. What answers another one
// quotes it, as long as that is there.
func (h *Handler) messages(me simulator.Person, sender string) (list []views.Message, err error) {
	if me.ID == "" {
		return nil, nil
	}
	all, err := h.c.Simulator.Messages(me.ID, sender)
	for _, m := range all {
		if !m.Inbound && m.State == simulator.Failed || m.Inbound && slices.Contains(unseen, m.Type) {
			continue
		}
		b := views.Message{ID: m.ID, Text: m.Text, Mine: m.Inbound, When: m.At, Template: m.Template != "", Edited: m.Edited, Deleted: m.Deleted, Reaction: m.Reaction, Quote: quoted(list, m.ReplyTo), Asks: m.AsksNumber, Forward: m.Forwarded, Media: mediaOf(m), Ad: adShown(m.Referral)}
		if m.Type == "unsupported" {
			b.Text = ""
		}
		for _, button := range m.Buttons {
			b.Buttons = append(b.Buttons, views.Button(button))
		}
		list = append(list, b)
	}
	return list, err
}

// mediaOf returns what the person attached, or nothing.
func mediaOf(m simulator.Message) string {
	switch {
	case !m.Inbound:
		return ""
	case m.Type == "unsupported":
		return "poll"
	case m.Type == "contacts":
		return "contact"
	case slices.Contains(views.Attachments, m.Type):
		return m.Type
	}
	return ""
}

// adShown is an ad as the message that it led to shows it.
func adShown(r *simulator.Referral) *views.Ad {
	switch {
	case r == nil:
		return nil
	case r.SourceType == "post":
		return &views.Ad{Kind: views.AdPost, ID: r.SourceID, Title: cmp.Or(r.Headline, r.SourceID)}
	}
	return &views.Ad{Kind: views.AdFeed, ID: r.SourceID, Title: cmp.Or(r.Headline, r.SourceID)}
}

// businesses are the numbers that can be written to.
func (h *Handler) businesses() (list []views.Business) {
	for _, s := range h.c.Simulator.Senders() {
		list = append(list, views.Business{Number: s.Number, Name: cmp.Or(s.Name, phone.Grouped(s.Number))})
	}
	return list
}

// quoted returns a message as one that answers it shows it, or nil.
func quoted(list []views.Message, id string) *views.Quote {
	i := slices.IndexFunc(list, func(m views.Message) bool { return m.ID == id && id != "" })
	if i < 0 {
		return nil
	}
	q := &views.Quote{ID: id, Mine: list[i].Mine, Text: list[i].Text}
	if list[i].Deleted {
		q.Text = ""
	}
	return q
}

var unseen = []string{"edit", "revoke", "reaction", "system"}

func (h *Handler) sender(phoneNumberID string) (simulator.Sender, bool) {
	all := h.c.Simulator.Senders()
	i := slices.IndexFunc(all, func(s simulator.Sender) bool { return s.PhoneNumberID == phoneNumberID })
	if i < 0 {
		return simulator.Sender{}, false
	}
	return all[i], true
}

func render(c echo.Context, status int, p views.Phone) error {
	h := c.Response().Header()
	h.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	h.Set("Content-Language", p.Loc.Tag())
	c.Response().WriteHeader(status)
	return views.Page(p).Render(c.Request().Context(), c.Response())
}

// validName reports whether a name can be that of an account: a number with its
// plus, as only those make accounts by being written to.
func validName(name string) bool {
	if len(name) < 8 || len(name) > 16 || name[0] != '+' {
		return false
	}
	_, err := strconv.ParseUint(name[1:], 10, 64)
	return err == nil
}
