package records

import (
	"cmp"
	"context"
	"slices"

	"assent/evidence"
	"assent/ledger"
	"assent/proof"
	"assent/tenant"
)

// Certifier writes the certificate of a proof, for people to read.
type Certifier func(Certified) ([]byte, error)

// Certified is what a certificate is made of: what the audience is shown, and
// nothing else that is personal. It says nothing of the export itself, so that a
// second export makes the same, unless other words were published in between.
type Certified struct {
	Tenant     *tenant.Tenant
	Version    func(id string) (*tenant.Version, bool)
	Rewritten  func(version, purpose string) (now *tenant.Version, meaning, ok bool) // as of tenant.Directory
	Audience   proof.Audience
	Events     []CertifiedEvent // as disclosed, in the log's order
	States     []proof.State
	Anchors    []proof.Anchor
	Origin     string        // of the log
	LogKey     string        // its verifier key
	Checkpoint ledger.Signed // the first over all the events; zero before it is signed
	Record     []byte        // in the standard's form, to be attached
}

// CertifiedEvent is an event as disclosed, with its place in the log.
type CertifiedEvent struct {
	*evidence.Verified
	Index int64
}

// WithCertificates lets proofs bring a certificate. It returns the service.
func (s *Service) WithCertificates(write Certifier) *Service {
	s.certify = write
	return s
}

const certificateFile = "certificate.pdf"

// certificate adds the certificate to a bundle's further files, of which the
// standard's record is attached to it.
func (s *Service) certificate(ctx context.Context, r Reader, t *tenant.Tenant, m proof.Material, files []proof.File) ([]proof.File, error) {
	if s.certify == nil {
		return files, nil
	}
	c := Certified{Tenant: t, Version: s.directory.Version, Rewritten: s.directory.Rewritten, Audience: m.Audience, States: m.Standing.States, Anchors: m.Anchors, Origin: s.inst.Log.Origin(), LogKey: s.inst.Log.VerifierKey()}
	for _, e := range m.Events {
		v, err := evidence.Verify(e.Signed.Select(m.Audience.Discloses), t.Keys)
		if err != nil {
			return nil, err
		}
		c.Events = append(c.Events, CertifiedEvent{v, e.Index})
	}
	slices.SortFunc(c.Events, func(a, b CertifiedEvent) int { return cmp.Compare(a.Index, b.Index) })
	if n := len(c.Events); n > 0 {
		list, err := r.Checkpoints(ctx, c.Events[n-1].Index, 1)
		if err != nil {
			return nil, err
		}
		if len(list) > 0 {
			c.Checkpoint = list[0]
		}
	}
	for _, f := range files {
		if f.Name == recordFile {
			c.Record = f.Data
		}
	}
	b, err := s.certify(c)
	if err != nil {
		return nil, err
	}
	return append(files, proof.File{Name: certificateFile, Data: b}), nil
}
