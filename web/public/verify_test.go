package public_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"assent/web/public"
)

func TestVerifyIsOneFileInEveryLanguage(t *testing.T) {
	for lang, want := range map[string]string{"en": `<html lang="en" dir="ltr">`, "de": `<html lang="de" dir="ltr">`, "ar": `<html lang="ar" dir="rtl">`} {
		r, w := httptest.NewRequest(http.MethodGet, "/verify?lang="+lang, nil), httptest.NewRecorder()
		if err := new(public.Handler).Verify(echo.New().NewContext(r, w)); err != nil {
			t.Fatal(err)
		}
		body, policy := w.Body.String(), w.Header().Get("Content-Security-Policy")
		if w.Code != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d without %s", lang, w.Code, want)
		}
		for _, bad := range []string{" src=", `href="/`, "http://", "url(\"/"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s: the page holds %q", lang, bad)
			}
		}
		if !strings.Contains(policy, "connect-src 'none'") || !strings.HasSuffix(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %s", lang, policy)
		}
		if !strings.Contains(body, strings.TrimSuffix(policy, "; frame-ancestors 'none'")) {
			t.Errorf("%s: a saved copy would have another policy", lang)
		}
	}
}
