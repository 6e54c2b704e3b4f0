package optin

import (
	"cmp"
	"slices"

	"assent/chat"
	"assent/tenant"
)

// rewordedWhy is the sentence before words that mean something else than those
// that the person agreed to.
const rewordedWhy = "chat.why.reworded"

// askReworded shows the words that mean something else by now than those that
// the person agreed to, behind the answer to what they wrote: never of our own
// accord. What they agreed to holds as it was promised until they answer (rule
// 12); a No ends it, as it does in answer to any question.
func (d *deed) askReworded() error {
	type changed struct {
		v        *tenant.Version
		purposes []string
	}
	var list []changed
	for key, c := range d.p.consents {
		if !c.Position.InForce() || c.Position.Held() {
			continue
		}
		v, ok := d.s.directory.Reworded(c.Version, key)
		if !ok || !v.Serves(d.p.account.Country()) {
			continue
		}
		i := slices.IndexFunc(list, func(x changed) bool { return x.v.ID == v.ID })
		if i < 0 {
			i, list = len(list), append(list, changed{v: v})
		}
		list[i].purposes = append(list[i].purposes, key)
	}
	slices.SortFunc(list, func(a, b changed) int { return cmp.Compare(a.v.ID, b.v.ID) })
	for _, x := range list {
		slices.Sort(x.purposes)
		_, lang := x.v.Text(d.language())
		if err := d.ask(question{v: x.v, lang: lang, purposes: x.purposes, match: chat.MatchNone, why: rewordedWhy, after: d.queued}); err != nil {
			return err
		}
	}
	return nil
}

// already answers that what is said yes to is in force, and shows what means
// something else by now.
func (d *deed) already(lang string) error {
	if err := d.answer(lang, "chat.receipt.already"); err != nil {
		return err
	}
	return d.askReworded()
}
