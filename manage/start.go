package manage

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"net/url"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/ledger"
	"assent/tenant"
	"assent/vault"
)

// Names of the settings that are fixed at first start.
const (
	settingKeyset = "keyset"   // Tink keyset, sealed under the master key
	settingRoot   = "root"     // root secret, wrapped
	settingLogKey = "log_key"  // the log's signing key, wrapped
	settingIssuer = "base_url" // from which each business's iss was made
)

// Open opens an installation with its master key, or the service that holds it. At first start it makes the
// keys, and fixes the log's origin and the address from which issuers are
// named: they stay, whatever the address becomes. It refuses a database whose
// log does not agree with its last checkpoint.
func Open(ctx context.Context, kms vault.Wrapper, baseURL string, c Config) (_ *Service, err error) {
	s := &Service{kms: kms, store: c.Store, directory: c.Directory, log: c.Log, now: c.Now, rand: c.Rand}
	if !c.Restoring {
		if err := s.checkRestored(ctx); err != nil {
			return nil, err
		}
	}
	var fixed struct{ keyset, root, logKey, issuer []byte }
	read := func(ctx context.Context, r Reader) error {
		for name, dst := range map[string]*[]byte{settingKeyset: &fixed.keyset, settingRoot: &fixed.root, settingLogKey: &fixed.logKey, settingIssuer: &fixed.issuer} {
			if *dst, err = r.Setting(ctx, name); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.store.ReadOnly(ctx, read); err != nil {
		return nil, err
	}
	if fixed.keyset == nil {
		if err := s.found(ctx, baseURL); err != nil {
			return nil, err
		}
		if err := s.store.ReadOnly(ctx, read); err != nil {
			return nil, err
		}
	}
	s.inst = &tenant.Installation{BaseURL: baseURL}
	if s.inst.Master, err = vault.OpenMaster(ctx, kms, fixed.keyset); err != nil {
		return nil, err
	}
	s.keyset.sealed = fixed.keyset
	root, err := s.inst.Master.UnwrapSecret(settingRoot, fixed.root)
	if err != nil {
		return nil, err
	}
	if s.inst.Secrets, err = tenant.NewSecrets(root); err != nil {
		return nil, err
	}
	logKey, err := s.inst.Master.UnwrapSecret(settingLogKey, fixed.logKey)
	if err != nil {
		return nil, err
	}
	if s.inst.Log, err = ledger.NewSigner(string(logKey)); err != nil {
		return nil, err
	}
	s.inst.IssuerURL = string(fixed.issuer)
	if err := s.checkLog(ctx); err != nil {
		return nil, err
	}
	return s, s.Reload(ctx)
}

// found makes the keys of a new installation. Where two processes start
// together, the first one's are kept, all of them.
func (s *Service) found(ctx context.Context, baseURL string) error {
	address, err := url.Parse(baseURL)
	if err != nil || address.Host == "" {
		return fault.New(fault.Invalid, "The base URL must look like https://consent.example.com.")
	}
	master, keyset, err := vault.NewMaster(ctx, s.kms)
	if err != nil {
		return err
	}
	root, err := vault.NewKey(s.rand)
	if err != nil {
		return err
	}
	signing, _, err := ledger.GenerateKey(s.rand, address.Host+"/log")
	if err != nil {
		return err
	}
	wrappedRoot, err := master.WrapSecret(settingRoot, root[:])
	if err != nil {
		return err
	}
	wrappedLog, err := master.WrapSecret(settingLogKey, []byte(signing))
	if err != nil {
		return err
	}
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		kept, err := w.FixSetting(ctx, settingKeyset, keyset)
		if err != nil || string(kept) != string(keyset) {
			return err // another process was first
		}
		for _, k := range master.Keys() {
			if err := s.noteKeyMade(ctx, w, k.ID); err != nil {
				return err
			}
		}
		for name, value := range map[string][]byte{settingRoot: wrappedRoot, settingLogKey: wrappedLog, settingIssuer: []byte(baseURL)} {
			if _, err := w.FixSetting(ctx, name, value); err != nil {
				return err
			}
		}
		return nil
	})
}

