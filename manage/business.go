package manage

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"

	"assent/business"
	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/funnel/lint"
	"assent/tenant"
	"assent/vault"
)

var slugForm = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$`)

// AddBusiness adds a business with keys of its own, and returns its id.
func (s *Service) AddBusiness(ctx context.Context, b business.Business) (id string, err error) {
	defer fault.Wrap(&err, "manage.AddBusiness")
	if !slugForm.MatchString(b.Slug) {
		return "", errSlug
	}
	if b.LegalName == "" {
		return "", fault.Field("legal_name", "Give the legal name of the business.")
	}
	if b.BrandName == "" {
		b.BrandName = b.LegalName
	}
	if b.Language == "" {
		b.Language = "en"
	}
	return s.addBusiness(ctx, b, func(*tenant.Tenant) (func(context.Context, Writer) error, error) {
		return func(context.Context, Writer) error { return nil }, nil
	})
}

var errSlug = fault.Field("slug", "Use small letters, digits and hyphens for the short name, for example sonnentor.")

// addBusiness keeps a business with new keys, and what also writes with it.
func (s *Service) addBusiness(ctx context.Context, b business.Business, also func(*tenant.Tenant) (func(context.Context, Writer) error, error)) (id string, err error) {
	if b.ID, err = s.newID(); err != nil {
		return "", err
	}
	b.Issuer = s.inst.IssuerURL + "/b/" + b.Slug
	wrapped, err := s.newSecrets(b.ID)
	if err != nil {
		return "", err
	}
	key, signer, err := s.newSigningKey(b.ID)
	if err != nil {
		return "", err
	}
	t := &tenant.Tenant{Business: b, Signer: signer}
	if err := s.openBusiness(t, wrapped); err != nil {
		return "", err
	}
	with, err := also(t)
	if err != nil {
		return "", err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if err := w.InsertBusiness(ctx, b, wrapped, s.clock()); err != nil {
			return err
		}
		if err := w.InsertSigningKey(ctx, key); err != nil {
			return err
		}
		return with(ctx, w)
	})
	if fault.Is(err, fault.Conflict) {
		return "", fault.Field("slug", "There is a business with the short name %s already. Choose another.", b.Slug)
	}
	if err != nil {
		return "", err
	}
	return b.ID, s.Reload(ctx)
}

// newSecrets makes a business's index key and data key, wrapped.
func (s *Service) newSecrets(id string) ([]byte, error) {
	index, err := vault.NewKey(s.rand)
	if err != nil {
		return nil, err
	}
	_, data, err := s.inst.Master.NewDataKey(s.rand, (&tenant.Tenant{Business: business.Business{ID: id}}).KeyID())
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(secretsOf{Index: index[:], Data: data})
	if err != nil {
		return nil, err
	}
	return s.inst.Master.WrapSecret(businessContext(id), body)
}

// newSigningKey makes a key that signs a business's events.
func (s *Service) newSigningKey(businessID string) (k tenant.SigningKey, signer *evidence.Signer, err error) {
	private, err := evidence.GenerateKey(s.rand)
	if err != nil {
		return k, nil, err
	}
	if signer, err = evidence.NewSigner(private); err != nil {
		return k, nil, err
	}
	k = tenant.SigningKey{ID: signer.KeyID(), Business: businessID, Public: signer.Public(), Created: s.clock()}
	k.Wrapped, err = s.inst.Master.WrapSecret(signingContext(k.ID), private)
	return k, signer, err
}

// AddSender adds a WhatsApp number to a business, and returns its id.
func (s *Service) AddSender(ctx context.Context, sender business.Sender) (id string, err error) {
	defer fault.Wrap(&err, "manage.AddSender")
	if sender.PhoneNumberID == "" || len(sender.Secrets.AppSecrets) == 0 {
		return "", fault.Field("phone_number_id", "A sender needs its phone number id and an app secret.")
	}
	if sender.Rate == 0 {
		sender.Rate = business.DefaultRate
	}
	if sender.Rate < 1 || sender.Rate > business.MaxRate {
		return "", fault.Field("rate", "A number sends between 1 and %d messages a second.", business.MaxRate)
	}
	sender.Secrets.Began(s.clock())
	if sender.ID, err = s.newID(); err != nil {
		return "", err
	}
	sealed, err := s.sealSender(&sender)
	if err != nil {
		return "", err
	}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return s.insertSender(ctx, w, &sender, sealed) })
	if err != nil {
		return "", err
	}
	return sender.ID, s.Reload(ctx)
}

// PublishFunnel publishes a version of a funnel, new or known by its slug. The
// words are kept byte for byte, and each notice and the version itself are
// events in the log before anybody can agree to them. A version in which the
// lint finds errors is refused; the cause is a *lint.Refused with all that was
// found. Its warnings are recorded with the version.
func (s *Service) PublishFunnel(ctx context.Context, v *funnel.Version) (err error) {
	defer fault.Wrap(&err, "manage.PublishFunnel")
	return s.publish(ctx, v, nil, func(*funnel.Version) (func(context.Context, Writer) error, error) {
		return func(context.Context, Writer) error { return nil }, nil
	})
}

// fit returns what the lint found in a version that may be published, or the
// errors that say why it may not, joined.
func (s *Service) fit(t *tenant.Tenant, v *funnel.Version, added []business.Purpose) ([]lint.Finding, error) {
	var list []error
	if !slugForm.MatchString(v.Slug) {
		list = append(list, fault.Field("slug", "Use small letters, digits and hyphens for the address, for example spring-offers."))
	}
	list = append(list, v.RenderBodies(), v.Check())
	for _, p := range v.Purposes {
		known, ok := t.Purpose(p.Key)
		if !ok && slices.ContainsFunc(added, func(a business.Purpose) bool { return a.Key == p.Key }) {
			continue
		}
		if !ok || known.Scope != p.Scope || known.Basis != p.Basis {
			list = append(list, fault.Field("purposes", "Purpose %s is not one of the business's, or has another scope or basis there.", p.Key))
		}
	}
	if err := errors.Join(list...); err != nil {
		return nil, err
	}
	findings := lint.Check(v, s.lintOptions(t, v))
	if err := refusal(findings); err != nil {
		return nil, err
	}
	return findings, nil
}

// publish is PublishFunnel with purposes that the business gets by it, and what
// is written with it: also makes that once the version has its id.
func (s *Service) publish(ctx context.Context, v *funnel.Version, added []business.Purpose, also func(*funnel.Version) (func(context.Context, Writer) error, error)) (err error) {
	t, ok := s.directory.Tenant(v.Business)
	if !ok {
		return errNoBusiness
	}
	findings, err := s.fit(t, v, added)
	if err != nil {
		return err
	}
	exists, err := s.number(v)
	if err != nil {
		return err
	}
	records, docs, err := s.publication(t, v, findings)
	if err != nil {
		return err
	}
	with, err := also(v)
	if err != nil {
		return err
	}
	published := funnel.Funnel{ID: v.Funnel, Business: v.Business, Slug: v.Slug, State: funnel.Published, Version: v.ID}
	err = s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		for _, d := range docs {
			if err := w.KeepShown(ctx, d, v.PublishedAt); err != nil {
				return err
			}
		}
		for _, r := range records {
			if err := w.InsertEvent(ctx, r); err != nil {
				return err
			}
		}
		put := func() error { return w.InsertFunnel(ctx, published, v.PublishedAt) }
		if exists {
			put = func() error { return w.SetFunnel(ctx, published) }
		}
		if err := put(); err != nil {
			return err
		}
		if err := w.InsertVersion(ctx, v, records[len(records)-1].ID); err != nil {
			return err
		}
		return with(ctx, w)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}

// number gives a version its ids and its place among those of its funnel, and
// reports whether there is the funnel already.
func (s *Service) number(v *funnel.Version) (exists bool, err error) {
	f, previous, exists := s.directory.Funnel(v.Slug)
	switch {
	case exists && f.Business != v.Business:
		return exists, fault.Field("slug", "The address %s is taken. Choose another.", v.Slug)
	case exists:
		v.Funnel, v.Number = f.ID, previous.Number+1
	default:
		if v.Funnel, err = s.newID(); err != nil {
			return exists, err
		}
		v.Number = 1
	}
	v.PublishedAt = s.clock()
	v.ID, err = s.newID()
	return exists, err
}

// publication signs what is published: each language's notice, then the version.
func (s *Service) publication(t *tenant.Tenant, v *funnel.Version, findings []lint.Finding) (records []evidence.Record, docs []funnel.Document, err error) {
	issue := func(e evidence.Event) error {
		if e.ID, err = s.newID(); err != nil {
			return err
		}
		e.IssuedAt, e.Time, e.Funnel, e.FunnelVersion = v.PublishedAt, v.PublishedAt, v.Funnel, v.ID
		r, err := t.Issue(s.rand, e, t.KeyID(), t.Key, nil)
		records = append(records, r)
		return err
	}
	for _, lang := range v.Languages() {
		notice := v.Notice(lang)
		docs = append(docs, notice)
		sum, err := evidence.ParseDigest(notice.SHA256)
		if err != nil {
			return nil, nil, err
		}
		e := evidence.Event{Name: evidence.NoticePublished, Notice: sum, Language: lang, Shown: []evidence.Shown{{Kind: evidence.ShownNotice, SHA256: sum}}}
		if err := issue(e); err != nil {
			return nil, nil, err
		}
	}
	doc, err := json.Marshal(v)
	if err != nil {
		return nil, nil, err
	}
	read, err := reading(v, findings)
	if err != nil {
		return nil, nil, err
	}
	err = issue(evidence.Event{Name: evidence.FunnelPublished, Extra: map[string]evidence.RawJSON{"version": doc, "lint": read}})
	return records, docs, err
}

// KeepPage keeps the bytes of a page that people are about to be shown.
func (s *Service) KeepPage(ctx context.Context, d funnel.Document) error {
	return s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error { return w.KeepShown(ctx, d, s.clock()) })
}

// Picture returns an uploaded picture by the first digits of its hash, as they
// stand in its address.
func (s *Service) Picture(ctx context.Context, digits string) (d funnel.Document, ok bool, err error) {
	err = s.store.ReadOnly(ctx, func(ctx context.Context, r Reader) (err error) {
		d, ok, err = r.ShownByPrefix(ctx, funnel.KindAsset, digits)
		return err
	})
	return d, ok && strings.HasPrefix(d.ContentType, "image/"), err
}

// SetFunnelState archives a funnel, finds it defective, or publishes it again.
func (s *Service) SetFunnelState(ctx context.Context, slug string, state funnel.State) (err error) {
	defer fault.Wrap(&err, "manage.SetFunnelState")
	f, v, ok := s.directory.Funnel(slug)
	if !ok {
		return fault.New(fault.NotFound, "There is no funnel %s.", slug)
	}
	return s.setState(ctx, *f, v, state, nil)
}

// setState gives a funnel another state, with the events that tell of it.
func (s *Service) setState(ctx context.Context, f funnel.Funnel, v *tenant.Version, state funnel.State, records []evidence.Record) error {
	f.State = state
	err := s.store.ReadWrite(ctx, func(ctx context.Context, w Writer) error {
		if state == funnel.Defective {
			if err := w.MarkDefective(ctx, v.ID, s.clock()); err != nil {
				return err
			}
		}
		for _, r := range records {
			if err := w.InsertEvent(ctx, r); err != nil {
				return err
			}
		}
		return w.SetFunnel(ctx, f)
	})
	if err != nil {
		return err
	}
	return s.Reload(ctx)
}
