package manage

import (
	"context"
	"strings"
	"sync"
	"time"

	"assent/account"
	"assent/fault"
)

// AddOperator lets a person sign in to the admin UI.
func (s *Service) AddOperator(ctx context.Context, login, name, password string) (err error) {
	defer fault.Wrap(&err, "manage.AddOperator")
	login = foldLogin(login)
	if login == "" || len(login) > 200 || strings.ContainsAny(login, " \t\n") {
		return fault.Field("login", "Give a login without spaces, for example an e-mail address.")
	}
	if err := account.CheckPassword(password); err != nil {
		return err
	}
	o := account.Operator{Login: login, Name: name, Role: account.Owner, CreatedAt: s.clock()}
	if o.ID, err = s.newID(); err != nil {
		return err
	}
	hash := account.HashPassword(password)
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertOperator(ctx, o, hash) })
}

func foldLogin(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// Operators returns everybody who may sign in, or might once.
func (s *Service) Operators(ctx context.Context) (list []account.Operator, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.Operators(ctx)
		return err
	})
	return list, err
}

// SetOperator gives an operator a new password, where one is given, and lets
// them in or keeps them out. Their sessions end.
func (s *Service) SetOperator(ctx context.Context, login, password string, disabled bool) (err error) {
	defer fault.Wrap(&err, "manage.SetOperator")
	hash := ""
	if password != "" {
		if err := account.CheckPassword(password); err != nil {
			return err
		}
		hash = account.HashPassword(password)
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.SetOperator(ctx, foldLogin(login), hash, disabled) })
	if fault.Is(err, fault.Stale) {
		return fault.New(fault.NotFound, "There is no operator %s.", login)
	}
	return err
}

// SignIn checks a login and password and returns the id of a new session, for
// the cookie. Every failure is account.ErrSignIn and takes as long.
func (s *Service) SignIn(ctx context.Context, login, password string) (session string, expires time.Time, err error) {
	var o account.Operator
	var hash string
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		o, hash, _, err = r.OperatorByLogin(ctx, foldLogin(login))
		return err
	})
	if err != nil {
		return "", expires, err
	}
	if !account.VerifyPassword(hash, password) || o.Disabled {
		return "", expires, account.ErrSignIn
	}
	session, sessionHash := account.NewSession()
	now := s.clock()
	expires = now.Add(account.SessionLife)
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.DropSessions(ctx, now); err != nil {
			return err
		}
		return w.InsertSession(ctx, sessionHash, o.ID, now, expires)
	})
	return session, expires, err
}

// Session returns whose session it is.
func (s *Service) Session(ctx context.Context, session string) (o account.Operator, ok bool, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		o, ok, err = r.SessionOperator(ctx, account.HashSecret(session), s.clock())
		return err
	})
	return o, ok, err
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, session string) error {
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.DeleteSession(ctx, account.HashSecret(session)) })
}

// AddAPIKey makes an API key of a business and returns its text, which is
// shown once.
func (s *Service) AddAPIKey(ctx context.Context, businessID, name string, scopes []account.Scope) (text string, err error) {
	defer fault.Wrap(&err, "manage.AddAPIKey")
	if _, ok := s.directory.Tenant(businessID); !ok {
		return "", fault.New(fault.NotFound, "There is no such business.")
	}
	text, hash, hint := account.NewSecret()
	k := account.APIKey{Business: businessID, Name: name, Hint: hint, Scopes: scopes, CreatedAt: s.clock()}
	if k.ID, err = s.newID(); err != nil {
		return "", err
	}
	return text, s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.InsertAPIKey(ctx, k, hash) })
}

// APIKeys returns every key, revoked ones too.
func (s *Service) APIKeys(ctx context.Context) (list []account.APIKey, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		list, err = r.APIKeys(ctx)
		return err
	})
	return list, err
}

// RevokeAPIKey ends a key. Other processes follow within keyLife.
func (s *Service) RevokeAPIKey(ctx context.Context, id string) error {
	defer s.keys.forget() // after the write: a look-up meanwhile would remember the key
	err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.RevokeAPIKey(ctx, id, s.clock()) })
	if fault.Is(err, fault.Stale) {
		return fault.New(fault.NotFound, "There is no such key in force.")
	}
	return err
}

// keyLife is how long a key's row is believed without asking the database.
const keyLife = 5 * time.Second

// keyCache keeps the rows of API keys that were used a moment ago, for a check
// call comes thousands of times a second.
type keyCache struct {
	mu   sync.Mutex
	rows map[string]cachedKey
}

type cachedKey struct {
	key   account.APIKey
	until time.Time
}

func (c *keyCache) get(hash string, now time.Time) (account.APIKey, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	row, ok := c.rows[hash]
	return row.key, ok && now.Before(row.until)
}

func (c *keyCache) put(hash string, k account.APIKey, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows) > 1000 {
		c.rows = map[string]cachedKey{}
	}
	c.rows[hash] = cachedKey{k, until}
}

func (c *keyCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
}

// APIKey returns the key with the text, if it is in force.
func (s *Service) APIKey(ctx context.Context, text string) (k account.APIKey, ok bool, err error) {
	hash := account.HashSecret(text)
	now := s.now()
	if k, ok := s.keys.get(string(hash), now); ok {
		return k, true, nil
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		k, ok, err = r.APIKeyByHash(ctx, hash)
		return err
	})
	if ok && err == nil {
		s.keys.put(string(hash), k, now.Add(keyLife))
	}
	return k, ok, err
}
