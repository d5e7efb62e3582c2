// Package registries holds the registry index this repository ships and the
// JSON Schemas of plan data, as data.
package registries

import "embed"

// FS has index.json, and the schemas in schemas under the name of their
// version. The paths in the index are relative to the repository's root, so
// files of plans/ are in package plans.
//
//go:embed index.json schemas/*.json
var FS embed.FS
