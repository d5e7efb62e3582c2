//go:build darwin || seatbelt_fake

package seatbelt

var SplitLeaf = splitLeaf

// Written reports whether an attempt is written for a row of the table.
func Written(operation, driver, syscall string) bool {
	_, ok := preparers[key{operation, driver, syscall}]
	return ok
}
