package manage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"assent/evidence"
	"assent/fault"
	"assent/tenant"
	"assent/vault"
)

// keysetState is what a process knows of the keyset as it is stored.
type keysetState struct {
	mu     sync.Mutex
	sealed []byte
}

// followKeyset takes the keyset over where another process has changed it. One
// that is sealed under another master key is left: what is open stays so, and the
// next start needs the new key.
func (s *Service) followKeyset(ctx context.Context) error {
	s.keyset.mu.Lock()
	defer s.keyset.mu.Unlock()
	var sealed []byte
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		sealed, err = r.Setting(ctx, settingKeyset)
		return err
	})
	if err != nil || bytes.Equal(sealed, s.keyset.sealed) {
		return err
	}
	next, err := vault.OpenMaster(ctx, s.kms, sealed)
	switch {
	case err == nil:
		s.inst.Master.Adopt(next)
	case fault.Is(err, fault.Invalid):
		s.log.Warn("the keyset was sealed under another master key: start again with the new one")
	default:
		return err
	}
	s.keyset.sealed = sealed
	return nil
}

// What a key is for.
const (
	KeyMaster  = "master"  // seals the keyset
	KeyKeyset  = "keyset"  // wraps data keys and secrets
	KeyDerived = "derived" // hashes identifiers, codes, forms
	KeySigning = "signing" // signs a business's events
	KeyLog     = "log"     // signs the log's checkpoints
)

// KeyLine describes a key, and never holds its material.
type KeyLine struct {
	Kind     string    `json:"kind"`
	ID       string    `json:"id"`
	Business string    `json:"business,omitempty"` // slug
	InForce  bool      `json:"in_force"`           // false: it still opens or verifies what it made
	Made     time.Time `json:"made,omitzero"`      // zero where nobody noted it
	For      string    `json:"for"`
}

// ListKeys returns every key of the installation but the data keys of people.
func (s *Service) ListKeys(ctx context.Context) (list []KeyLine, err error) {
	defer fault.Wrap(&err, "manage.ListKeys")
	list = append(list, KeyLine{Kind: KeyMaster, ID: "-", InForce: true, For: "seals the keyset; it is not in the database"})
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		for _, k := range s.inst.Master.Keys() {
			made, err := keyMade(ctx, r, k.ID)
			if err != nil {
				return err
			}
			what := "opens data keys and secrets that it wrapped"
			if k.Primary {
				what = "wraps data keys of people, and secrets"
			}
			list = append(list, KeyLine{Kind: KeyKeyset, ID: strconv.FormatUint(uint64(k.ID), 10), InForce: k.Primary, Made: made, For: what})
		}
		list = append(list, KeyLine{Kind: KeyDerived, ID: "root", InForce: true, For: "hashes stops, codes, forms and cookies; never rotated"})
		keys, err := r.SigningKeys(ctx)
		if err != nil {
			return err
		}
		newest := map[string]string{}
		for _, k := range keys {
			newest[k.Business] = k.ID
		}
		for _, t := range s.directory.Tenants() {
			list = append(list, KeyLine{Kind: KeyDerived, ID: "index", Business: t.Slug, InForce: true, For: "looks up identifiers; never rotated"})
			for _, k := range keys {
				if k.Business != t.ID {
					continue
				}
				line := KeyLine{Kind: KeySigning, ID: k.ID, Business: t.Slug, InForce: newest[t.ID] == k.ID, Made: k.Created, For: "verifies events that it signed"}
				if line.InForce {
					line.For = "signs events"
				}
				list = append(list, line)
			}
		}
		return nil
	})
	list = append(list, KeyLine{Kind: KeyLog, ID: s.inst.Log.VerifierKey(), InForce: true, For: "signs checkpoints and names the log; never rotated"})
	return list, err
}

// noteKeyMade keeps when a key of the keyset was made: the keyset itself does
// not say.
func (s *Service) noteKeyMade(ctx context.Context, w Writer, id uint32) error {
	_, err := w.FixSetting(ctx, settingKeyMade(id), []byte(s.clock().Format(time.RFC3339Nano)))
	return err
}

func keyMade(ctx context.Context, r Reader, id uint32) (time.Time, error) {
	text, err := r.Setting(ctx, settingKeyMade(id))
	if err != nil || text == nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339Nano, string(text))
}

func settingKeyMade(id uint32) string { return fmt.Sprintf("keyset_key/%d", id) }

