package tenant

import "context"

// Sentinel remembers, outside the database, what a restored backup would
// forget: the newest checkpoint that left the house, so that the log is never
// continued from an earlier place, and which data keys were destroyed, so that
// nobody erased comes back. It is safe for concurrent use.
type Sentinel interface {
	// Left is called before a signed checkpoint is handed to anybody outside: in a
	// bundle, to a witness or a time-stamp authority, to strangers. Where it
	// fails, the checkpoint must not leave.
	Left(ctx context.Context, signed []byte) error
	// Destroyed is called once it is durable that a data key was destroyed, with
	// the event that says so.
	Destroyed(ctx context.Context, key, event string) error
}

// Left tells the sentinel, if there is one.
func (i *Installation) Left(ctx context.Context, signed []byte) error {
	if i.Sentinel == nil {
		return nil
	}
	return i.Sentinel.Left(ctx, signed)
}

// Destroyed tells the sentinel, if there is one.
func (i *Installation) Destroyed(ctx context.Context, key, event string) error {
	if i.Sentinel == nil {
		return nil
	}
	return i.Sentinel.Destroyed(ctx, key, event)
}
