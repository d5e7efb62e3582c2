//go:build !darwin && !seatbelt_fake

package seatbelt

import "runtime"

func available(o *Operation, _ *Syscall) string {
	return o.Name + " cannot be attempted on " + runtime.GOOS + ", only on macOS"
}

func prepare(o *Operation, s *Syscall, _ Request, t *Trial) { t.res.Err = available(o, s) }
