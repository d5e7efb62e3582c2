//go:build linux || darwin

package contract_test

import (
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/contract"
)

// The table of the system we are on is the system's own.
func TestErrnoNamesOfHost(t *testing.T) {
	for errno := range 200 {
		want := unix.ErrnoName(syscall.Errno(errno))
		if got := contract.ErrnoName(contract.System(runtime.GOOS), errno); got != want {
			t.Errorf("%d is %q, the system says %q", errno, got, want)
		}
	}
}
