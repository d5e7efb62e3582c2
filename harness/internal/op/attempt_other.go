//go:build !linux

package op

import "runtime"

func available(o *Op, _ *Variant) string {
	return o.Name + " cannot be attempted on " + runtime.GOOS + ", only on linux"
}

// Neither is ever reached: nothing is available.
func prepare(*Op, *Variant, Request, *Trial)   {}
func look(*Op, *Variant, string, *View) *Sight { return nil }

// OpenView knows nothing here.
func OpenView() *View { return nil }