// checkLog compares the log with its newest checkpoint: a log that is shorter,
// or another one, than what was signed must not be served.
func (s *Service) checkLog(ctx context.Context) error {
	return s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		head, err := r.LogHead(ctx)
		if err != nil {
			return err
		}
		signed, ok, err := r.LastCheckpoint(ctx)
		if err != nil || !ok {
			return err
		}
		verifier, err := ledger.ParseVerifier(s.inst.Log.VerifierKey())
		if err != nil {
			return err
		}
		cp, err := ledger.OpenCheckpoint(signed.Note, verifier)
		if err != nil {
			return fault.New(fault.Conflict, "The newest checkpoint of the log was not signed by this installation. Run `assent audit`.").Because(err)
		}
		if cp.Size > head.Size || cp.Size == head.Size && cp.Root != head.Root() {
			return fault.New(fault.Conflict, "The log does not agree with the newest checkpoint that was signed over it: part of the database is missing or was changed. Run `assent audit`, and restore a backup that is whole.")
		}
		return nil
	})
}

// Reload reads businesses, senders and funnels anew into the Directory.
func (s *Service) Reload(ctx context.Context) error {
	if err := s.followKeyset(ctx); err != nil {
		return err
	}
	var snap *tenant.Snapshot
	err := s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) error {
		tenants, err := s.tenants(ctx, r)
		if err != nil {
			return err
		}
		funnels, err := r.Funnels(ctx)
		if err != nil {
			return err
		}
		var versions []*tenant.Version
		err = r.Versions(ctx, func(v *funnel.Version, event string, defective bool) error {
			versions = append(versions, &tenant.Version{Version: v, Event: event, Defective: defective})
			return nil
		})
		if err != nil {
			return err
		}
		entries, err := r.EntryPoints(ctx)
		snap = tenant.NewSnapshot(tenants, funnels, versions, entries)
		return err
	})
	if err == nil {
		s.directory.Replace(snap)
	}
	return err
}

// tenants opens every business with its keys and senders.
func (s *Service) tenants(ctx context.Context, r Reader) (list []*tenant.Tenant, err error) {
	byID := map[string]*tenant.Tenant{}
	err = r.Businesses(ctx, func(b business.Business, wrapped []byte) error {
		t := &tenant.Tenant{Business: b}
		byID[b.ID] = t
		list = append(list, t)
		return s.openBusiness(t, wrapped)
	})
	if err != nil {
		return nil, err
	}
	keys, err := r.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	public := map[string][]ed25519.PublicKey{}
	for _, k := range keys {
		t := byID[k.Business]
		if t == nil {
			continue
		}
		private, err := s.inst.Master.UnwrapSecret(signingContext(k.ID), k.Wrapped)
		if err != nil {
			return nil, err
		}
		if t.Signer, err = evidence.NewSigner(ed25519.PrivateKey(private)); err != nil { // the newest signs
			return nil, err
		}
		public[k.Business] = append(public[k.Business], ed25519.PublicKey(k.Public))
	}
	for id, t := range byID {
		if t.Keys, err = evidence.NewKeySet(public[id]...); err != nil {
			return nil, err
		}
	}
	err = r.Senders(ctx, func(sender business.Sender, sealed []byte) error {
		body, err := s.inst.Master.UnwrapSecret(senderContext(sender.ID), sealed)
		if err != nil {
			return err
		}
		if t := byID[sender.Business]; t != nil && !sender.RemovedAt.IsZero() {
			t.Removed = append(t.Removed, &sender)
		} else if t != nil {
			t.Senders = append(t.Senders, &sender)
		}
		return json.Unmarshal(body, &sender.Secrets)
	})
	if err != nil {
		return nil, err
	}
	signups, err := r.Signups(ctx)
	for i := range signups {
		if t := byID[signups[i].Business]; t != nil {
			t.Signups = append(t.Signups, &signups[i])
		}
	}
	return list, err
}

// secretsOf are a business's own keys, as they are wrapped.
type secretsOf struct {
	Index []byte `json:"index"`
	Data  []byte `json:"data"` // the data key, wrapped once more under its id
}

func (s *Service) openBusiness(t *tenant.Tenant, wrapped []byte) error {
	body, err := s.inst.Master.UnwrapSecret(businessContext(t.ID), wrapped)
	if err != nil {
		return err
	}
	var keys secretsOf
	if err := json.Unmarshal(body, &keys); err != nil {
		return err
	}
	var index [vault.KeySize]byte
	copy(index[:], keys.Index)
	t.Index = vault.NewIndex(index)
	t.Key, err = s.inst.Master.OpenDataKey(t.KeyID(), keys.Data)
	return err
}

func businessContext(id string) string { return "business/" + id }
func signingContext(kid string) string { return (&tenant.SigningKey{ID: kid}).Context() }
func senderContext(id string) string   { return "sender/" + id }
