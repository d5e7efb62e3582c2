// Package registries holds the registry index this repository ships, as data.
package registries

import "embed"

// FS has index.json. Its paths are relative to the repository's root, so files
// of plans/ are in package plans.
//
//go:embed index.json
var FS embed.FS
