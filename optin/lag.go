package optin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"

	"assent/business"
	"assent/funnel"
	"assent/tenant"
)

// What another process publishes is in the database at once, and in this
// process's Directory some seconds later. Until then a yes to it must not be
// lost: whoever meets something that the Directory does not know, and that is in
// the database, has the Directory read anew, once, before giving up.

// errLagging ends a reading closure that met something which the Directory does
// not know: it cannot be read anew inside, for that needs a reader of its own.
var errLagging = errors.New("the directory lags behind the database")

// lag reads the Directory anew for all who ask together.
type lag struct {
	reload func(context.Context) error
	mu     sync.Mutex
	begun  atomic.Int64
}

// refresh returns after the Directory was read by a reading that began after the
// call.
func (s *Service) refresh(ctx context.Context) error {
	if s.lag.reload == nil {
		return nil
	}
	asked := s.lag.begun.Load()
	s.lag.mu.Lock()
	defer s.lag.mu.Unlock()
	if s.lag.begun.Load() > asked { // begun since, and ended, for the lock is ours
		return nil
	}
	s.lag.begun.Add(1)
	return s.lag.reload(ctx)
}

// known looks something up, and once more after the Directory was read anew, if
// the database knows it. It is not for closures that read.
func (s *Service) known(ctx context.Context, look func() bool, exists func(context.Context, Reader) (bool, error)) error {
	if look() || s.lag.reload == nil {
		return nil
	}
	there := true
	if exists != nil {
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			there, err = exists(ctx, r)
			return err
		})
		if err != nil {
			return err
		}
	}
	if !there {
		return nil
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	look()
	return nil
}

// versionOf returns the version and the business that a request names.
func (s *Service) versionOf(ctx context.Context, r *funnel.Request) (v *tenant.Version, t *tenant.Tenant, ok bool, err error) {
	err = s.known(ctx, func() bool {
		var ok1, ok2 bool
		v, ok1 = s.directory.Version(r.Version)
		t, ok2 = s.directory.Tenant(r.Business)
		ok = ok1 && ok2
		return ok
	}, nil)
	return v, t, ok, err
}

// senderOf returns the sender that Meta knows by the id, and its business.
func (s *Service) senderOf(ctx context.Context, phoneNumberID string) (sender *business.Sender, t *tenant.Tenant, ok bool, err error) {
	err = s.known(ctx, func() bool { sender, t, ok = s.directory.Sender(phoneNumberID); return ok }, func(ctx context.Context, r Reader) (bool, error) {
		return r.HasSender(ctx, phoneNumberID)
	})
	return sender, t, ok, err
}

// version returns the version with the id. Where the Directory does not know it,
// the deed ends with errLagging and starts again; the second time it is unknown.
func (d *deed) version(id string) (*tenant.Version, bool, error) {
	v, ok := d.s.directory.Version(id)
	if !ok && id != "" && !d.refreshed {
		return nil, false, errLagging
	}
	return v, ok, nil
}

// Bounds on what is looked up as an entry point's code.
const (
	minEntryCode = 3
	maxEntryCode = 32
)

// laggingEntry returns errLagging if a word of the text is the code of an entry
// point that the Directory does not know yet.
func (d *deed) laggingEntry(ctx context.Context, words []string) error {
	if d.refreshed || d.s.lag.reload == nil {
		return nil
	}
	var codes []string
	for i := len(words) - 1; i >= 0 && len(codes) < maxCodes; i-- { // codes stand near the end
		code := strings.ToUpper(words[i])
		if _, ok := d.s.directory.Entry(code); !ok && len(code) >= minEntryCode && len(code) <= maxEntryCode {
			codes = append(codes, code)
		}
	}
	if len(codes) == 0 {
		return nil
	}
	there, err := d.read.HasEntryPoint(ctx, codes...)
	if err == nil && there {
		err = errLagging
	}
	return err
}
