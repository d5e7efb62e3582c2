//go:build !darwin && !seatbelt_fake

package main

// checks are made on a Mac alone.
var checks map[string]check
