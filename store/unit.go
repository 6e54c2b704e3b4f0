package store

import (
	"context"

	"assent/limit"
	"assent/manage"
	"assent/optin"
	"assent/permit"
	"assent/records"
)

// Unit is the store as one use case sees it: with the reading and writing that
// the use case declares for itself, R and W, and nothing else.
type Unit[R, W any] struct{ s *Store }

// As returns the store for a use case. A *Tx must implement R and W; the
// assertions below say so for each pair in use.
func As[R, W any](s *Store) Unit[R, W] { return Unit[R, W]{s} }

// ReadOnly is Store.ReadOnly.
func (u Unit[R, W]) ReadOnly(ctx context.Context, fn func(context.Context, R) error) error {
	return u.s.ReadOnly(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, any(tx).(R)) })
}

// ReadOnce is Store.ReadOnce.
func (u Unit[R, W]) ReadOnce(ctx context.Context, fn func(context.Context, R) error) error {
	return u.s.ReadOnce(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, any(tx).(R)) })
}

// ReadWrite is Store.ReadWrite.
func (u Unit[R, W]) ReadWrite(ctx context.Context, fn func(context.Context, W) error) error {
	return u.s.ReadWrite(ctx, func(ctx context.Context, tx *Tx) error { return fn(ctx, any(tx).(W)) })
}

// Using is Store.Using.
func (u Unit[R, W]) Using(ctx context.Context, uses []limit.Use, fn func(context.Context, W, []int) error) error {
	return u.s.Using(ctx, uses, func(ctx context.Context, tx *Tx, totals []int) error { return fn(ctx, any(tx).(W), totals) })
}

var (
	_ optin.Writer   = (*Tx)(nil)
	_ manage.Writer  = (*Tx)(nil)
	_ permit.Reader  = (*Tx)(nil)
	_ records.Writer = (*Tx)(nil)
)
