package records

import (
	"context"
	"encoding/json"
	"time"

	"assent/evidence"
	"assent/subject"
)

// forgetAfter is how long that waits: whoever asked in the chat is told that it is
// done, and a message makes the entry anew.
const forgetAfter = time.Minute

// forget adds to an erasure that Meta is asked to take an account out of the
// contact book of its portfolio, where a number of that portfolio can ask. The
// account's id outlives the person by that much, sealed under the business's key.
func (s *Service) forget(f *fate, id Identified) error {
	if id.Kind != subject.BSUID || id.Unreadable {
		return nil
	}
	for _, sender := range f.t.Senders {
		if sender.Portfolio != id.Scope || !sender.InUse() {
			continue
		}
		now := s.now()
		e := subject.Errand{Business: f.t.ID, Sender: sender.ID, Kind: subject.Forget, CreatedAt: now, RunAt: now.Add(forgetAfter)}
		var err error
		if e.ID, err = evidence.NewID(now, s.rand); err != nil {
			return err
		}
		plain, err := json.Marshal(subject.Addressee{BSUID: id.Value})
		if err != nil {
			return err
		}
		e.Sealed = f.t.Key.Seal(e.Context(), plain)
		f.book = append(f.book, e)
		return nil
	}
	return nil
}

// askToForget keeps what Meta is asked.
func (f *fate) askToForget(ctx context.Context, w Writer) error {
	for _, e := range f.book {
		if err := w.InsertErrand(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
