// Package differential asks the Landlock model and the running kernel the same
// random questions, and reduces what they disagree about to a plan that shows
// it. The kernel is right.
//
// A run is made of rounds, each with a world of its own on disk, a policy and
// many operations. A round is told by the run's seed and its number alone, so
// the same seed asks the same questions whatever the number of workers.
package differential
