package sim

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/locale"
	views "assent/views/sim"
	"assent/views/ui"
	"assent/web/metaword"
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
		p.DoneBy, p.Done = done, p.Loc.T("sim.done."+done)
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
var doneIDs = map[string]bool{
	views.ControlDelivery: true, views.ControlLook: true, views.ControlNumber: true, views.ControlReplay: true, views.ControlFlood: true,
	views.ControlTemplate: true, views.ControlNews: true, views.ControlOwn: true,
}

// controls returns the page.
func (h *Handler) controls(c echo.Context) (p views.Controls, err error) {
	phone, _, err := h.phone(c)
	if err != nil {
		return p, err
	}
	set := h.c.Simulator.Webhooks()
	p = views.Controls{
		Loc: phone.Loc, Me: phone.Me.Number, Home: phone.Home, Action: controlsURL,
		Batch: max(1, set.Batch), Linger: int(set.Linger / time.Millisecond), Delay: int(set.Delay / time.Millisecond), Jitter: int(set.Jitter / time.Millisecond),
		Attempts: cmp.Or(set.Attempts, simulator.DefaultAttempts), Backoff: int(cmp.Or(set.Backoff, simulator.DefaultBackoff) / time.Millisecond),
		Duplicate: percent(set.Duplicate), Forged: percent(set.Forged), Shuffle: set.Shuffle, Outage: set.Outage,
		Who: phone.Me.Shown(), Quirks: simulator.Quirks(), Businesses: phone.Ads,
	}
	look := set.Look
	for i, on := range looks(&look) {
		if *on {
			p.Looks = append(p.Looks, views.Looks[i])
		}
	}
	p.Codes, p.Templates, p.Changes, p.News, p.Standing = codes(p.Loc), h.templates(p.Loc), changes(p.Loc), news(p.Loc), h.standing()
	p.Reasons = []ui.Option{{Value: "", Label: p.Loc.T("sim.review.no_reason")}}
	for _, reason := range []string{"ABUSIVE_CONTENT", "INCORRECT_CATEGORY", "INVALID_FORMAT", "PROMOTIONAL", "SCAM", "TAG_CONTENT_MISMATCH"} {
		says, _ := metaword.Word(p.Loc, "reason", reason)
		p.Reasons = append(p.Reasons, ui.Option{Value: reason, Label: says})
	}
	return p, nil
}

// looks are the members of a Look in the order of views.Looks.
func looks(l *simulator.Look) []*bool {
	return []*bool{&l.Parents, &l.Conversations, &l.NoContext, &l.Loose, &l.Strange}
}

func percent(chance float64) int { return int(100*chance + .5) }

// classes is the order in which errors are listed.
var classes = []wire.Class{wire.ClassPerson, wire.ClassRetry, wire.ClassAccount, wire.ClassTemplate, wire.ClassRequest, wire.ClassUnknown}

// codes lists the errors that a message can get, class by class. Neighbours that mean the
// same are one; 0 has a quirk of its own.
func codes(loc locale.Localizer) (list []views.Code) {
	all := append(wire.Codes(), simulator.UnknownCode)
	for _, class := range classes {
		last := -1
		for _, code := range all {
			if code == 0 || code.Behaviour().Class != class {
				continue
			}
			says, _ := metaword.Code(loc, code)
			if last >= 0 && list[last].Meaning == says && max(list[last].Code, list[last].Last)+1 == int(code) {
				list[last].Last = int(code)
				continue
			}
			list = append(list, views.Code{Code: int(code), Meaning: says, Class: string(class)})
			last = len(list) - 1
		}
	}
	return list
}

// standing are the scripts that still have a step to come.
func (h *Handler) standing() (list []views.Standing) {
	for _, s := range h.c.Simulator.Scripts() {
		next := s.Steps[0]
		one := views.Standing{Who: s.Who, Name: s.Name, What: next.Quirk, Times: cmp.Or(next.Times, 1), More: len(s.Steps) - 1}
		if next.Code != 0 {
			one.What = strconv.Itoa(next.Code)
		}
		list = append(list, one)
	}
	return list
}

