// Package registries holds the registry index this repository ships, the JSON
// Schemas of plan data and of documents, and the vocabularies of operations, as
// data.
package registries

import "embed"

// FS has index.json, the schemas in schemas under the name of their version, and
// the operations of each system in vocab. The paths in the index are relative to
// the repository's root, so files of plans/ are in package plans.
//
//go:embed index.json schemas/*.json vocab/*.json
var FS embed.FS
