package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assent/account"
	"assent/internal/apptest"
	"assent/web/session"
)

const password = "a password of tests"

func signIn(t *testing.T, s *session.Store, cookie *http.Cookie) *http.Cookie {
	t.Helper()
	r := httptest.NewRequest("POST", "/admin/sign-in", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	w := httptest.NewRecorder()
	if err := s.SignIn(w, r, "Rosa", password); err != nil {
		t.Fatal(err)
	}
	return w.Result().Cookies()[0]
}

func who(t *testing.T, s *session.Store, cookie *http.Cookie) string {
	t.Helper()
	r := httptest.NewRequest("GET", "/admin", nil)
	if cookie != nil {
		r.AddCookie(cookie)
	}
	o, ok, err := s.Operator(r)
	if err != nil || ok != (o.Login != "") {
		t.Fatalf("%v %+v %v", ok, o, err)
	}
	return o.Login
}

func TestSession(t *testing.T) {
	a := apptest.New(t)
	if err := a.Manage.AddOperator(t.Context(), "rosa", "Rosa", password); err != nil {
		t.Fatal(err)
	}
	for _, https := range []bool{false, true} {
		s := session.New(a.Manage, https)
		c := signIn(t, s, nil)
		name := map[bool]string{false: "assent", true: "__Host-assent"}[https]
		if c.Name != name || c.Secure != https || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 12*60*60 {
			t.Errorf("the cookie is %s", c)
		}
		if got := who(t, s, c); got != "rosa" {
			t.Errorf("signed in as %q", got)
		}
		// Who signs in gets another id, and the old one ends.
		next := signIn(t, s, c)
		if next.Value == c.Value || who(t, s, c) != "" || who(t, s, next) != "rosa" {
			t.Error("the session was not rotated")
		}
		r := httptest.NewRequest("POST", "/admin/sign-out", nil)
		r.AddCookie(next)
		w := httptest.NewRecorder()
		if err := s.SignOut(w, r); err != nil {
			t.Fatal(err)
		}
		if gone := w.Result().Cookies()[0]; gone.MaxAge >= 0 || gone.Value != "" || gone.Name != name || gone.Secure != https {
			t.Errorf("the cookie is left as %s", gone)
		}
		if who(t, s, next) != "" {
			t.Error("the session lives on")
		}
		late := signIn(t, s, nil)
		a.Clock.Advance(account.SessionLife)
		if who(t, s, late) != "" {
			t.Error("the session never ends")
		}
	}
}

func TestCookiesOfNobody(t *testing.T) {
	a := apptest.New(t)
	s := session.New(a.Manage, false)
	for _, value := range []string{"", "x", strings.Repeat("A", 43), strings.Repeat("A", 4000), "' OR 1=1 --"} {
		if got := who(t, s, &http.Cookie{Name: "assent", Value: value}); got != "" {
			t.Errorf("%.20q is %q", value, got)
		}
	}
	w := httptest.NewRecorder()
	if err := s.SignIn(w, httptest.NewRequest("POST", "/", nil), "rosa", "wrong"); !errors.Is(err, account.ErrSignIn) || len(w.Result().Cookies()) != 0 {
		t.Errorf("%v %v", err, w.Result().Cookies())
	}
}

func TestTheDatabaseFails(t *testing.T) {
	s := session.New(broken{}, false)
	r := httptest.NewRequest("GET", "/admin", nil)
	r.AddCookie(&http.Cookie{Name: "assent", Value: "x"})
	if _, ok, err := s.Operator(r); ok || err == nil {
		t.Errorf("%v %v", ok, err)
	}
	if err := s.SignOut(httptest.NewRecorder(), r); err == nil {
		t.Error("signed out of nothing")
	}
}

type broken struct{ session.Backend }

func (broken) Session(context.Context, string) (account.Operator, bool, error) {
	return account.Operator{}, false, errors.New("disk")
}