// templates are those of every business.
func (h *Handler) templates(loc locale.Localizer) (list []views.Template) {
	senders, seen := h.c.Simulator.Senders(), map[string]bool{}
	for _, s := range senders {
		if seen[s.WABA] {
			continue
		}
		seen[s.WABA] = true
		for _, t := range h.c.Simulator.Templates(s.Number) {
			one := views.Template{Value: s.Number + "/" + t.Name + "/" + t.Language, Name: t.Name, Lang: t.Language}
			one.Status, _ = metaword.Word(loc, "template", t.Status)
			one.Category, _ = metaword.Word(loc, "category", t.Category)
			if len(senders) > 1 {
				one.OfBusiness = s.Name
			}
			list = append(list, one)
		}
	}
	return list
}

// changes are what can become of a template.
func changes(loc locale.Localizer) (list []views.Change) {
	for _, status := range []string{"APPROVED", "REJECTED", "PAUSED", "DISABLED", "FLAGGED", "REINSTATED", "PENDING", "IN_APPEAL", "LIMIT_EXCEEDED", "LOCKED", "ARCHIVED", "PENDING_DELETION", "DELETED"} {
		says, _ := metaword.Word(loc, "template", status)
		list = append(list, views.Change{Value: "status/" + status, Label: says, Group: "status"})
	}
	for _, category := range []string{"MARKETING", "UTILITY", "AUTHENTICATION"} {
		says, _ := metaword.Word(loc, "category", category)
		list = append(list, views.Change{Value: "announce/" + category, Label: loc.T("sim.review.announce", "Category", says), Group: "category"},
			views.Change{Value: "category/" + category, Label: loc.T("sim.review.moved", "Category", says), Group: "category"})
	}
	for _, quality := range []string{"GREEN", "YELLOW", "RED", "UNKNOWN"} {
		says, _ := metaword.Word(loc, "quality", quality)
		list = append(list, views.Change{Value: "quality/" + quality, Label: says, Group: "quality"})
	}
	return append(list, views.Change{Value: "body/", Label: loc.T("sim.review.body"), Group: "words"})
}

// news are the examples. Meta's own words stand as they are, after what they mean.
func news(loc locale.Localizer) (list []views.News) {
	for _, e := range simulator.Examples() {
		one := views.News{Name: e.Name, Group: e.Group, Label: e.Name}
		if id := "sim.news." + strings.ToLower(e.Name); loc.Has(id) {
			one.Label = loc.T(id)
		}
		for _, family := range []string{"account", "restriction", "ban", "security"} {
			if says, ok := metaword.Word(loc, family, e.Name); ok {
				one.Label = says
			}
		}
		if e.Name == strings.ToUpper(e.Name) && one.Label != e.Name {
			one.Label += " · " + e.Name
		}
		list = append(list, one)
	}
	return list
}

// Control answers POST /sim/controls.
func (h *Handler) Control(c echo.Context) error {
	act := c.FormValue("act")
	show := act == views.ControlNews && c.FormValue("show") != ""
	var own views.Own
	var err error
	if show {
		own, err = h.example(c)
	} else {
		err = h.control(act, c)
	}
	if err == nil && !show {
		return c.Redirect(http.StatusSeeOther, controlsURL+"?"+url.Values{"done": {act}, "me": {c.FormValue("me")}}.Encode()+"#"+views.ControlID+act)
	}
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound:
	default:
		if err != nil {
			return err
		}
	}
	p, broken := h.controls(c)
	if broken != nil {
		return broken
	}
	if err == nil {
		p.Own, p.DoneBy, p.Done = own, views.ControlOwn, p.Loc.T("sim.done.show")
		return h.showControls(c, http.StatusOK, p)
	}
	p.Problem, p.Wrong, p.Typed = p.Loc.T("sim.error.control"), act, c.FormValue
	if act == views.ControlOwn {
		p.Problem = p.Loc.T("sim.error.own")
	}
	return h.showControls(c, respond.Status(fault.KindOf(err)), p)
}

