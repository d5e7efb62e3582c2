package capability

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/fixture/outside"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// setUpRing makes a ring of one entry.
func setUpRing() error {
	var params [120]byte // struct io_uring_params of linux/io_uring.h
	fd, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, uintptr(unsafe.Pointer(&params)), 0)
	if errno != 0 {
		return failed("io_uring_setup (see the sysctl kernel.io_uring_disabled)", errno)
	}
	return unix.Close(int(fd))
}

// compareSelf asks whether this process has the memory of itself.
func compareSelf() error {
	const kcmpVM = 1 // KCMP_VM of linux/kcmp.h
	pid := uintptr(os.Getpid())
	order, _, errno := unix.Syscall6(unix.SYS_KCMP, pid, pid, kcmpVM, 0, 0, 0)
	if errno != 0 {
		return failed("kcmp", errno)
	}
	if order != 0 {
		return fmt.Errorf("kcmp: a process differs from itself by %d", order)
	}
	return nil
}

// executeMemfd makes a file in memory and executes it. It is empty: the kernel
// asks what it is only after it has allowed to execute it.
func executeMemfd() error {
	fd, err := unix.MemfdCreate("rtgen", unix.MFD_CLOEXEC|unix.MFD_EXEC)
	if err == unix.EINVAL { // before Linux 6.3 there is no flag, and no way to forbid it
		fd, err = unix.MemfdCreate("rtgen", unix.MFD_CLOEXEC)
	}
	if err != nil {
		return failed("memfd_create (see the sysctl vm.memfd_noexec)", err)
	}
	defer unix.Close(fd)
	proc, err := os.StartProcess("/proc/self/fd/"+strconv.Itoa(fd), []string{"rtgen"}, &os.ProcAttr{})
	switch {
	case err == nil:
		_ = proc.Kill()
		_, _ = proc.Wait()
		return errors.New("an empty file in memory is a program here")
	case errors.Is(err, unix.ENOEXEC):
		return nil
	}
	return failed("execve of a file in memory", errors.Unwrap(err))
}

// signalByPidfd asks about this process itself.
func signalByPidfd() error {
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		return failed("pidfd_open", err)
	}
	defer unix.Close(fd)
	return failed("pidfd_send_signal", unix.PidfdSendSignal(fd, 0, nil, 0))
}

// openTerminal makes a pseudo-terminal, and asks for its number.
func openTerminal() error {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return failed("open /dev/ptmx", err)
	}
	defer unix.Close(fd)
	_, err = unix.IoctlGetInt(fd, unix.TIOCGPTN)
	return failed("ioctl(TIOCGPTN) of /dev/ptmx", err)
}

// seizeOutside takes hold of a process as a probe would. The tracer is a thread,
// and lets go when it ends.
func seizeOutside() error {
	p, err := outside.Start()
	if err != nil {
		return err
	}
	defer p.Stop()
	landlock.Throwaway(func() { err = unix.PtraceSeize(p.PID()) })
	return failed("ptrace(PTRACE_SEIZE) of a process of our own (see the sysctl kernel.yama.ptrace_scope)", err)
}

// enterUserNamespace starts a process in a user namespace of its own.
func enterUserNamespace() error {
	p, err := outside.StartIn(unix.CLONE_NEWUSER)
	if err != nil {
		return failed("clone(CLONE_NEWUSER) (see the sysctl user.max_user_namespaces)", err)
	}
	p.Stop()
	return nil
}

// setXattr gives a file in the folder an attribute of the user's.
func setXattr(dir string) error {
	f, err := os.CreateTemp(dir, "xattr")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return failed("fsetxattr(user.rtgen) in "+dir, unix.Fsetxattr(int(f.Fd()), "user.rtgen", []byte("x"), 0))
}