// Rotated is what an operator's event says of a key that took another's place.
type Rotated struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`  // of the key now in force
	Old  string `json:"old,omitempty"` // of the one before
}

// RotateSigning gives businesses a new key to sign with: the one with the slug,
// or every one for "all". Old keys stay published, and what they signed
// verifies. Each business's log says so, signed by the old key.
func (s *Service) RotateSigning(ctx context.Context, actor, slug string) (made []KeyLine, err error) {
	defer fault.Wrap(&err, "manage.RotateSigning")
	if err := s.Reload(ctx); err != nil {
		return nil, err
	}
	list := s.directory.Tenants()
	if slug != "all" {
		t, ok := s.directory.TenantBySlug(slug)
		if !ok {
			return nil, fault.New(fault.NotFound, "There is no business %s. `assent business list` shows them.", slug)
		}
		list = []*tenant.Tenant{t}
	}
	for _, t := range list {
		line, err := s.rotateSigning(ctx, t, actor)
		if err != nil {
			return made, err
		}
		made = append(made, line)
	}
	return made, s.Reload(ctx)
}

func (s *Service) rotateSigning(ctx context.Context, t *tenant.Tenant, actor string) (line KeyLine, err error) {
	key, _, err := s.newSigningKey(t.ID)
	if err != nil {
		return line, err
	}
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		keys, err := r.SigningKeys(ctx)
		for _, k := range keys { // the newest signs, so none may be as new
			if k.Business == t.ID && !key.Created.After(k.Created) {
				key.Created = k.Created.Add(time.Millisecond)
			}
		}
		return err
	})
	if err != nil {
		return line, err
	}
	event, err := s.operatorActed(t, actor, "key rotation", "key", Rotated{KeySigning, key.ID, t.Signer.KeyID()})
	if err != nil {
		return line, err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.InsertSigningKey(ctx, key); err != nil {
			return err
		}
		return w.InsertEvent(ctx, event)
	})
	return KeyLine{Kind: KeySigning, ID: key.ID, Business: t.Slug, InForce: true, Made: key.Created, For: "signs events"}, err
}

// RotateKeyset gives the keyset a new primary key. Running processes learn the
// key before anything is wrapped by it: wait lets them, and returns when they
// have had the time.
func (s *Service) RotateKeyset(ctx context.Context, actor string, wait func(context.Context) error) (id uint32, err error) {
	defer fault.Wrap(&err, "manage.RotateKeyset")
	if err := s.followKeyset(ctx); err != nil {
		return 0, err
	}
	old := primaryOf(s.inst.Master)
	next, id, err := s.inst.Master.WithNewKey()
	if err != nil {
		return 0, err
	}
	err = s.storeKeyset(ctx, next, s.kms, func(ctx context.Context, w Writer) error { return s.noteKeyMade(ctx, w, id) })
	if err != nil {
		return 0, err
	}
	if err := wait(ctx); err != nil {
		return 0, err
	}
	if next, err = next.WithPrimary(id); err != nil {
		return 0, err
	}
	events, err := s.rotatedEvents(actor, Rotated{KeyKeyset, strconv.FormatUint(uint64(id), 10), strconv.FormatUint(uint64(old), 10)})
	if err != nil {
		return 0, err
	}
	return id, s.storeKeyset(ctx, next, s.kms, insertAll(events))
}

func primaryOf(m *vault.Master) uint32 {
	for _, k := range m.Keys() {
		if k.Primary {
			return k.ID
		}
	}
	return 0
}

// RotateMaster seals the keyset by another master key, or another service. What
// runs goes on; the next start needs the new key.
func (s *Service) RotateMaster(ctx context.Context, actor string, to vault.Wrapper) (err error) {
	defer fault.Wrap(&err, "manage.RotateMaster")
	if err := s.followKeyset(ctx); err != nil {
		return err
	}
	events, err := s.rotatedEvents(actor, Rotated{Kind: KeyMaster})
	if err != nil {
		return err
	}
	if err := s.storeKeyset(ctx, s.inst.Master, to, insertAll(events)); err != nil {
		return err
	}
	s.kms = to
	return nil
}

// storeKeyset seals a keyset and puts it in the place of the one that this
// process knows, with what else is written; then it is used here, too.
func (s *Service) storeKeyset(ctx context.Context, m *vault.Master, by vault.Wrapper, also func(context.Context, Writer) error) error {
	sealed, err := m.Seal(ctx, by)
	if err != nil {
		return err
	}
	if _, err := vault.OpenMaster(ctx, by, sealed); err != nil { // before nothing else opens it
		return err
	}
	s.keyset.mu.Lock()
	defer s.keyset.mu.Unlock()
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.ReplaceSetting(ctx, settingKeyset, s.keyset.sealed, sealed); err != nil {
			return err
		}
		return also(ctx, w)
	})
	if err == nil {
		s.keyset.sealed = sealed
		s.inst.Master.Adopt(m)
	}
	return err
}

func (s *Service) rotatedEvents(actor string, r Rotated) (list []evidence.Record, err error) {
	for _, t := range s.directory.Tenants() {
		e, err := s.operatorActed(t, actor, "key rotation", "key", r)
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

func insertAll(events []evidence.Record) func(context.Context, Writer) error {
	return func(ctx context.Context, w Writer) error {
		for _, e := range events {
			if err := w.InsertEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	}
}

// rewrapSlice is how many keys one closure wraps anew.
const rewrapSlice = 200

// Rewrap wraps by the primary key what older keys of the keyset wrapped: data
// keys, tokens and secrets, in slices that let others write. Signing keys stay as
// they are: their rows are evidence and never change, and a new one is wrapped
// by the primary key. progress, which may be nil, is told how many were wrapped.
func (s *Service) Rewrap(ctx context.Context, progress func(done int)) (done int, err error) {
	defer fault.Wrap(&err, "manage.Rewrap")
	m := s.inst.Master
	for _, t := range []struct {
		table string
		wrap  func(id string, old []byte) ([]byte, error)
	}{
		{"businesses", s.rewrapBusiness},
		{"senders", func(id string, old []byte) ([]byte, error) { return m.RewrapSecret(senderContext(id), old) }},
		{"subjects", func(id string, old []byte) ([]byte, error) { return m.RewrapDataKey("s/"+id, old) }},
		{"requests", func(id string, old []byte) ([]byte, error) { return m.RewrapDataKey("r/"+id, old) }},
		{"day_keys", m.RewrapDataKey},
	} {
		n, err := s.rewrapTable(ctx, t.table, t.wrap, func(n int) {
			if progress != nil {
				progress(done + n)
			}
		})
		done += n
		if err != nil {
			return done, err
		}
	}
	for _, name := range []string{settingRoot, settingLogKey} {
		n, err := s.rewrapSetting(ctx, name)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

func (s *Service) rewrapTable(ctx context.Context, table string, wrap func(id string, old []byte) ([]byte, error), progress func(int)) (done int, err error) {
	for after := ""; ; {
		var list []vault.Wrapped
		err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
			list, err = r.WrappedAfter(ctx, table, after, rewrapSlice)
			return err
		})
		if err != nil || len(list) == 0 {
			return done, err
		}
		after = list[len(list)-1].ID
		list = slices.DeleteFunc(list, func(w vault.Wrapped) bool { return s.inst.Master.Current(w.Bytes) })
		next := make([][]byte, len(list))
		for i, w := range list {
			if next[i], err = wrap(w.ID, w.Bytes); err != nil {
				return done, fmt.Errorf("%s %s: %w", table, w.ID, err)
			}
		}
		n := 0
		err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
			n = 0
			for i, old := range list {
				there, err := w.Rewrap(ctx, table, old.ID, old.Bytes, next[i])
				if err != nil {
					return err
				}
				if there {
					n++
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done += n
		progress(done)
	}
}

// rewrapBusiness wraps a business's keys anew, and the data key inside.
func (s *Service) rewrapBusiness(id string, old []byte) ([]byte, error) {
	body, err := s.inst.Master.UnwrapSecret(businessContext(id), old)
	if err != nil {
		return nil, err
	}
	defer clear(body)
	var keys secretsOf
	if err := json.Unmarshal(body, &keys); err != nil {
		return nil, err
	}
	if keys.Data, err = s.inst.Master.RewrapDataKey("b/"+id, keys.Data); err != nil {
		return nil, err
	}
	next, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	return s.inst.Master.WrapSecret(businessContext(id), next)
}

func (s *Service) rewrapSetting(ctx context.Context, name string) (int, error) {
	var old []byte
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		old, err = r.Setting(ctx, name)
		return err
	})
	if err != nil || s.inst.Master.Current(old) {
		return 0, err
	}
	next, err := s.inst.Master.RewrapSecret(name, old)
	if err != nil {
		return 0, err
	}
	return 1, s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.ReplaceSetting(ctx, name, old, next) })
}
