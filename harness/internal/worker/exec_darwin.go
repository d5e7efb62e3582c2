package worker

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// becoming notices that a process becomes another program, by EVFILT_PROC of
// kqueue(2): the kernel's NOTE_EXEC is sent when execve(2) has succeeded, and by
// nothing that the process could do itself. The note of its end comes before it
// can be reaped.
type becoming struct{ kq, pid int }

// watchBecoming watches for the end of the process alone. The NOTE_EXEC of the
// program that it is may be still to come: the kernel closes what is close-on-exec,
// which is what os.StartProcess waits for, before it sends that (exec_mach_imgact
// of XNU's bsd/kern/kern_exec.c).
func watchBecoming(pid int) (*becoming, error) {
	kq, err := unix.Kqueue()
	if err != nil {
		return nil, os.NewSyscallError("kqueue", err)
	}
	unix.CloseOnExec(kq)
	b := &becoming{kq, pid}
	if err := b.ask(unix.NOTE_EXIT); err != nil {
		unix.Close(kq)
		return nil, err
	}
	return b, nil
}

// announced watches for another program from now on, while the process waits to
// become it: what speaks has become what it is. A process that has ended meanwhile
// becomes nothing.
func (b *becoming) announced() error {
	err := b.ask(unix.NOTE_EXEC | unix.NOTE_EXIT)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}

// ask puts the notes in the place of those that were asked for before.
func (b *becoming) ask(notes uint32) error {
	change := unix.Kevent_t{Fflags: notes}
	unix.SetKevent(&change, b.pid, unix.EVFILT_PROC, unix.EV_ADD)
	for {
		_, err := unix.Kevent(b.kq, []unix.Kevent_t{change}, nil, nil)
		if err != unix.EINTR {
			return os.NewSyscallError("kevent", err)
		}
	}
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
