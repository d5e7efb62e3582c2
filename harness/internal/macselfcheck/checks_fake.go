//go:build !darwin && seatbelt_fake

package main

// What needs no library of macOS is checked over the stand-in for its engine in
// tests, so that a check is seen to hold and to fail.
var checks = together(engineChecks, calloutChecks, pathChecks, processChecks, runChecks)
