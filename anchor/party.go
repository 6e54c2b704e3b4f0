package anchor

import (
	"context"
	"errors"

	"assent/fault"
	"assent/ledger"
)

// Party asks one witness or authority, whichever it was made for.
type Party struct {
	client    *Client
	log       ledger.Verifier
	witness   *Witness
	authority *Authority
}

// ForWitness returns the party that a witness is, for a log.
func (c *Client) ForWitness(w Witness, log ledger.Verifier) *Party {
	return &Party{client: c, log: log, witness: &w}
}

// ForAuthority returns the party that a time-stamp authority is, for a log.
func (c *Client) ForAuthority(a Authority, log ledger.Verifier) *Party {
	return &Party{client: c, log: log, authority: &a}
}

// Party returns what is kept of it.
func (p *Party) Party() ledger.Party {
	if p.witness != nil {
		return ledger.Party{Kind: ledger.Cosigned, Name: p.witness.Name(), Key: []byte(p.witness.String())}
	}
	return ledger.Party{Kind: ledger.Stamped, Name: p.authority.Name, Key: p.authority.PEM}
}

// Vouch asks it about a checkpoint. Errors have words for the people who run the
// installation; a Conflict says that the party has seen another log, or more of
// this one.
func (p *Party) Vouch(ctx context.Context, signed []byte, known int64, prove func(context.Context, int64) ([]ledger.Hash, error)) (ledger.Anchor, error) {
	if p.authority != nil {
		response, token, err := p.client.Stamp(ctx, *p.authority, signed)
		if err != nil {
			err = fault.New(fault.Unavailable, "The time-stamp authority did not answer with a good time-stamp. It is asked again by itself.").Because(err)
		}
		return ledger.Anchor{Proof: response, At: token.Time}, err
	}
	cosigned, by, err := p.client.Cosign(ctx, *p.witness, p.log, signed, known, prove)
	var ahead *AheadError
	var split *SplitError
	switch {
	case errors.As(err, &ahead):
		err = fault.New(fault.Conflict, "The witness has seen %d entries of the log, and there are %d: this database is an older copy. "+
			"Stop serving from it and restore the newest one.", ahead.Known, ahead.Size).Because(err)
	case errors.As(err, &split):
		err = fault.New(fault.Conflict, "The witness has seen another log by this name: the first %d entries differ. Run an audit, and find out who else has the log's key.", split.Known).Because(err)
	case err != nil:
		err = fault.New(fault.Unavailable, "The witness did not cosign the log. It is asked again by itself.").Because(err)
	}
	return ledger.Anchor{Proof: cosigned, At: by.At}, err
}
