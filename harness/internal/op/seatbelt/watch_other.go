//go:build !darwin && !seatbelt_fake

package seatbelt

import "runtime"

func watchable() string { return "nothing can be watched on " + runtime.GOOS + ", only on macOS" }
