package bundle

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// An flock(2) can only be seen by trying it, or in /proc/locks, which leaves out
// those of other pid namespaces and, on some file systems, names other devices
// than stat(2). So its holder puts a lock of the other kind on the same file,
// which can be asked about. Nothing but the asking depends on it.

// markHeld marks the lock file as held as long as f is open.
func markHeld(f *os.File) {
	_ = unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
}

// lockHeld reports whether the lock file is marked as held, or else locked. The
// taker is known of a lock without a mark only.
func lockHeld(f *os.File) (held bool, taker int, err error) {
	ask := unix.Flock_t{Type: unix.F_RDLCK}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &ask)
	if err != nil {
		return false, 0, os.NewSyscallError("fcntl", err)
	}
	if ask.Type != unix.F_UNLCK {
		return true, 0, nil
	}
	// Of a holder that has not come to mark it, or that is another program.
	locks, err := os.Open("/proc/locks")
	if err != nil {
		return false, 0, nil // the mark is what counts
	}
	defer locks.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return false, 0, os.NewSyscallError("fstat", err)
	}
	inode := fmt.Sprintf("%02x:%02x:%d", unix.Major(st.Dev), unix.Minor(st.Dev), st.Ino)
	for lines := bufio.NewScanner(locks); lines.Scan(); {
		// 1: FLOCK  ADVISORY  WRITE 12345 fe:00:678 0 EOF; see proc_locks(5).
		fields := strings.Fields(lines.Text())
		if len(fields) > 5 && fields[1] == "FLOCK" && fields[5] == inode {
			taker, err = strconv.Atoi(fields[4])
			return true, taker, err
		}
	}
	return false, 0, nil
}
