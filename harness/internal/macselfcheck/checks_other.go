//go:build !darwin

package main

// checks are made on a Mac alone.
var checks map[string]func() (saw string, err error)
