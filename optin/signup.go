package optin

import (
	"context"
	"encoding/json"

	"assent/evidence"
	"assent/fault"
	"assent/funnel"
	"assent/whatsapp/wire"
)

// unhandled ends a webhook element with the reason for which its body is parked.
type unhandled string

func (u unhandled) Error() string { return string(u) }

// MethodSignup is the method of a yes on a sign-up link of WhatsApp's own.
const MethodSignup = "in-app sign-up"

// signup handles a yes that somebody said on a link of WhatsApp's own. Its screen
// showed the words of one purpose, which the link's versions keep, and the yes is the
// account's own act: so it gives that purpose and no other. WhatsApp names the link
// alone; whose words cannot be told is parked, and gives nothing.
func (d *deed) signup(ctx context.Context, pref *wire.Preference) error {
	t, ok := d.s.directory.Tenant(d.t.ID) // a look that was made anew has the newest links
	if !ok {
		t = d.t
	}
	su, ok := t.Signup(pref.SignupID)
	if !ok && !d.refreshed {
		return errLagging
	}
	if !ok {
		return unhandled("a sign-up link that is not known here")
	}
	if err := d.newest(ctx, su); err != nil {
		return err
	}
	said, ok := su.ShownAt(d.at)
	if !ok {
		return unhandled("which words the sign-up link showed at that moment cannot be told")
	}
	v, ok, err := d.version(said.Version)
	if err != nil || !ok {
		return err
	}
	lang := said.Lang
	if f, _, ok := d.s.directory.FunnelByID(v.Funnel); !ok || f.State != funnel.Published || v.Defective { // rule 9
		return d.answer(lang, "chat.ended")
	}
	if !v.Serves(d.p.account.Country()) {
		return d.answer(lang, "chat.country", "Country", d.speak(lang).Country(d.p.account.Country()))
	}
	y := yes{v: v, lang: lang, said: []string{said.Purpose}, act: evidence.Act{Kind: "signup"}, method: MethodSignup, entry: su.Entry}
	notice := ""
	if said.ShowsWords(v.Version) {
		notice = v.Notices[lang].SHA256
	}
	if y.shown, err = shownDigests(evidence.ShownMessage, said.Shown, evidence.ShownNotice, notice); err != nil {
		return err
	}
	claim, err := json.Marshal(signupClaim{su.MetaID, said.Number})
	if err != nil {
		return err
	}
	y.claims = map[string]evidence.RawJSON{funnel.ClaimSignup: claim}
	return d.give(y)
}

// newest returns an error where the database knows words of the link that the
// Directory does not: what the screen showed is then decided by those.
func (d *deed) newest(ctx context.Context, su *funnel.Signup) error {
	list, err := d.read.SignupVersionsAfter(ctx, su.Entry, su.Now().Number, 1)
	switch {
	case err != nil:
		return err
	case len(list) == 0 || list[0].Entry != su.Entry:
		return nil
	case !d.refreshed:
		return errLagging
	}
	return fault.New(fault.Unavailable, "The link's words change at this moment. Try again in a moment.")
}

// signupClaim says in the event of a yes which link it was, and which of its versions
// the screen showed.
type signupClaim struct {
	ID      string `json:"id"`
	Version int    `json:"version"`
}
