// Package reporters turns a finished Ginkgo report into what lasts: the bundle
// with its promotion packet, and JUnit for dashboards. Give them to the suite's
// Run; each is called once, on process 1, in serial and in parallel runs alike.
package reporters
