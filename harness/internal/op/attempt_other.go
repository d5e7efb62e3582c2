//go:build !linux

package op

import "runtime"

func available(o *Op, _ *Variant) string {
	return o.Name + " cannot be attempted on " + runtime.GOOS + ", only on linux"
}

// prepare is never reached: nothing is available.
func prepare(*Op, *Variant, Request, *Trial) {}
