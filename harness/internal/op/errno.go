package op

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrnoName is the symbolic name of an errno of this host, e.g. "EACCES"; empty
// for a number it does not have.
func ErrnoName(errno int) string { return unix.ErrnoName(syscall.Errno(errno)) }
