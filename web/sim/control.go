package sim

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	views "assent/views/sim"
	"assent/web/respond"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// Controls answers GET /sim/controls: what Meta and the network do, by hand.
func (h *Handler) Controls(c echo.Context) error {
	p, err := h.controls(c)
	if err != nil {
		return err
	}
	if done := c.QueryParam("done"); doneIDs[done] {
		p.Done = p.Loc.T("sim.done." + done)
	}
	return h.showControls(c, http.StatusOK, p)
}

func (h *Handler) showControls(c echo.Context, status int, p views.Controls) error {
	head := c.Response().Header()
	head.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	head.Set("Content-Language", p.Loc.Tag())
	c.Response().WriteHeader(status)
	return views.ControlPage(p).Render(c.Request().Context(), c.Response())
}

// doneIDs are what a form of the page can have done.
var doneIDs = map[string]bool{views.ControlDelivery: true, views.ControlNumber: true, views.ControlReplay: true, views.ControlFlood: true, views.ControlNews: true}

// controls returns the page.
func (h *Handler) controls(c echo.Context) (p views.Controls, err error) {
	phone, _, err := h.phone(c)
	if err != nil {
		return p, err
	}
	set := h.c.Simulator.Webhooks()
	p = views.Controls{
		Loc: phone.Loc, Me: phone.Me.Number, Home: phone.Home, Action: controlsURL,
		Batch: max(1, set.Batch), Delay: int(set.Delay / time.Millisecond), Duplicate: percent(set.Duplicate), Forged: percent(set.Forged), Shuffle: set.Shuffle, Outage: set.Outage,
		Who: phone.Me.Shown(), Quirks: simulator.Quirks(),
	}
	for _, code := range wire.Codes() {
		p.Codes = append(p.Codes, views.Code{Code: int(code), Meaning: code.Behaviour().Meaning})
	}
	for _, s := range h.c.Simulator.Senders() {
		p.Businesses = append(p.Businesses, views.Business{Number: s.Number, Name: s.Name})
	}
	for _, e := range simulator.Examples() {
		p.News = append(p.News, e.Name)
	}
	return p, nil
}

func percent(chance float64) int { return int(100*chance + .5) }

// Control answers POST /sim/controls.
func (h *Handler) Control(c echo.Context) error {
	act := c.FormValue("act")
	err := h.control(act, c)
	if err == nil {
		return c.Redirect(http.StatusSeeOther, controlsURL+"?"+url.Values{"done": {act}, "me": {c.FormValue("me")}}.Encode())
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound:
	default:
		return err
	}
	p, broken := h.controls(c)
	if broken != nil {
		return broken
	}
	p.Problem, p.Wrong, p.Typed = p.Loc.T("sim.error.control"), act, c.FormValue
	return h.showControls(c, respond.Status(fault.KindOf(err)), p)
}

func (h *Handler) control(act string, c echo.Context) error {
	n := numbers{c: c}
	switch act {
	case views.ControlDelivery:
		set := h.c.Simulator.Webhooks()
		set.Batch, set.Delay = n.between("batch", 1, 1000), time.Duration(n.between("delay", 0, 60_000))*time.Millisecond
		set.Duplicate, set.Forged = float64(n.between("duplicate", 0, 100))/100, float64(n.between("forged", 0, 100))/100
		set.Shuffle, set.Outage = c.FormValue("shuffle") != "", c.FormValue("outage") != ""
		if n.err == nil {
			h.c.Simulator.SetWebhooks(set)
		}
		return n.err
	case views.ControlNumber:
		return h.script(c)
	case views.ControlReplay:
		last := n.between("last", 1, 200)
		if n.err == nil {
			h.c.Simulator.Replay(last)
		}
		return n.err
	case views.ControlFlood:
		f := simulator.Flood{Events: n.between("events", 1, 100_000), Hours: n.between("hours", 1, 168), To: c.FormValue("business")}
		if n.err != nil {
			return n.err
		}
		return h.c.Simulator.Flood(f)
	case views.ControlNews:
		for _, e := range simulator.Examples() {
			if e.Name == c.FormValue("news") {
				return h.c.Simulator.Tell(c.FormValue("business"), e.Field, e.Value)
			}
		}
		return fault.Field("news", "Choose what happens.")
	}
	return fault.Field("act", "The simulator cannot do that.")
}

// script gives a number one step: what becomes of its next messages.
func (h *Handler) script(c echo.Context) error {
	n := numbers{c: c}
	st := simulator.Step{Times: n.between("times", 1, 100_000), Later: c.FormValue("later") != ""}
	what := c.FormValue("what")
	if code, err := strconv.Atoi(what); err == nil {
		st.Code = code
	} else {
		st.Quirk = what
	}
	who := strings.ReplaceAll(strings.TrimSpace(c.FormValue("who")), " ", "")
	switch {
	case n.err != nil:
		return n.err
	case what == "": // as before
		return h.c.Simulator.SetScript(who, nil)
	}
	return h.c.Simulator.SetScript(who, []simulator.Step{st})
}

// numbers reads numbers from a form, and keeps the first fault.
type numbers struct {
	c   echo.Context
	err error
}

func (n *numbers) between(field string, least, most int) int {
	v, err := strconv.Atoi(strings.TrimSpace(n.c.FormValue(field)))
	if n.err == nil && (err != nil || v < least || v > most) {
		n.err = fault.Field(field, "A number from %d to %d is wanted here.", least, most)
	}
	return v
}
