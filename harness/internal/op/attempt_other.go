//go:build !linux

package op

import "runtime"

func prepare(o *Op, _ *Variant, _ Request, t *Trial) {
	t.res.Err = o.Name + " cannot be attempted on " + runtime.GOOS + ", only on linux"
}
