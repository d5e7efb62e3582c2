// Package plans holds the plans this repository ships, as data.
package plans

import "embed"

// FS has every plan's plan.json, registry and profiles under the plan's name,
// and in templates what plans are built from.
//
//go:embed */plan.json */registry/*.json */profiles/* templates/*.json
var FS embed.FS
