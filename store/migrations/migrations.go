// Package migrations holds the schema: the same steps for each kind of database,
// one folder each, applied in the order of their numbers. A file that has landed is
// never changed.
package migrations

import "embed"

// FS has the folders sqlite and postgres.
//
//go:embed sqlite postgres
var FS embed.FS
