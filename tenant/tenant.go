// Package tenant holds businesses as the running program works with them: with
// their keys opened, their senders and their funnels at hand. The Directory is
// a snapshot in memory, so that reading it never waits.
package tenant

import (
	"crypto/hkdf"
	"crypto/sha256"
	"io"
	"slices"
	"sync/atomic"

	"assent/business"
	"assent/evidence"
	"assent/funnel"
	"assent/ledger"
	"assent/phone"
	"assent/subject"
	"assent/vault"
)

// Installation is what is fixed for the whole installation at first start.
type Installation struct {
	Master    *vault.Master
	Log       *ledger.Signer
	BaseURL   string // where it is reached now, without a slash at the end
	IssuerURL string // where it was at first start: issuers and the log's origin stay named so
	Secrets   Secrets
	Sentinel  Sentinel // nil where nothing is remembered outside the database
}

// Secrets are keys that are derived from the installation's root secret, one
// for each purpose (RFC 5869).
type Secrets struct {
	Shown       []byte // authenticates the page's field `shown`
	Payload     []byte // authenticates buttons
	Code        [vault.KeySize]byte
	Codes       *vault.Index        // looks up codes
	Link        [vault.KeySize]byte // enciphers ids in the links to people's settings
	Suppression *vault.Index        // looks up suppressed identifiers; never rotated
	Cookie      []byte
	Limit       []byte // hashes addresses for limits
}

// NewSecrets derives the installation's keys from its root secret.
func NewSecrets(root []byte) (s Secrets, err error) {
	derive := func(info string) (key [vault.KeySize]byte) {
		if err != nil {
			return key
		}
		var b []byte
		if b, err = hkdf.Key(sha256.New, root, nil, "assent/"+info, vault.KeySize); err == nil {
			copy(key[:], b)
		}
		return key
	}
	bytes := func(key [vault.KeySize]byte) []byte { return key[:] }
	s = Secrets{
		Shown: bytes(derive("shown")), Payload: bytes(derive("payload")), Code: derive("code"),
		Codes: vault.NewIndex(derive("codes")), Link: derive("link"), Suppression: vault.NewIndex(derive("suppression")),
		Cookie: bytes(derive("cookie")), Limit: bytes(derive("limit")),
	}
	return s, err
}

// Tenant is a business with its keys.
type Tenant struct {
	business.Business
	Index   *vault.Index // looks up identifiers; per business
	Signer  *evidence.Signer
	Keys    evidence.KeySet // public halves, old ones too
	Key     vault.DataKey   // seals what concerns the business and nobody else
	Senders []*business.Sender
	Removed []*business.Sender // numbers that were taken away; what was done by them speaks of them
	Signups []*funnel.Signup
}

// Signup returns the sign-up link that Meta knows by the id.
func (t *Tenant) Signup(metaID string) (*funnel.Signup, bool) {
	i := slices.IndexFunc(t.Signups, func(s *funnel.Signup) bool { return s.MetaID == metaID })
	if i < 0 {
		return nil, false
	}
	return t.Signups[i], true
}

// SignupOf returns the sign-up link of an entry point.
func (t *Tenant) SignupOf(entry string) (*funnel.Signup, bool) {
	i := slices.IndexFunc(t.Signups, func(s *funnel.Signup) bool { return s.Entry == entry })
	if i < 0 {
		return nil, false
	}
	return t.Signups[i], true
}

// KeyID returns the id of the business's own data key.
func (t *Tenant) KeyID() string { return "b/" + t.ID }

// Sender returns the sender with the id, or else the business's first that is
// in use, or its first, or nil.
func (t *Tenant) Sender(id string) *business.Sender {
	for _, s := range t.Senders {
		if s.ID == id {
			return s
		}
	}
	for _, s := range t.Senders {
		if s.InUse() {
			return s
		}
	}
	if len(t.Senders) > 0 {
		return t.Senders[0]
	}
	return nil
}

// Reachable reports whether the business has a number in use. Where it has none,
// nobody who signs up could confirm.
func (t *Tenant) Reachable() bool {
	return slices.ContainsFunc(t.Senders, func(s *business.Sender) bool { return s.InUse() })
}

