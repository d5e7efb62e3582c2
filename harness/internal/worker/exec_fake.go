//go:build !darwin && seatbelt_fake

package worker

import (
	"bytes"
	"os"
	"strconv"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// becoming stands in for kqueue's: a process is called by the last component of
// the program that it last became (proc(5), comm), also when it has ended and is
// not reaped. It does not notice a process that becomes a program of the name it
// has.
type becoming struct {
	pid  int
	name atomic.Pointer[[]byte] // nil: nothing was announced
}

func watchBecoming(pid int) (*becoming, error) { return &becoming{pid: pid}, nil }

func (b *becoming) announced() error {
	name, err := comm(b.pid)
	if err == nil {
		b.name.Store(&name)
	}
	return err
}

func (b *becoming) ended() (became bool, err error) {
	for {
		err := unix.Waitid(unix.P_PID, b.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return false, os.NewSyscallError("waitid", err)
		}
		before := b.name.Load()
		if before == nil {
			return false, nil
		}
		name, err := comm(b.pid)
		return err == nil && !bytes.Equal(name, *before), err
	}
}

func (b *becoming) close() {}

func comm(pid int) ([]byte, error) { return os.ReadFile("/proc/" + strconv.Itoa(pid) + "/comm") }

// executable is called "exe", as nothing that a probe starts should be.
func executable() (string, error) { return "/proc/self/exe", nil }
