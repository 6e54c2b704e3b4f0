package main

import (
	"crypto/rand"
	"os"
	"strings"
	"time"

	"assent/anchor"
	"assent/fault"
	"assent/ledger"
	"assent/manage"
)

// outsideFlags say who outside vouches for the log, and who may watch it.
type outsideFlags struct {
	Witness     []string      `help:"A witness of the log: its verifier key, a space, its address. May be repeated." placeholder:"'KEY URL'" sep:"none"`
	TSA         []string      `name:"tsa" help:"A time-stamp authority (RFC 3161): a short name, a space, its address. May be repeated." placeholder:"'NAME URL'" sep:"none"`
	TSACA       []string      `name:"tsa-ca" help:"The certificates in PEM from which an authority's have to descend. May be repeated." placeholder:"NAME=FILE" sep:"none"`
	AnchorEvery time.Duration `help:"How often outsiders are asked to vouch for the log while it grows." default:"5m" placeholder:"TIME"`
	PublicLog   bool          `help:"Let everybody see the log's checkpoints and hashes (never its entries) at /log/."`
}

// maxChain bounds a file of certificates, in bytes.
const maxChain = 1 << 20

// parties returns the outsiders that are asked. The error is an Invalid fault.
func (f outsideFlags) parties(log ledger.Verifier) (list []manage.OutsideParty, err error) {
	client := anchor.NewClient(time.Now, rand.Reader)
	for _, text := range f.Witness {
		w, err := anchor.ParseWitness(text)
		if err != nil {
			return nil, err
		}
		list = append(list, client.ForWitness(w, log))
	}
	chains := map[string][]byte{}
	for _, text := range f.TSACA {
		name, file, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fault.Field("tsa-ca", "Write the authority's name, an equals sign and the file of its certificates: --tsa-ca free=free.pem")
		}
		info, err := os.Stat(file)
		if err == nil && info.Size() > maxChain {
			return nil, fault.Field("tsa-ca", "%s is too large for a file of certificates.", file)
		}
		if chains[name], err = os.ReadFile(file); err != nil {
			return nil, fault.Field("tsa-ca", "%s cannot be read.", file).Because(err)
		}
	}
	for _, text := range f.TSA {
		name, _, _ := strings.Cut(text, " ")
		a, err := anchor.ParseAuthority(text, chains[name])
		if err != nil {
			return nil, err
		}
		delete(chains, name)
		list = append(list, client.ForAuthority(a, log))
	}
	for name := range chains {
		return nil, fault.Field("tsa-ca", "There is no time-stamp authority %q; name it with --tsa.", name)
	}
	if f.AnchorEvery < time.Second {
		return nil, fault.Field("anchor-every", "Outsiders can be asked once a second at most.")
	}
	return list, nil
}
