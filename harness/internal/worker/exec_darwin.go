package worker

import (
	"os"

	"golang.org/x/sys/unix"
)

// becoming notices that a process becomes another program, by EVFILT_PROC of
// kqueue(2): the kernel's NOTE_EXEC is sent when execve(2) has succeeded, and by
// nothing that the process could do itself. The note of its end comes before it
// can be reaped.
type becoming struct{ kq int }

func watchBecoming(pid int) (*becoming, error) {
	kq, err := unix.Kqueue()
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	unix.CloseOnExec(kq)
	change := unix.Kevent_t{Fflags: unix.NOTE_EXEC | unix.NOTE_EXIT}
	unix.SetKevent(&change, pid, unix.EVFILT_PROC, unix.EV_ADD)
	for {
		_, err = unix.Kevent(kq, []unix.Kevent_t{change}, nil, nil)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		unix.Close(kq)
		return nil, os.NewSyscallError("kevent", err)
	}
	return &becoming{kq}, nil
}

// ended waits for the end of the process and says whether it became another
// program before. It does not reap it.
func (b *becoming) ended() (became bool, err error) {
	for {
		var events [1]unix.Kevent_t
		n, err := unix.Kevent(b.kq, nil, events[:], nil)
		switch {
		case err == unix.EINTR || err == nil && n == 0:
			continue
		case err != nil:
			return became, os.NewSyscallError("kevent", err)
		}
		// Notes that came since the last look arrive as one.
		became = became || events[0].Fflags&unix.NOTE_EXEC != 0
		if events[0].Fflags&unix.NOTE_EXIT != 0 {
			return became, nil
		}
	}
}

func (b *becoming) close() { unix.Close(b.kq) }

func executable() (string, error) { return os.Executable() }
