//go:build !linux

package capability

import "runtime"

func linux(string) func(host) string {
	return func(host) string { return "this is " + runtime.GOOS + ", and only Linux has it" }
}
