package records

import (
	"context"
	"slices"

	"assent/consent"
	"assent/evidence"
	"assent/subject"
)

// Crowd is everything that is kept of the people whose ids lie in a range, each
// list in the order of their ids and then as a list of one person is.
type Crowd struct {
	Subjects     []subject.Subject
	Merged       []Merged // who turned out to be one of them, wherever their own ids lie
	Events       []evidence.Logged
	Consents     []ConsentRow
	Identifiers  []subject.Identifier
	Suppressions []subject.Suppression // without their hashes
}

// Merged says that somebody turned out to be somebody else.
type Merged struct{ ID, Into string }

// ConsentRow is a consent with the state that its row says.
type ConsentRow struct {
	consent.Consent
	Stored consent.State
}

// crowdReader answers what is asked about the people of a crowd from what was
// read of all of them at once, and leaves everything else to the database: the
// rows are the same, of the same state, for a hundredth of the queries.
type crowdReader struct {
	Reader
	people       map[string]*folder
	identifiers  map[string]subject.Identifier // by business and hash
	suppressing  map[string]bool               // by hash, of those that were looked up: whether a stop has it
	inTheirOrder []string
}

// folder is what is kept of one person.
type folder struct {
	subject      subject.Subject
	merged       []string
	events       []evidence.Logged
	consents     []consent.Consent
	states       map[string]consent.State
	identifiers  []subject.Identifier
	suppressions []subject.Suppression
}

// readCrowd reads the people between the two ids.
func readCrowd(ctx context.Context, r Reader, first, last string) (*crowdReader, error) {
	all, err := r.Crowd(ctx, first, last)
	if err != nil {
		return nil, err
	}
	c := &crowdReader{Reader: r, people: make(map[string]*folder, len(all.Subjects)),
		identifiers: make(map[string]subject.Identifier, len(all.Identifiers)), suppressing: map[string]bool{}}
	for _, sub := range all.Subjects {
		c.people[sub.ID] = &folder{subject: sub, states: map[string]consent.State{}}
		c.inTheirOrder = append(c.inTheirOrder, sub.ID)
	}
	for _, m := range all.Merged {
		c.with(m.Into, func(f *folder) { f.merged = append(f.merged, m.ID) })
	}
	for i, j := 0, 0; i < len(all.Events); i = j { // those of one person stand together
		for j = i + 1; j < len(all.Events) && all.Events[j].Subject == all.Events[i].Subject; j++ {
		}
		c.with(all.Events[i].Subject, func(f *folder) { f.events = all.Events[i:j:j] })
	}
	for _, row := range all.Consents {
		c.with(row.Subject, func(f *folder) {
			f.consents = append(f.consents, row.Consent)
			f.states[row.ID] = row.Stored
		})
	}
	for _, i := range all.Identifiers {
		c.identifiers[i.Business+"\x00"+string(i.Hash)] = i
		c.with(i.Subject, func(f *folder) { f.identifiers = append(f.identifiers, i) })
	}
	for _, s := range all.Suppressions {
		c.with(s.Subject, func(f *folder) { f.suppressions = append(f.suppressions, s) })
	}
	return c, nil
}

// with calls fn with a person of the crowd. Rows of nobody are counted elsewhere.
func (c *crowdReader) with(id string, fn func(*folder)) {
	if f, ok := c.people[id]; ok {
		fn(f)
	}
}

// lookUp asks at once which of the hashes stops have.
func (c *crowdReader) lookUp(ctx context.Context, hashes [][]byte) error {
	for chunk := range slices.Chunk(hashes, 500) {
		there, err := c.Reader.SuppressingHashes(ctx, chunk)
		if err != nil {
			return err
		}
		for _, h := range chunk {
			c.suppressing[string(h)] = false
		}
		for _, h := range there {
			c.suppressing[string(h)] = true
		}
	}
	return nil
}

// FindSubject is the store's.
func (c *crowdReader) FindSubject(ctx context.Context, id string) (subject.Subject, bool, error) {
	if f, ok := c.people[id]; ok {
		return f.subject, true, nil
	}
	return c.Reader.FindSubject(ctx, id)
}

// Subject is the store's.
func (c *crowdReader) Subject(ctx context.Context, id string) (subject.Subject, error) {
	if f, ok := c.people[id]; ok {
		return f.subject, nil
	}
	return c.Reader.Subject(ctx, id)
}

// MergedInto is the store's.
func (c *crowdReader) MergedInto(ctx context.Context, id string) ([]string, error) {
	if f, ok := c.people[id]; ok {
		return f.merged, nil
	}
	return c.Reader.MergedInto(ctx, id)
}

// EventsOf is the store's.
func (c *crowdReader) EventsOf(ctx context.Context, id string) ([]evidence.Logged, error) {
	if f, ok := c.people[id]; ok {
		return f.events, nil
	}
	return c.Reader.EventsOf(ctx, id)
}

// ConsentsOf is the store's.
func (c *crowdReader) ConsentsOf(ctx context.Context, id string) ([]consent.Consent, error) {
	if f, ok := c.people[id]; ok {
		return f.consents, nil
	}
	return c.Reader.ConsentsOf(ctx, id)
}

// ConsentStates is the store's.
func (c *crowdReader) ConsentStates(ctx context.Context, id string) (map[string]consent.State, error) {
	if f, ok := c.people[id]; ok {
		return f.states, nil
	}
	return c.Reader.ConsentStates(ctx, id)
}

// IdentifiersOf is the store's.
func (c *crowdReader) IdentifiersOf(ctx context.Context, id string) ([]subject.Identifier, error) {
	if f, ok := c.people[id]; ok {
		return f.identifiers, nil
	}
	return c.Reader.IdentifiersOf(ctx, id)
}

// IdentifierByHash is the store's.
func (c *crowdReader) IdentifierByHash(ctx context.Context, business string, hash []byte) (subject.Identifier, bool, error) {
	if i, ok := c.identifiers[business+"\x00"+string(hash)]; ok {
		return i, true, nil
	}
	return c.Reader.IdentifierByHash(ctx, business, hash)
}

// SuppressionsOf is the store's.
func (c *crowdReader) SuppressionsOf(ctx context.Context, id string) ([]subject.Suppression, error) {
	if f, ok := c.people[id]; ok {
		return f.suppressions, nil
	}
	return c.Reader.SuppressionsOf(ctx, id)
}

// SuppressionsByHash is the store's.
func (c *crowdReader) SuppressionsByHash(ctx context.Context, business string, hashes [][]byte) ([]subject.Suppression, error) {
	var some [][]byte
	for _, h := range hashes {
		if there, asked := c.suppressing[string(h)]; there || !asked {
			some = append(some, h)
		}
	}
	if len(some) == 0 {
		return nil, nil
	}
	return c.Reader.SuppressionsByHash(ctx, business, some)
}

// WrappedKey is the store's.
func (c *crowdReader) WrappedKey(ctx context.Context, id string) ([]byte, error) {
	if len(id) > 2 && id[:2] == "s/" {
		if f, ok := c.people[id[2:]]; ok {
			return f.subject.Wrapped, nil
		}
	}
	return c.Reader.WrappedKey(ctx, id)
}
