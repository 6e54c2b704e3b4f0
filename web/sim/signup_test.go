package sim_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/labstack/echo/v4"

	"assent/consent"
	"assent/internal/apptest"
	"assent/web/sim"
)

// The phone shows the screen of a sign-up link, the button says yes, and WhatsApp's
// confirmation stands in the chat.
func TestSigningUpOnThePhone(t *testing.T) {
	a := apptest.New(t)
	su := a.Signup(apptest.Chat, apptest.Offers)
	a.Clock.Advance(time.Hour)
	h := sim.New(sim.Config{Simulator: a.Simulator, BaseURL: apptest.BaseURL, Now: a.Clock.Now})
	t.Cleanup(h.Close)
	e := echo.New()
	e.GET("/sim/open", h.Open)
	e.GET("/sim/signup", h.Signup)
	e.POST("/sim/signup", h.SignUp)
	e.GET("/sim/message/:code", h.ShortLink)
	do := func(method, path string, f url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(f.Encode()))
		if f != nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		a.Settle()
		return w
	}
	open := do("GET", "/sim/open?me=%2B491701234567&link="+url.QueryEscape("https://wa.me/"+sender+"/signup/"+su.MetaID), nil)
	to := open.Header().Get("Location")
	if open.Code != http.StatusFound || !strings.HasPrefix(to, "/sim/signup?id="+su.MetaID) || !strings.Contains(to, "me=%2B49") {
		t.Fatalf("%d %s", open.Code, to)
	}
	if w := do("GET", to, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Sign up") || !strings.Contains(w.Body.String(), "send me offers") {
		t.Errorf("the screen: %d %s", w.Code, w.Body)
	}
	form := url.Values{"phone": {sender}, "id": {su.MetaID}, "me": {person}}
	if w := do("POST", "/sim/signup", form); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/sim/chat?") {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if got := a.State(person, apptest.Offers); got != consent.Given {
		t.Errorf("it gives %s", got)
	}
	if got := a.Received(person); len(got) != 1 || got[0].Text != "Welcome." {
		t.Errorf("%+v", got)
	}
	if w := do("GET", "/sim/signup?phone="+sender+"&id=1", nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "does not work") {
		t.Errorf("no such link: %d", w.Code)
	}
	if w := do("GET", "/sim/open?link="+url.QueryEscape("https://wa.me/message/ABC"), nil); w.Header().Get("Location") != "/sim/message/ABC?" {
		t.Errorf("a short link leads to %q", w.Header().Get("Location"))
	}
}
