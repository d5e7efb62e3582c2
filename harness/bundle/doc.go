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
// # What a crash leaves
//
// Whatever becomes of a writer, an error of any call to the file system, its
// death at any, or a power cut, readers of the out folder get the run that was
// there before or the new one, complete, and what was committed before is as it
// was. That rests on the order of things:
//
//   - A run folder's name is on the disk before the folder has a file.
//   - An artifact's bytes are on the disk before it gets its name, so a file is
//     there whole or not at all.
//   - All the names are on the disk before the index gets its own: an index that
//     is there names files that are all there.
//   - The index is on the disk before LATEST names the run, and LATEST before
//     Commit returns. So a packet that is emitted after that names a run that
//     LATEST names, or named.
//   - A statement is gone before another packet gets its name, and comes after
//     it: beside a packet lies its own statement or none.
//   - A repair syncs what it found before the index that vouches for it.
//
// What a call reported as done stays, the folders that it made included.
//
// The file system must do its part: rename replaces a name in a folder at once or
// not at all, fsync of a file keeps its bytes, fsync of a folder keeps its names,
// and the disk has written what it says it has. No other order is relied on.
// Where folders cannot be synced, a power cut may leave an index or a LATEST
// whose files are not there; Load refuses those. The lock is an flock(2): where
// the file system has none that excludes other hosts, only one host may write.
// Nobody may remove the lock file while a writer is at work.
//
// # Reading
//
// Load verifies or refuses, Validate lists everything that is wrong, and
// OpenUnverified is for looking at what neither would vouch for. An
// *IntegrityError says that the evidence is bad; any other error of a reader
// says that it could not be checked.
//
// Digests say that nothing was changed since somebody took them. ValidateDeep,
// for bundles of strangers, also reads the documents and holds them against each
// other. All reading is bounded: by the sizes the index gives, which are compared
// with the files' before a byte is read, and for documents by the longest row.
//
// # Many runs
//
// ListRuns says of every run folder in an out folder what it is, in one word, by
// its small documents; it takes no lock. Collect removes old runs, and keeps what
// LATEST or a packet names, what is being written, and what it is not certain
// of. A run that goes is renamed to `.removed.<run_id>`, which no reader takes
// for a run, before its first file does.
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
	PacketFile = "promotion_packet.json" // where a run leaves its packet
)

// The files of a run folder that this package reads or writes itself. The
// others are artifacts like any other to it.
const (
	IndexFile    = "artifact_index.json"
	StatusFile   = "run_status.json"
	ManifestFile = "run_manifest.json"
	SummaryFile  = "summary.json"
)
