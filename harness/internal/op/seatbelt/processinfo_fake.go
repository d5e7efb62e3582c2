//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// Here /proc says what libproc and sysctlbyname say on macOS.

func procBSDInfo() (func(pid int) (libsystem.BSDInfo, int, int), error) {
	return func(pid int) (info libsystem.BSDInfo, n, errno int) {
		if _, errno := readProc(strconv.Itoa(pid) + "/stat"); errno != 0 {
			return info, 0, errno
		}
		info.PID = uint32(pid)
		return info, libsystem.BSDInfoSize, 0
	}, nil
}

func procRUsage() (func(pid int) (rc, errno int), error) {
	return func(pid int) (rc, errno int) {
		if _, errno := readProc(strconv.Itoa(pid) + "/stat"); errno != 0 {
			return -1, errno
		}
		return 0, 0
	}, nil
}

func procList() (func(size int) (n, errno int), error) {
	return func(size int) (n, errno int) {
		entries, err := os.ReadDir("/proc")
		if err != nil {
			return 0, int(numberOf(err))
		}
		for _, entry := range entries {
			if _, err := strconv.Atoi(entry.Name()); err == nil && n+4 <= size {
				n += 4
			}
		}
		return n, 0
	}, nil
}

func sysctlByName() (func(name string, size int) (n, errno int), error) {
	return func(name string, size int) (n, errno int) {
		if rest, ok := strings.CutPrefix(name, "kern."); ok {
			name = "kernel." + rest
		}
		b, errno := readProc("sys/" + strings.ReplaceAll(name, ".", "/"))
		switch {
		case errno == int(syscall.ESRCH):
			return 0, int(syscall.ENOENT)
		case errno == 0 && size > 0 && len(b) > size:
			return 0, int(syscall.ENOMEM)
		}
		return len(b), errno
	}, nil
}

// readProc reads a file below /proc; what is not there is no process.
func readProc(name string) ([]byte, int) {
	b, err := os.ReadFile("/proc/" + name)
	errno := numberOf(err)
	if errno == syscall.ENOENT {
		errno = syscall.ESRCH
	}
	return b, int(errno)
}
