//go:build darwin || seatbelt_fake

package seatbelt

var SplitLeaf = splitLeaf

// HasAttempt reports whether an attempt is written for a row of the table.
func HasAttempt(operation, driver, syscall string) bool {
	return preparers[key{operation, driver, syscall}] != nil
}
