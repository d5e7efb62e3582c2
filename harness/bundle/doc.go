// Package bundle keeps the evidence of runs on disk and reads it back.
//
// An out folder holds one run folder per run, `<out>/<run_id>/`, a lock,
// `.runtime.lock`, and `LATEST`, which names the run that readers of the out
// folder get.
//
// # Writing
//
// Create takes the lock and makes the run folder. Artifacts are added with
// Write; Commit publishes them. A run is committed when its artifact_index.json
// exists, which is written after everything it names. LATEST moves after that,
// and only for runs that ended ok or partial: never for failed or dry runs.
// Whoever creates a Stage closes it; a Stage closed without Commit is recorded
// as failed.
//
// The promise is this: every file appears under its name whole or not at all,
// and a reader following LATEST after a crash at any moment finds the run that
// was there before or the new one complete. It rests on fsync and on rename
// being atomic within a folder.
//
// # Reading
//
// Load verifies or refuses, Validate lists everything that is wrong, and
// OpenUnverified is for looking at what neither would vouch for. An
// *IntegrityError says that the evidence is bad; any other error of a reader
// says that it could not be checked.
//
// # Paths
//
// A path in an index is `<place>/<run_id>/<name>`, with forward slashes, where
// place is where the run was made: for our runs the out folder's last element,
// in reference bundles a path in their repository. Only what follows the last
// `<run_id>/` counts: it is the artifact's name in the run folder at hand, and a
// path without that is a name by itself. So a run folder may be moved or copied
// and still verifies, and no index can name a file outside it.
//
// # Promotion
//
// Emit derives from a bundle the one file that consumers read, the Packet,
// which says whether the bundle may be relied on, and why not; beside it lies an
// unsigned in-toto Statement about the packet's and the index's bytes, for those
// who sign. VerifyPacket derives all of it again and says in what a packet is not
// what Emit would write.
package bundle

// The names in an out folder.
const (
	LatestFile = "LATEST"
	LockFile   = ".runtime.lock"
)

// The files of a run folder that this package reads or writes itself. The
// others are artifacts like any other to it.
const (
	IndexFile    = "artifact_index.json"
	StatusFile   = "run_status.json"
	ManifestFile = "run_manifest.json"
	SummaryFile  = "summary.json"
)
