//go:build unix

package mapping

import "syscall"

// openFlags keeps open(2) from waiting for a writer, should a FIFO take the
// file's place after it was looked at.
const openFlags = syscall.O_NONBLOCK
