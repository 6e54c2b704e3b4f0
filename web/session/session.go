// Package session knows who is signed in. The browser holds nothing but a
// random id in a cookie; whose it is and until when stands in the database, so
// that a session can be ended there.
package session

import (
	"context"
	"net/http"
	"time"

	"github.com/gorilla/sessions"

	"assent/account"
)

// Backend keeps sessions.
type Backend interface {
	SignIn(ctx context.Context, login, password string) (session string, expires time.Time, err error)
	Session(ctx context.Context, session string) (account.Operator, bool, error)
	SignOut(ctx context.Context, session string) error
}

// The cookie's names. The prefix makes a browser insist on HTTPS, the path / and
// no domain (RFC 6265bis, section 4.1.3.2); a loopback address has no HTTPS.
const (
	secureName = "__Host-assent"
	plainName  = "assent"
)

// maxID bounds what is looked up: an id has 43 characters.
const maxID = 64

// operatorKey is where a session holds its operator.
const operatorKey = "operator"

// Store is a sessions.Store over a Backend. It is safe for concurrent use.
type Store struct {
	backend Backend
	name    string
	options sessions.Options
}

var _ sessions.Store = (*Store)(nil)

// New returns a Store. https says that the server is reached by HTTPS only.
func New(b Backend, https bool) *Store {
	s := &Store{backend: b, name: plainName, options: sessions.Options{Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: https}}
	if https {
		s.name = secureName
	}
	return s
}

// Get returns the request's session, which is looked up once.
func (s *Store) Get(r *http.Request, name string) (*sessions.Session, error) {
	return sessions.GetRegistry(r).Get(s, name)
}

// New looks up the session that the request's cookie names. Where it names none
// that is in force, the session is new and holds nobody.
func (s *Store) New(r *http.Request, name string) (*sessions.Session, error) {
	found := sessions.NewSession(s, name)
	options := s.options
	found.Options, found.IsNew = &options, true
	cookie, err := r.Cookie(name)
	if err != nil || cookie.Value == "" || len(cookie.Value) > maxID {
		return found, nil //nolint:nilerr // no cookie is no failure
	}
	o, ok, err := s.backend.Session(r.Context(), cookie.Value)
	if err != nil || !ok {
		return found, err
	}
	found.ID, found.IsNew = cookie.Value, false
	found.Values[operatorKey] = o
	return found, nil
}

// Save writes the cookie, or ends the session where its MaxAge is negative.
func (s *Store) Save(r *http.Request, w http.ResponseWriter, found *sessions.Session) error {
	if found.Options.MaxAge < 0 {
		if found.ID != "" {
			if err := s.backend.SignOut(r.Context(), found.ID); err != nil {
				return err
			}
		}
		found.ID = ""
	}
	http.SetCookie(w, sessions.NewCookie(found.Name(), found.ID, found.Options))
	return nil
}

// Operator returns who is signed in.
func (s *Store) Operator(r *http.Request) (o account.Operator, ok bool, err error) {
	found, err := s.Get(r, s.name)
	if err != nil {
		return o, false, err
	}
	o, ok = found.Values[operatorKey].(account.Operator)
	return o, ok, nil
}

// SignIn starts a session with an id of its own, whatever the browser brought
// along, which ends. The error is account.ErrSignIn where login and password do
// not match.
func (s *Store) SignIn(w http.ResponseWriter, r *http.Request, login, password string) error {
	id, _, err := s.backend.SignIn(r.Context(), login, password)
	if err != nil {
		return err
	}
	found, err := s.Get(r, s.name)
	if err != nil {
		return err
	}
	if found.ID != "" {
		if err := s.backend.SignOut(r.Context(), found.ID); err != nil {
			return err
		}
	}
	found.ID = id
	found.Options.MaxAge = int(account.SessionLife / time.Second) // the database decides
	return s.Save(r, w, found)
}

// SignOut ends the request's session.
func (s *Store) SignOut(w http.ResponseWriter, r *http.Request) error {
	found, err := s.Get(r, s.name)
	if err != nil {
		return err
	}
	found.Options.MaxAge = -1
	return s.Save(r, w, found)
}
