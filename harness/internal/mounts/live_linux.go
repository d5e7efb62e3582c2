package mounts

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Open opens the calling thread's mount table. What is read from then on is the
// table of that thread's namespace as it is seen from its root, whatever thread
// reads it: the descriptor was opened before any policy, and none is asked for
// it again.
func Open() (*Live, error) {
	const name = "/proc/thread-self/mountinfo"
	for {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		switch {
		case err == nil:
			return &Live{fd: fd}, nil
		case err != unix.EINTR:
			return nil, &os.PathError{Op: "open", Path: name, Err: err}
		}
	}
}

// changed reports whether the table is another than when it was last asked. It
// asks for the event that the kernel keeps for this very descriptor
// (proc_pid_mounts(5)): it comes once for any number of changes.
func changed(fd int) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLPRI}}
	for {
		_, err := unix.Poll(fds, 0)
		switch {
		case err == nil:
			return fds[0].Revents&(unix.POLLPRI|unix.POLLERR) != 0, nil
		case err != unix.EINTR:
			return false, os.NewSyscallError("poll", err)
		}
	}
}

func readAll(fd int) (string, error) {
	if _, err := unix.Seek(fd, 0, unix.SEEK_SET); err != nil {
		return "", os.NewSyscallError("lseek", err)
	}
	var text strings.Builder
	buf := make([]byte, 16<<10)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case err == unix.EINTR:
		case err != nil:
			return "", os.NewSyscallError("read", err)
		case n == 0:
			return text.String(), nil
		default:
			text.Write(buf[:n])
		}
	}
}

func closeFD(fd int) { unix.Close(fd) }
