//go:build !linux

package op

import "runtime"

func attempt(o *Op, _ *Variant, _ Request, res *Result) {
	res.Err = o.Name + " cannot be attempted on " + runtime.GOOS + ", only on linux"
}
