package admin

import (
	"bytes"
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"

	"assent/docs"
	"assent/fault"
	"assent/locale"
	views "assent/views/admin"
)

const inGuides = "/admin/guides"

// guideMarkdown draws a document. What is HTML in it is left out.
var guideMarkdown = goldmark.New(goldmark.WithExtensions(extension.Table), goldmark.WithParserOptions(parser.WithAutoHeadingID()))

// Guide answers GET /admin/guides/{name}: a document that the admin UI names, in the
// reader's language.
func (h *Handler) Guide(c echo.Context) error {
	loc := localizer(c)
	text, in, ok := docs.Guide(c.Param("name"), loc.Tag())
	if !ok {
		return fault.New(fault.NotFound, "There is no such guide.")
	}
	var b bytes.Buffer
	if err := guideMarkdown.Convert(text, &b); err != nil {
		return err
	}
	return show(c, http.StatusOK, views.GuidePage(views.Guide{Frame: h.frame(c, loc.T("admin.embed.guides"), inFunnels), In: locale.For(in), HTML: views.Documented(b.String())}))
}
