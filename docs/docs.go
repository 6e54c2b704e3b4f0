// Package docs holds those documents that the admin UI shows.
package docs

import "embed"

// Guides are the documents, by the names of their files.
//
//go:embed embed.md
var Guides embed.FS
