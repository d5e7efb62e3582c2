// Package analysis makes the documents that sum evidence up from the
// observations of bundles: what is known of each operation, the cut of a run into
// scenarios, and the story told from it; and it reads the links from mappings
// back to their evidence. It attempts nothing, and knows nothing of the engines
// that did.
//
// # What counts
//
// An observation is of one of three classes. It is blocked when the attempt
// failed before the operation was reached (stages apply, bootstrap and
// preflight), else unobserved when the kernel says that it decided about
// something else than the operation under test, else it counts. What counts and
// has no decision is undecided: it is neither a match nor a mismatch, and nothing
// is "ok" because of it.
//
// # Where paths start
//
// A path in a document is relative to the root of the repository when the file
// lies in it, and the absolute path as it was spelled otherwise; always with
// forward slashes.
package analysis
