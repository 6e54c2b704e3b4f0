package sim

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/phone"
	views "assent/views/sim"
	"assent/web/respond"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// cookieName remembers who holds the phone. It is no secret and no sign-in.
const cookieName = "assent-sim-me"

// Act answers POST /sim/act: the person does something, as views/sim lists it.
func (h *Handler) Act(c echo.Context) error {
	next, err := h.act(c)
	if err != nil {
		return h.refuse(c, err)
	}
	return c.Redirect(http.StatusSeeOther, next)
}

// act does what a form asks for, and returns where to go after.
func (h *Handler) act(c echo.Context) (next string, err error) {
	me, next := c.FormValue("me"), c.FormValue("next")
	if u, err := url.Parse(next); err != nil || u.Host != "" || u.Scheme != "" || u.Path != home && u.Path != chatURL {
		next = home
	}
	in := simulator.Inbound{To: c.FormValue("phone")}
	if strings.HasPrefix(me, "+") {
		in.From = me
	} else {
		p, err := h.c.Simulator.Person(me)
		if err != nil {
			return "", err
		}
		if in.From = p.Number; p.Number == "" {
			for _, in.UserID = range p.UserIDs { // any of them says who it is
				break
			}
		}
	}
	switch act := c.FormValue("act"); act {
	case views.ActBecome:
		return h.become(c, next)
	case views.ActChangeNumber:
		if in.ChangeNumber, err = numberOf(c); err != nil {
			return "", err
		}
		if _, err = h.c.Simulator.Act(in); err != nil {
			return "", err
		}
		remember(c, in.ChangeNumber)
		return as(next, in.ChangeNumber), nil
	default:
		if err = h.fill(&in, act, c); err == nil {
			_, err = h.c.Simulator.Act(in)
		}
		return next, err
	}
}

// fill says what a form of the chat asks for.
func (h *Handler) fill(in *simulator.Inbound, act string, c echo.Context) error {
	yes, no := true, false
	text := strings.ReplaceAll(c.FormValue("text"), "\r\n", "\n") // as forms send it
	switch act {
	case views.ActSend:
		in.Text, in.Context, in.Referral = text, c.FormValue("context"), referral(adOf(c))
		if kind := c.FormValue("attach"); kind != "" {
			return attach(in, kind)
		}
		if strings.TrimSpace(text) == "" {
			return fault.Field("text", "Write something first.")
		}
	case views.ActForward:
		return h.forward(in, c.FormValue("message"))
	case views.ActTap:
		in.Button = c.FormValue("payload")
		if in.Button == "" {
			return fault.Field("payload", "That button has nothing behind it.")
		}
	case views.ActEdit:
		in.Edit, in.Text = c.FormValue("message"), text
	case views.ActDelete:
		in.Delete = c.FormValue("message")
	case views.ActBlock:
		in.Block = &yes
	case views.ActUnblock:
		in.Block = &no
	case views.ActStopMarketing:
		in.Marketing = wire.PreferenceStop
	case views.ActResumeMarketing:
		in.Marketing = wire.PreferenceResume
	case views.ActShareNumber:
		in.ShareNumber, in.Context = true, c.FormValue("context")
	case views.ActNewPhone:
		in.NewIdentity = true
	case views.ActReact:
		in.Reaction, in.Context = c.FormValue("emoji"), c.FormValue("message")
		if in.Reaction != views.NoReaction && !slices.Contains(views.Reactions, in.Reaction) {
			return fault.Field("emoji", "The phone has no such reaction.")
		}
	default:
		return fault.Field("act", "The phone cannot do that.")
	}
	return nil
}

// aFriend is whose number is on the card that the phone sends.
const aFriend = "+491701239876"

// attach says what goes along with the text, or in its place.
func attach(in *simulator.Inbound, kind string) error {
	switch {
	case kind == views.AttachNumber:
		in.ShareNumber = true
	case kind == "poll":
		in.Unsupported = kind
	case kind == "contact":
		in.Contact = aFriend
	case slices.Contains(views.Attachments, kind):
		in.Media = kind
	default:
		return fault.Field("attach", "The phone cannot attach that.")
	}
	return nil
}

// forward passes the text of a message on, into the same chat.
func (h *Handler) forward(in *simulator.Inbound, id string) error {
	all, err := h.c.Simulator.Messages(cmp.Or(in.From, in.UserID), in.To)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(m simulator.Message) bool { return m.ID == id })
	if i < 0 || all[i].Text == "" || all[i].Deleted {
		return fault.New(fault.NotFound, "That message is no longer there.")
	}
	in.Text, in.Forwarded = all[i].Text, true
	return nil
}

// maxAd bounds what is typed of an ad, in bytes.
const maxAd = 500

