//go:build !linux

package main

// helpers make situations that only Linux has; the scripts that need them ask
// for [linux], [landlock] or [mounts] first.
var helpers map[string]func()
