package proof

import (
	"assent/evidence"
	"assent/fault"
)

// Audience is whom a bundle is for, which decides what it discloses.
type Audience string

// The audiences.
const (
	Court     Audience = "court"
	Regulator Audience = "regulator"
	Meta      Audience = "meta"
	Subject   Audience = "subject"
)

// ParseAudience reads an audience's name; empty is court. The error is an
// Invalid fault.
func ParseAudience(s string) (Audience, error) {
	switch a := Audience(s); a {
	case "":
		return Court, nil
	case Court, Regulator, Meta, Subject:
		return a, nil
	}
	return "", fault.Field("audience", "The audience is one of court, regulator, meta and subject.")
}

// forMeta is what a review of a complaint needs: everything else stays hidden.
var forMeta = map[string]bool{
	evidence.ClaimSeq: true, evidence.ClaimPrevious: true, evidence.ClaimRequested: true, evidence.ClaimMatch: true,
	evidence.ClaimE164: true, evidence.ClaimTime: true, evidence.ClaimAct: true, evidence.ClaimMethod: true,
	evidence.ClaimLanguage: true, evidence.ClaimFunnel: true, evidence.ClaimFunnelVersion: true, evidence.ClaimEntryPoint: true,
	evidence.ClaimPage: true, evidence.ClaimClientTime: true, evidence.ClaimSender: true, evidence.ClaimShown: true,
	evidence.ClaimEffects: true, evidence.ClaimExport: true,
}

// Discloses reports whether the audience is shown the disclosure. Choices are
// shown to all: without them no state can be followed.
func (a Audience) Discloses(d evidence.Disclosure) bool {
	if d.Element {
		return true
	}
	switch a {
	case Court:
		return true
	case Regulator:
		return d.Name != evidence.ClaimIP && d.Name != evidence.ClaimUserAgent
	case Subject:
		return d.Name != evidence.ClaimOperator && d.Name != evidence.ClaimReason
	case Meta:
		return forMeta[d.Name]
	}
	return false
}