func (h *Handler) control(act string, c echo.Context) error {
	switch act {
	case views.ControlDelivery:
		return h.delivery(c)
	case views.ControlLook:
		set := h.c.Simulator.Webhooks()
		for i, on := range looks(&set.Look) {
			*on = c.FormValue(views.Looks[i]) != ""
		}
		h.c.Simulator.SetWebhooks(set)
		return nil
	case views.ControlNumber:
		return h.script(c)
	case views.ControlReplay:
		n := numbers{c: c}
		last := n.between("last", 1, 200)
		if n.err == nil {
			h.c.Simulator.Replay(last)
		}
		return n.err
	case views.ControlFlood:
		n := numbers{c: c}
		f := simulator.Flood{Events: n.between("events", 1, 100_000), People: n.between("people", 1, 100_000), Hours: n.between("hours", 1, 168), Text: strings.TrimSpace(c.FormValue("text")), To: c.FormValue("business")}
		if n.err != nil {
			return n.err
		}
		return h.c.Simulator.Flood(f)
	case views.ControlTemplate:
		return h.review(c)
	case views.ControlNews:
		own, err := h.example(c)
		if err != nil {
			return err
		}
		return h.c.Simulator.Tell(own.Business, own.Field, []byte(own.Value))
	case views.ControlOwn:
		return h.c.Simulator.Tell(c.FormValue("business"), c.FormValue("field"), []byte(c.FormValue("value")))
	}
	return fault.Field("act", "The simulator cannot do that.")
}

// delivery sets how webhooks come.
func (h *Handler) delivery(c echo.Context) error {
	n := numbers{c: c}
	ms := func(field string) time.Duration { return time.Duration(n.between(field, 0, 60_000)) * time.Millisecond }
	set := h.c.Simulator.Webhooks()
	set.Batch, set.Linger, set.Delay, set.Jitter, set.Backoff = n.between("batch", 1, 1000), ms("linger"), ms("delay"), ms("jitter"), ms("backoff")
	set.Attempts = n.between("attempts", 1, 20)
	set.Duplicate, set.Forged = float64(n.between("duplicate", 0, 100))/100, float64(n.between("forged", 0, 100))/100
	set.Shuffle, set.Outage = c.FormValue("shuffle") != "", c.FormValue("outage") != ""
	if n.err == nil {
		h.c.Simulator.SetWebhooks(set)
	}
	return n.err
}

// example is the webhook that the form names.
func (h *Handler) example(c echo.Context) (views.Own, error) {
	own := views.Own{Business: c.FormValue("business")}
	field, value, err := h.c.Simulator.Example(c.FormValue("news"), own.Business, spaceless(c.FormValue("who")))
	own.Field, own.Value = field, string(value)
	return own, err
}

// review changes a template.
func (h *Handler) review(c echo.Context) error {
	part := strings.SplitN(c.FormValue("template"), "/", 3)
	what, to, _ := strings.Cut(c.FormValue("change"), "/")
	if len(part) != 3 || part[0] == "" {
		return fault.Field("template", "Choose a template.")
	}
	change := simulator.TemplateChange{Sender: part[0], Name: part[1], Language: part[2], Reason: c.FormValue("reason")}
	switch what {
	case "status":
		change.Status = to
	case "category":
		change.Category = to
	case "announce":
		change.Announce = to
	case "quality":
		change.Quality = to
	case "body":
		for _, t := range h.c.Simulator.Templates(part[0]) {
			if t.Name == part[1] && t.Language == part[2] {
				change.Body = t.Body + " …"
			}
		}
	default:
		return fault.Field("change", "Choose what becomes of it.")
	}
	_, err := h.c.Simulator.ChangeTemplate(change)
	return err
}

// spaceless is a number or an account as it was typed, without its spaces.
func spaceless(typed string) string { return strings.Join(strings.Fields(typed), "") }

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
	who := spaceless(c.FormValue("who"))
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
