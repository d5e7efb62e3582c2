// Package mapping is the consumer's side of evidence: it makes mappings from
// promotion packets, and from nothing else. It knows bundles and what is derived
// from them, and nothing of the engines that made them.
//
// [Promote] takes the packets that pass its gate, says in a receipt which it took
// and which it refused and why, and only then makes the mappings of each world,
// beside the old ones. The new take the place of the old in one step: whatever
// happens on the way, readers find the old mappings or the new ones, whole.
//
// # What a mapping set is made of
//
//	runtime_cuts/                the observations cut into scenarios, and the story told of them
//	runtime_coverage.json        what is covered of each operation
//	runtime_callout_oracle.json  what the sandbox said when it was asked: never an observation
//	runtime_signatures.json      each profile's decisions, null where nobody observed one
//	op_runtime_summary.json      what is known of each operation
//	runtime_links.json           from profiles and expectations back to packets
//
// Packets of one world make one set, in the out folder itself; of several worlds,
// a set for each in a folder of the world's name, and cross_world.json with the
// expectations on which the worlds differ. mapping_index.json has the digest of
// every file.
//
// # What a crash leaves
//
// A promotion holds the lock .<out>.promotion.lock beside the out folder. It makes
// the new mappings in a folder of its own there, .<out>.staging-<random>, syncs
// them, and exchanges the two folders in one system call. Whatever becomes of it,
// its death at any moment among it, a reader who verifies finds the old mappings or
// the new ones. What it leaves beside the out folder the next one removes, but for
// files that no promotion wrote.
//
// The receipt alone may be newer than the mappings: it is written first, and a
// promotion that came to nothing leaves it. mapping_index.json has the digest of
// the receipt that the mappings were made under.
//
// Where a file system cannot exchange two folders, the old one gets another name
// before the new one gets its own. Between these two renames a reader finds no
// folder; never a part of one. Killed there, the next promotion gives the old one
// its name back.
package mapping
