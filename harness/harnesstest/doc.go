// Package harnesstest is for the tests and benchmarks of this module: plans
// written into scratch folders, and the conformance suite that every channel
// runs.
package harnesstest