// adOf returns the ad that led to the chat, or nil.
func adOf(c echo.Context) *views.Ad {
	a := views.Ad{Kind: c.FormValue("ad"), ID: strings.TrimSpace(c.FormValue("ad_id")), Title: strings.TrimSpace(c.FormValue("ad_title"))}
	if !slices.Contains([]string{views.AdFeed, views.AdStatus, views.AdPost}, a.Kind) || len(a.ID) > maxAd || len(a.Title) > maxAd || !utf8.ValidString(a.ID+a.Title) {
		return nil
	}
	return &a
}

// referral is an ad as WhatsApp tells it to the business.
func referral(a *views.Ad) *simulator.Referral {
	if a == nil {
		return nil
	}
	r := &simulator.Referral{SourceURL: "https://fb.me/example", SourceID: a.ID, SourceType: "ad", Headline: a.Title, MediaType: "image", ImageURL: "https://example.com/ad.jpg"}
	switch a.Kind {
	case views.AdPost:
		r.SourceType = "post"
	case views.AdFeed:
		r.ClickID = "ARAkLkA8rmlFeiCktEJQ" + a.ID
	}
	return r
}

// become changes who holds the phone, and how that account shows itself.
func (h *Handler) become(c echo.Context, next string) (string, error) {
	name, username := strings.TrimSpace(c.FormValue("name")), strings.TrimSpace(c.FormValue("username"))
	for _, one := range []string{name, username} {
		if len(one) > 200 || !utf8.ValidString(one) {
			return "", fault.Field("name", "That name is too long, or not UTF-8.")
		}
	}
	if id := strings.TrimSpace(c.FormValue("number")); wire.IsBSUID(id) {
		return h.becomeAccount(c, next, id, cmp.Or(name, "Anna"), username)
	}
	number, err := numberOf(c)
	if err != nil {
		return "", err
	}
	known, err := h.c.Simulator.Person(number)
	if err != nil {
		known = simulator.Person{} // who has that number is new here
	}
	hidden := c.FormValue("hidden") != ""
	if before, err := h.c.Simulator.Person(c.FormValue("me")); err == nil && before.ID != known.ID {
		if name == before.Name { // what still stood there was about the one before
			name = known.Name
		}
		if hidden == before.Withheld {
			hidden = known.Withheld
		}
		if username == before.Username {
			username = known.Username
		}
	}
	name = cmp.Or(name, known.Name, "Anna")
	p, err := h.c.Simulator.AddPerson(number, name, username, hidden)
	if err != nil {
		return "", err
	}
	remember(c, p.Number)
	return as(next, p.Number), nil
}

// becomeAccount lets somebody hold the phone whose number nobody knows.
func (h *Handler) becomeAccount(c echo.Context, next, id, name, username string) (string, error) {
	if _, err := h.c.Simulator.Act(simulator.Inbound{UserID: id, To: c.FormValue("phone"), Name: name, Username: username}); err != nil {
		return "", err
	}
	p, err := h.c.Simulator.Person(id)
	if err != nil {
		return "", err
	}
	me := cmp.Or(p.Number, p.ID)
	remember(c, me)
	return as(next, me), nil
}

// numberOf reads the number that a person typed for themselves.
func numberOf(c echo.Context) (string, error) {
	typed := strings.TrimSpace(c.FormValue("number"))
	n, err := phone.Parse(typed, "")
	if err != nil { // one that cannot exist may stand for an error: docs/simulator.md
		n, err = phone.ParseE164(strings.ReplaceAll(typed, " ", ""))
	}
	if err != nil {
		return "", fault.Field("number", "Type the number with + and its country code, for example %s.", DefaultNumber)
	}
	return n.E164(), nil
}

// as returns the address as another person sees it.
func as(next, me string) string {
	u, err := url.Parse(next)
	if err != nil {
		return home
	}
	q := u.Query()
	q.Set("me", me)
	u.RawQuery = q.Encode()
	return u.String()
}

func remember(c echo.Context, me string) {
	c.SetCookie(&http.Cookie{Name: cookieName, Value: url.QueryEscape(me), Path: home, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// heartbeat keeps proxies from closing a quiet stream.
const heartbeat = 15 * time.Second

// Events answers GET /sim/events: one server-sent event at each change.
func (h *Handler) Events(c echo.Context) error {
	changes, cancel := h.c.Simulator.Subscribe()
	defer cancel()
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no")
	c.Response().WriteHeader(http.StatusOK)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for piece := ": open\n\n"; ; {
		if err := respond.Extend(c, 2*heartbeat); err != nil {
			return nil
		}
		if _, err := fmt.Fprint(c.Response(), piece); err != nil {
			return nil // the reader has gone
		}
		c.Response().Flush()
		select {
		case <-c.Request().Context().Done():
			return nil
		case <-h.ended:
			return nil
		case <-changes:
			piece = "data: changed\n\n"
		case <-beat.C:
			piece = ": still here\n\n"
		}
	}
}
