package worker

import (
	"fmt"
	"os"
	"sort"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inherited lists the descriptors beyond the standard three that came from the
// parent: they are the ones a program started by a probe would get too, so they
// lack close-on-exec. "3 -> pipe:[4711]".
func inherited() []string {
	var list []string
	for _, fd := range inheritable() {
		to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
		if err != nil {
			continue
		}
		list = append(list, strconv.Itoa(fd)+" -> "+to)
	}
	return list
}

func inheritable() []int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	var fds []int
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd <= 2 {
			continue
		}
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, fd)
		}
	}
	sort.Ints(fds)
	return fds
}

// tidy makes a worker clean: no inherited descriptors, and default actions for
// the signals that Go leaves ignored when the parent ignored them (nohup and
// shells do), because programs started by a probe would inherit that.
func tidy() error {
	for _, fd := range inheritable() {
		unix.Close(fd)
	}
	for _, sig := range []unix.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGCONT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU} {
		if err := defaultAction(sig); err != nil {
			return fmt.Errorf("default action for %v: %w", sig, err)
		}
	}
	return nil
}

// defaultAction is rt_sigaction(sig, SIG_DFL). An all-zero kernel sigaction is
// SIG_DFL with no flags and an empty mask on every architecture Go supports.
func defaultAction(sig unix.Signal) error {
	var dfl [32]byte
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&dfl)), 0, 8, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}