// Known returns the sender with the id, also one that was removed, or nil.
func (t *Tenant) Known(id string) *business.Sender {
	for _, list := range [][]*business.Sender{t.Senders, t.Removed} {
		for _, s := range list {
			if s.ID == id {
				return s
			}
		}
	}
	return nil
}

// SenderIDs returns the ids of all numbers that the business has or had.
func (t *Tenant) SenderIDs() (ids []string) {
	for _, list := range [][]*business.Sender{t.Senders, t.Removed} {
		for _, s := range list {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// Account is how an account shows itself in a webhook, or how somebody names
// it: by a number, by its ids, or by some of both.
type Account struct {
	Number phone.Number // zero where it is not known
	WAID   string       // as received
	BSUID  string
	Parent string // parent BSUID
}

// IsZero reports whether nothing is known.
func (a Account) IsZero() bool {
	return a.Number.IsZero() && a.WAID == "" && a.BSUID == "" && a.Parent == ""
}

// Country returns the ISO code of the account's country: of its number, or the
// prefix of its BSUID; empty where neither tells.
func (a Account) Country() string {
	if region := a.Number.Region(); region != "" && region != "001" {
		return region
	}
	for _, id := range []string{a.BSUID, a.Parent} {
		if len(id) > 3 && id[2] == '.' && capital(id[0]) && capital(id[1]) {
			return id[:2]
		}
	}
	return ""
}

// CallingCode returns the calling code of the account's number, or where it shows
// none that of the country which its id names; 0 where neither tells.
func (a Account) CallingCode() int {
	if code := a.Number.CallingCode(); code != 0 {
		return code
	}
	return phone.CallingCodeOf(a.Country())
}

func capital(b byte) bool { return 'A' <= b && b <= 'Z' }

// LookUp is one keyed hash of an account, and what it is of.
type LookUp struct {
	Kind  subject.Kind
	Hash  []byte
	Value string // as received
	Scope string // the portfolio of a BSUID
}

// LookUps returns the hashes under which the business knows an account: the
// line of the number, and the ids within the portfolio.
func (t *Tenant) LookUps(a Account, portfolio string) (ls []LookUp) {
	add := func(kind subject.Kind, match, value, scope string) {
		h := t.Index.Hash(string(kind)+"/"+scope, match)
		ls = append(ls, LookUp{kind, h[:], value, scope})
	}
	if !a.Number.IsZero() {
		add(subject.Line, a.Number.Line(), a.Number.E164(), "")
	}
	if a.BSUID != "" {
		add(subject.BSUID, a.BSUID, a.BSUID, portfolio)
	}
	if a.Parent != "" {
		add(subject.ParentBSUID, a.Parent, a.Parent, "")
	}
	return ls
}

// LineHash returns the hash under which the business knows the number's line.
func (t *Tenant) LineHash(n phone.Number) []byte {
	h := t.Index.Hash(string(subject.Line)+"/", n.Line())
	return h[:]
}

// SuppressionHashes returns the hashes under which a stop of the account is
// kept: of every spelling of the number, and of the ids. They hold for the
// whole installation, so that businesses of one legal entity can share stops.
func (s *Secrets) SuppressionHashes(a Account) (hashes [][]byte) {
	add := func(kind, value string) {
		h := s.Suppression.Hash(kind, value)
		hashes = append(hashes, h[:])
	}
	if !a.Number.IsZero() {
		for _, spelling := range phone.Spellings(a.Number.E164()) {
			add("number", spelling)
		}
	}
	for _, id := range []string{a.BSUID, a.Parent} {
		if id != "" {
			add("bsuid", id)
		}
	}
	return hashes
}

// TemplateHash returns the hash under which a number's line is counted that was
// asked by template: the same for every business, for the cap is the installation's.
func (s *Secrets) TemplateHash(n phone.Number) []byte {
	h := s.Suppression.Hash("template", n.Line())
	return h[:]
}

// Issue signs an event of the business and seals its disclosures under the
// key, which is that of the person whom they name. raw, if any, is the webhook
// slice behind the act.
func (t *Tenant) Issue(rand io.Reader, e evidence.Event, keyID string, key vault.DataKey, raw []byte) (evidence.Record, error) {
	e.Issuer = t.Issuer
	signed, err := t.Signer.Sign(rand, e)
	if err != nil {
		return evidence.Record{}, err
	}
	r := evidence.Record{
		ID: e.ID, Business: t.ID, Name: string(e.Name), JWT: []byte(signed.JWT), Key: keyID,
		Sealed: key.Seal(DisclosureContext(e.ID), evidence.DisclosedBytes(signed.Disclosures)),
		Seq:    e.Seq, At: e.Time, Arrived: e.IssuedAt,
	}
	if raw != nil {
		r.Raw = key.Seal(RawContext(e.ID), raw)
	}
	return r, nil
}

// DisclosureContext is the place to which an event's sealed disclosures are bound.
func DisclosureContext(event string) string { return "event/" + event + "/disclosures" }

// RawContext is the place to which the webhook slice of an event is bound.
func RawContext(event string) string { return "event/" + event + "/raw" }

// Version is a published funnel version with what was computed from it once.
type Version struct {
	*funnel.Version
	Event     string // that published it
	Defective bool
	Notices   map[string]funnel.Document // by language
}

// Snapshot is the state of the Directory at one moment.
type Snapshot struct {
	tenants  map[string]*Tenant
	slugs    map[string]*Tenant
	senders  map[string]*business.Sender // by phone_number_id
	funnels  map[string]*funnel.Funnel   // by slug
	byID     map[string]*funnel.Funnel
	versions map[string]*Version
	entries  map[string]*funnel.EntryPoint // by code
	entryIDs map[string]*funnel.EntryPoint
	order    []*Tenant

	entryKinds map[entryKind]*funnel.EntryPoint // the first of each
}

// entryKind is a way of one kind into one funnel.
type entryKind struct {
	funnel string
	kind   funnel.EntryKind
}

// NewSnapshot indexes what it is given.
func NewSnapshot(tenants []*Tenant, funnels []funnel.Funnel, versions []*Version, entries []funnel.EntryPoint) *Snapshot {
	s := &Snapshot{
		tenants: map[string]*Tenant{}, slugs: map[string]*Tenant{}, senders: map[string]*business.Sender{},
		funnels: map[string]*funnel.Funnel{}, byID: map[string]*funnel.Funnel{}, versions: map[string]*Version{},
		entries: map[string]*funnel.EntryPoint{}, entryIDs: map[string]*funnel.EntryPoint{}, order: tenants,
		entryKinds: map[entryKind]*funnel.EntryPoint{},
	}
	for _, t := range tenants {
		s.tenants[t.ID], s.slugs[t.Slug] = t, t
		for _, sender := range t.Senders {
			s.senders[sender.PhoneNumberID] = sender
		}
	}
	for i := range funnels {
		s.funnels[funnels[i].Slug], s.byID[funnels[i].ID] = &funnels[i], &funnels[i]
	}
	for _, v := range versions {
		v.Notices = map[string]funnel.Document{}
		for _, lang := range v.Languages() {
			v.Notices[lang] = v.Notice(lang)
		}
		s.versions[v.ID] = v
	}
	for i := range entries {
		e := &entries[i]
		s.entries[e.Code], s.entryIDs[e.ID] = e, e
		at := entryKind{e.Funnel, e.Kind}
		if first, ok := s.entryKinds[at]; !ok || e.ID < first.ID {
			s.entryKinds[at] = e
		}
	}
	return s
}

// Directory finds businesses, senders and funnels. It is safe for concurrent
// use and never blocks; what it returns must not be changed.
type Directory struct{ snap atomic.Pointer[Snapshot] }

// Replace puts a newer snapshot in place.
func (d *Directory) Replace(s *Snapshot) { d.snap.Store(s) }

func (d *Directory) now() *Snapshot {
	if s := d.snap.Load(); s != nil {
		return s
	}
	return &Snapshot{}
}

// Tenants returns every business, oldest first.
func (d *Directory) Tenants() []*Tenant { return slices.Clone(d.now().order) }

// Tenant returns the business with the id.
func (d *Directory) Tenant(id string) (*Tenant, bool) { t, ok := d.now().tenants[id]; return t, ok }

// Kin returns the ids of the other businesses of the same legal entity, with
// which this one shares stops (rule 21).
func (d *Directory) Kin(t *Tenant) (ids []string) {
	for _, other := range d.now().order {
		if t.Entity != "" && other.Entity == t.Entity && other.ID != t.ID {
			ids = append(ids, other.ID)
		}
	}
	return ids
}

// TenantBySlug returns the business with the slug.
func (d *Directory) TenantBySlug(slug string) (*Tenant, bool) {
	t, ok := d.now().slugs[slug]
	return t, ok
}

// Sender returns the sender that Meta knows by the phone number id, and its
// business.
func (d *Directory) Sender(phoneNumberID string) (*business.Sender, *Tenant, bool) {
	s := d.now()
	sender, ok := s.senders[phoneNumberID]
	if !ok {
		return nil, nil, false
	}
	return sender, s.tenants[sender.Business], true
}

// Senders returns every sender.
func (d *Directory) Senders() (list []*business.Sender) {
	for _, t := range d.now().order {
		list = append(list, t.Senders...)
	}
	return list
}

// HeldBy returns of each business that has a number in use which an alarm about the key
// holds (business.Sender.HeldBy) the first such number.
func (d *Directory) HeldBy(about string) (list []*business.Sender) {
	for _, t := range d.now().order {
		i := slices.IndexFunc(t.Senders, func(s *business.Sender) bool { return s.InUse() && s.HeldBy(about) })
		if i >= 0 {
			list = append(list, t.Senders[i])
		}
	}
	return list
}

// Funnel returns the funnel with the slug and its published version.
func (d *Directory) Funnel(slug string) (*funnel.Funnel, *Version, bool) {
	s := d.now()
	f, ok := s.funnels[slug]
	if !ok {
		return nil, nil, false
	}
	v, ok := s.versions[f.Version]
	return f, v, ok
}

// FunnelByID returns the funnel with the id and its published version.
func (d *Directory) FunnelByID(id string) (*funnel.Funnel, *Version, bool) {
	s := d.now()
	f, ok := s.byID[id]
	if !ok {
		return nil, nil, false
	}
	v, ok := s.versions[f.Version]
	return f, v, ok
}

// Funnels returns the funnels of a business by slug.
func (d *Directory) Funnels(business string) (list []*funnel.Funnel) {
	for _, f := range d.now().funnels {
		if f.Business == business {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b *funnel.Funnel) int {
		if a.Slug < b.Slug {
			return -1
		}
		return 1
	})
	return list
}

// Version returns the funnel version with the id.
func (d *Directory) Version(id string) (*Version, bool) { v, ok := d.now().versions[id]; return v, ok }

// Versions returns what a funnel has said, newest first.
func (d *Directory) Versions(funnelID string) (list []*Version) {
	for _, v := range d.now().versions {
		if v.Funnel == funnelID {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *Version) int { return b.Number - a.Number })
	return list
}

// Entry returns the entry point with the code.
func (d *Directory) Entry(code string) (*funnel.EntryPoint, bool) {
	e, ok := d.now().entries[code]
	return e, ok
}

// EntryByID returns the entry point with the id.
func (d *Directory) EntryByID(id string) (*funnel.EntryPoint, bool) {
	e, ok := d.now().entryIDs[id]
	return e, ok
}

// EntryOfKind returns the first entry point of the kind into the funnel.
func (d *Directory) EntryOfKind(funnelID string, kind funnel.EntryKind) (*funnel.EntryPoint, bool) {
	e, ok := d.now().entryKinds[entryKind{funnelID, kind}]
	return e, ok
}

// Entries returns the entry points of a funnel, by id.
func (d *Directory) Entries(funnelID string) (list []*funnel.EntryPoint) {
	for _, e := range d.now().entryIDs {
		if e.Funnel == funnelID {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(a, b *funnel.EntryPoint) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return list
}
