package admin

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"assent/evidence"
	"assent/fault"
	"assent/locale"
	"assent/records"
	"assent/subject"
	views "assent/views/admin"
)

// identity shows something that a person is known by, and how it came to be
// theirs.
func identity(loc locale.Localizer, p records.Person, id records.Identified) views.Identity {
	v := views.Identity{Fact: views.Fact{Label: loc.T("identifier." + string(id.Kind)), Value: id.Value, Copy: !id.Unreadable}, When: id.SeenAt, Left: id.LeftAt}
	if i := slices.IndexFunc(p.Events, func(e records.Event) bool { return e.ID == id.Event }); i >= 0 && p.Events[i].Problem == "" {
		v.How, v.Event, v.When = loc.T("admin.joined."+joined(p.Events[i])), id.Event, p.Events[i].At
	}
	others := slices.ContainsFunc(p.Identifiers, func(o records.Identified) bool {
		return o.Kind != subject.ParentBSUID && o.LeftAt.IsZero() && !slices.Equal(o.Hash, id.Hash)
	})
	if others && id.LeftAt.IsZero() && id.Kind != subject.ParentBSUID && !id.Unreadable {
		v.Hash = hex.EncodeToString(id.Hash)
	}
	return v
}

// joined names the evidence by which an event joined what it shows (rule 22).
func joined(e records.Event) string {
	switch {
	case e.Method == evidence.MethodParted:
		return "parted"
	case e.Method == "contact", e.Method == "template", e.Method == "status":
		return e.Method
	case e.Name == evidence.IdentityChanged && e.Method != "webhook":
		return "changed"
	case e.Act.Kind == "operator", e.Act.Kind == "api":
		return "entered"
	case e.Number != "" && e.BSUID != "":
		return "both"
	}
	return "first"
}

// Part answers POST /admin/people/{id}/part: an identifier is somebody else's. It
// leads to the record that is left.
func (h *Handler) Part(c echo.Context) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	hash, err := hex.DecodeString(c.FormValue("identifier"))
	if err != nil {
		hash = nil
	}
	reason := strings.TrimSpace(c.FormValue("reason"))
	if err = fault.Field("reason", "The reason is too long."); len(reason) <= 2000 {
		_, err = h.Records.Part(c.Request().Context(), records.Parting{Business: t.ID, Subject: c.Param("id"), Identifier: hash, Reason: reason, Actor: operator(c).ID})
	}
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return h.showPerson(c, http.StatusUnprocessableEntity, problem(localizer(c), err).Text, reason)
	}
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, personAddress(c.Param("id")))
}

// showPerson shows a person's record, and why something was refused.
func (h *Handler) showPerson(c echo.Context, status int, wrong, reason string) error {
	t := h.business(c)
	if t == nil {
		return errNoBusiness
	}
	p, err := h.Records.Person(c.Request().Context(), t.ID, c.Param("id"))
	if err != nil {
		return err
	}
	m := h.person(localizer(c), t, p, h.names(c))
	if err := h.mayNow(c.Request().Context(), localizer(c), p, &m); err != nil {
		return err
	}
	if m.Reach, err = h.reachOf(c, t, p); err != nil {
		return err
	}
	m.Frame = h.frame(c, m.Number, inConsents)
	m.Now, m.Wrong, m.Reason = h.Now().In(time.Local), wrong, reason
	return show(c, status, views.PersonPage(m))
}
