package public

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"assent/locale"
	"assent/static/verify"
	views "assent/views/public"
)

// verifyStrings are the words of the page in every language, so that it can
// change its language without a network.
var verifyStrings = sync.OnceValues(func() (string, error) {
	all := map[string]map[string]string{}
	for _, tag := range locale.Tags() {
		all[tag] = locale.For(tag).All("verify.", "event.", "state.", "scope.", "audience.", "grade.", "certificate.grade.", "certificate.name", "certificate.not",
			"certificate.number", "page.language", "page.skip")
	}
	b, err := json.Marshal(all) // it escapes what could end a script
	if err != nil {
		return "", fmt.Errorf("verify page: %w", err)
	}
	return string(b), nil
})

// Verify answers GET /verify: a page that checks proof bundles in the browser.
// It is one file without a business of its own, so that a saved copy works.
func (h *Handler) Verify(c echo.Context) error {
	words, err := verifyStrings()
	if err != nil {
		return err
	}
	m := views.Verify{Loc: locale.For(c.QueryParam("lang"), c.Request().Header.Get("Accept-Language")),
		Policy: verify.Policy(), Style: verify.Style(), Script: verify.Script(), Strings: words}
	for _, tag := range locale.Tags() {
		m.Languages = append(m.Languages, locale.For(tag))
	}
	header := c.Response().Header()
	header.Set("Content-Security-Policy", verify.Policy()+"; frame-ancestors 'none'")
	header.Set("Cache-Control", "no-cache")
	header.Add("Vary", "Accept-Language")
	return respondPage(c, http.StatusOK, views.VerifyPage(m))
}
