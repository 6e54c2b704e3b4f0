package simulator

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"assent/fault"
	"assent/phone"
	"assent/whatsapp/wire"
)

// A number may have a script: what becomes of the next messages to a person, or
// from a business. It comes before what the number's own digits say.

// Step is what becomes of some messages. The zero Step is an ordinary one.
type Step struct {
	Code  int    `json:"code,omitempty"`  // an error of Meta's table
	Later bool   `json:"later,omitempty"` // it comes in a status, after the answer was 200
	Quirk string `json:"quirk,omitempty"` // a misbehaviour without an error: see Quirks
	Times int    `json:"times,omitempty"` // of how many messages; 0 is one, -1 all from now on
}

// quirkNames are the misbehaviours as scripts name them.
var quirkNames = map[string]quirk{
	"silent": silent, "only_read": onlyRead, "backwards": backwards, "held": held, "html_error": htmlError, "no_answer": noAnswer, "late_success": lateSuccess, "sent_only": sentOnly,
	"played": played, "charged_marketing": chargedMarketing, "no_code": codeless, "code_zero": codeZero,
}

// Quirks returns the misbehaviours that a Step can name.
func Quirks() []string { return slices.Sorted(maps.Keys(quirkNames)) }

// maxSteps and maxTimes bound a script.
const (
	maxSteps = 100
	maxTimes = 100_000
)

// check refuses a step that means nothing.
func (st Step) check() error {
	switch _, known := quirkNames[st.Quirk]; {
	case st.Quirk != "" && !known:
		return fault.Field("quirk", "A quirk is one of %s.", strings.Join(Quirks(), ", "))
	case st.Code != 0 && st.Quirk != "":
		return fault.Field("quirk", "A step has a code or a quirk, not both.")
	case st.Code != 0 && !wire.Code(st.Code).Known() && wire.Code(st.Code) != UnknownCode:
		return fault.Field("code", "That is no error code in Meta's table.")
	case st.Times < -1 || st.Times > maxTimes:
		return fault.Field("times", "A step is for 1 to %d messages, or -1 for all.", maxTimes)
	}
	return nil
}

// fate is what the step makes of a message.
func (st Step) fate() fate {
	return fate{code: wire.Code(st.Code), atOnce: st.Code != 0 && !st.Later, quirk: quirkNames[st.Quirk]}
}

// SetScript gives somebody a script in place of the one before: a business, by
// phone_number_id or number, or else a person, by number or user id. No steps
// take it away. A number that nobody has makes a person.
func (s *Simulator) SetScript(who string, steps []Step) error {
	if len(steps) > maxSteps {
		return fault.New(fault.Invalid, "A script has at most %d steps.", maxSteps)
	}
	for _, st := range steps {
		if err := st.check(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := s.scripted(who)
	if err != nil {
		return err
	}
	if len(steps) == 0 {
		delete(s.scripts, key)
	} else {
		s.scripts[key] = slices.Clone(steps)
	}
	s.changed()
	return nil
}

// Script returns what is left of somebody's script.
func (s *Simulator) Script(who string) ([]Step, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, err := s.scripted(who)
	return slices.Clone(s.scripts[key]), err
}

// scripted returns the key of somebody's script.
func (s *Simulator) scripted(who string) (string, error) {
	if from, ok := s.sender(who); ok {
		return senderKey(from), nil
	}
	if p, ok := s.find(who); ok {
		return personKey(p), nil
	}
	n, err := phone.ParseE164(who)
	if err != nil {
		return "", errNoPerson
	}
	return personKey(s.personByNumber(n)), nil
}

// Standing is a script that still has steps.
type Standing struct {
	Who    string // number or user id of a person, number of a business
	Name   string
	Sender bool // it is a business's
	Steps  []Step
}

// Scripts returns the scripts that still have steps, of businesses first.
func (s *Simulator) Scripts() (list []Standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, from := range s.senders {
		if steps := s.scripts[senderKey(from)]; len(steps) > 0 {
			list = append(list, Standing{from.Number, from.Name, true, slices.Clone(steps)})
		}
	}
	for _, p := range s.people {
		if steps := s.scripts[personKey(p)]; len(steps) > 0 {
			who := p.number.E164()
			if p.number.IsZero() {
				who = s.userID(p, s.senders[0].Portfolio)
			}
			list = append(list, Standing{who, p.name, false, slices.Clone(steps)})
		}
	}
	return list
}

func senderKey(from *Sender) string { return "sender/" + from.PhoneNumberID }
func personKey(p *person) string    { return "person/" + p.id }

// scriptedFate takes the next step of a script, and reports whether there was one.
func (s *Simulator) scriptedFate(key string) (f fate, ok bool) {
	steps := s.scripts[key]
	if len(steps) == 0 {
		return fate{}, false
	}
	st := &steps[0]
	f = st.fate()
	switch {
	case st.Times > 1:
		st.Times--
	case st.Times >= 0:
		s.scripts[key] = steps[1:]
	}
	return f, true
}

// serveScript answers GET and PUT /sim/numbers/{who}.
func (s *Simulator) serveScript(w http.ResponseWriter, r *http.Request) {
	who := r.PathValue("who")
	if r.Method == http.MethodPut {
		var in struct {
			Steps []Step `json:"steps"`
		}
		if !readJSON(w, r, &in) {
			return
		}
		if err := s.SetScript(who, in.Steps); err != nil {
			problem(w, err)
			return
		}
	}
	steps, err := s.Script(who)
	if err != nil {
		problem(w, err)
		return
	}
	if steps == nil {
		steps = []Step{}
	}
	writeJSON(w, http.StatusOK, map[string][]Step{"steps": steps})
}
