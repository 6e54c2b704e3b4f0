package sim

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"assent/fault"
	views "assent/views/sim"
	"assent/whatsapp/simulator"
	"assent/whatsapp/wire"
)

// signupURL is where sign-up links lead while the simulator runs.
const signupURL = "/sim/signup"

// Signup answers GET /sim/signup?phone=&id=: the screen of a sign-up link, as WhatsApp
// shows it before the person says yes.
func (h *Handler) Signup(c echo.Context) error { return h.signup(c, http.StatusOK, "") }

func (h *Handler) signup(c echo.Context, status int, problem string) error {
	p, _, err := h.phone(c)
	if err != nil {
		return err
	}
	number, id := strings.Trim(c.FormValue("phone"), "+ "), c.FormValue("id")
	su, name, err := h.c.Simulator.Signup(number, id)
	m := views.Signup{Phone: p, Name: name, Number: number, ID: id, Message: su.Message, Website: su.Website, Privacy: su.Privacy, Act: signupURL, Problem: problem}
	switch {
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
		m.Gone, status = true, http.StatusNotFound
	case err != nil:
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	header.Set("Content-Language", p.Loc.Tag())
	c.Response().WriteHeader(status)
	return views.SignupPage(m).Render(c.Request().Context(), c.Response())
}

// SignUp answers POST /sim/signup: the person says yes.
func (h *Handler) SignUp(c echo.Context) error {
	name, _, err := h.holder(c)
	if err != nil {
		return err
	}
	number := strings.Trim(c.FormValue("phone"), "+ ")
	in := simulator.Inbound{To: number, Marketing: wire.PreferenceSignup, SignupID: c.FormValue("id")}
	if strings.HasPrefix(name, "+") {
		in.From = name
	} else {
		in.UserID = name
	}
	if _, err := h.c.Simulator.Act(in); err != nil {
		return h.signup(c, http.StatusUnprocessableEntity, fault.Message(err))
	}
	return c.Redirect(http.StatusSeeOther, chatPath(number, name))
}

// ShortLink answers GET /sim/message/{code}: the chat with the text behind a short
// link of WhatsApp's own.
func (h *Handler) ShortLink(c echo.Context) error {
	number, text, err := h.c.Simulator.ShortLink(c.Param("code"))
	if err != nil {
		return h.refuse(c, err)
	}
	return c.Redirect(http.StatusFound, withMe(c, chatURL+"?"+url.Values{"phone": {strings.TrimPrefix(number, "+")}, "text": {text}}.Encode()))
}

// followed returns where a link of WhatsApp's own leads on the simulated phone, or
// nothing for one that is none: wa.me/{number}/signup/{id} and wa.me/message/{code}.
func followed(path string) string {
	part := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(part) == 3 && part[1] == "signup":
		return signupURL + "?" + url.Values{"phone": {part[0]}, "id": {part[2]}}.Encode()
	case len(part) == 2 && part[0] == "message":
		return "/sim/message/" + url.PathEscape(part[1]) + "?"
	}
	return ""
}
