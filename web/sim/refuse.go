package sim

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"assent/fault"
	"assent/locale"
	"assent/phone"
	views "assent/views/sim"
	"assent/web/respond"
)

// refuse shows on the phone itself what could not be done, with what was typed.
// What the person cannot mend goes on to the place for all errors.
func (h *Handler) refuse(c echo.Context, err error) error {
	switch fault.KindOf(err) {
	case fault.Invalid, fault.NotFound, fault.Conflict, fault.TooLarge:
	default:
		return err
	}
	p, me, broken := h.phone(c)
	if broken != nil {
		return err
	}
	post, act := c.Request().Method == http.MethodPost, c.FormValue("act")
	field, id := problem(post, act, err)
	p.Problem = views.Problem{
		Field: field, Text: p.Loc.T(id, "Example", locale.Isolate(phone.Grouped(DefaultNumber))), Link: c.QueryParam("link"),
		Number: c.FormValue("number"), Name: c.FormValue("name"), Username: c.FormValue("username"), Hidden: c.FormValue("hidden") != "",
	}
	if act == views.ActChangeNumber {
		p.Problem.NewNumber = c.FormValue("number")
	}
	if post { // on the chat where it was pressed; without it, on the list
		draft := ""
		if act == views.ActSend {
			draft = c.FormValue("text")
		}
		if broken := h.show(&p, me, c.FormValue("phone"), draft); broken != nil && !fault.Is(broken, fault.NotFound) {
			return broken
		}
		if p.Chat != nil && act == views.ActSend {
			p.Chat.Ad = adOf(c)
		}
	}
	return render(c, respond.Status(fault.KindOf(err)), p)
}

// problem returns the field that is wrong, and the id of what is said there.
func problem(post bool, act string, err error) (field, id string) {
	wrong := fault.FieldOf(err)
	switch {
	case wrong == "picture":
		return views.FieldPicture, "sim.error.picture"
	case wrong == "code":
		return views.FieldPicture, "sim.error.no_code"
	case !post && wrong == "link":
		return views.FieldLink, "sim.error.link"
	case !post:
		return views.FieldLink, "sim.error.business"
	case act == views.ActBecome && wrong == "name":
		return views.FieldName, "sim.error.name"
	case act == views.ActBecome && wrong != "":
		return views.FieldNumber, "sim.error.number"
	case act == views.ActChangeNumber && wrong == "number":
		return views.FieldNewNumber, "sim.error.number"
	case act == views.ActChangeNumber && wrong == "change_number":
		return views.FieldNewNumber, "sim.error.taken"
	case (act == views.ActSend || act == views.ActEdit) && fault.Is(err, fault.Invalid):
		return views.FieldChat, "sim.error.text"
	}
	return views.FieldChat, "sim.error.failed"
}
