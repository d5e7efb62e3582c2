//go:build darwin || seatbelt_fake

package seatbelt

import "github.com/rtgen/rtgen/harness/internal/op"

var SplitLeaf = splitLeaf

// HasAttempt reports whether an attempt is written for a row of the table.
func HasAttempt(operation, driver, syscall string) bool {
	return preparers[key{operation, driver, syscall}] != nil
}

// Searched is the result of a search that gave an errno.
func Searched(errno int) op.Result {
	res := op.Result{Call: "searchfs()"}
	searched(&res, "/a", searchDetails{SearchErrno: errno, SearchName: "a"})
	return res
}
