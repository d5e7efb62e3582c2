// Package made makes bundles of any world for the tests and benchmarks of whoever
// reads them: a macOS bundle on Linux, a bundle of a world where nothing was
// observed, two hundred bundles of a thousand observations. What was seen is made
// up; everything else is real. Package evidence derives the documents from it and
// refuses what cannot be true, and package bundle commits them and emits the
// packet, so that a bundle of this package verifies, and is promotable exactly
// when what it tells of would be.
//
// [WriteBundle] makes one from a [BundleSpec], [WriteBundles] many at once. What
// no honest run would write, [Forge] writes into a bundle afterwards.
//
// Nothing here imports package harness, so that its own tests may use it.
package made
