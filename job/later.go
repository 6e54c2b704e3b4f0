package job

import "context"

type laterKey struct{}

// Later returns a context for work that nobody waits for: what it writes lets go
// first those who wait for an answer.
func Later(ctx context.Context) context.Context { return context.WithValue(ctx, laterKey{}, true) }

// IsLater reports whether nobody waits for what is done with the context.
func IsLater(ctx context.Context) bool {
	later, _ := ctx.Value(laterKey{}).(bool)
	return later
}
