// Package inventory says what lies in a tree of plan data and evidence: what
// builds on what, what was proven where, and what is stale. It reads and never
// writes, follows no symlink, and takes no lock.
//
// It finds what makes itself known by its files: out folders, packets, mappings
// and generated suites. What only a loader of plan data can say, of plans,
// registries, templates and what a suite should be, its caller fills into the
// document. Judge then adds what follows from the rest: states and Stale.
//
// Bundles are known by their small documents, and packets by the digest of
// their bundle's index. Observations are read, and then verified, of one packet
// per plan: for which operations somebody saw an allow, and a deny.
package inventory
