package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

var libraryChecks = map[string]check{
	"symbols":     checkSymbols,
	"errno":       checkErrno,
	"variadic":    checkVariadic,
	"check-flags": checkFlags,
	"signal-mask": checkSignalMask,
}

func checkSymbols() (string, error) {
	missing, of := libsystem.Missing()
	// Variables are looked up by who makes use of them.
	for _, find := range []func() error{
		func() error { _, err := libsystem.NewBootstrap(); return err },
		func() error { _, err := libsystem.NewXPC(); return err },
		func() error { _, err := libsystem.NewDistributedCenter(); return err },
		func() error { _, err := libsystem.NewPreferences("org.rtgen.selfcheck"); return err },
		func() error { _, err := libsystem.NewLoadedKext("com.apple.kpi.bsd"); return err },
	} {
		if err := find(); err != nil {
			missing = append(missing, err)
		}
	}
	if len(missing) > 0 {
		return "", errors.Join(missing...)
	}
	return fmt.Sprintf("%d functions, and the variables", of), nil
}

func checkErrno() (string, error) {
	const nowhere = "/nothing/is/here"
	list := libsystem.AttrList{BitmapCount: libsystem.AttrBitMapCount, Common: libsystem.AttrCmnName}
	if err := libsystem.GetAttrList(nowhere, list, 1024, 0); err != unix.ENOENT {
		return "", fmt.Errorf("getattrlist of %s: %v, wanted ENOENT", nowhere, err)
	}
	if errno, err := libsystem.RemoveSharedMemory("/rtgen.selfcheck.none"); err != nil || errno != int(unix.ENOENT) {
		return "", fmt.Errorf("shm_unlink of what is not there: errno %d, %v, wanted ENOENT", errno, err)
	}
	return "getattrlist and shm_unlink of nothing: ENOENT", nil
}

// checkVariadic calls two functions whose last argument is behind the "…": one
// that takes an address there, and one that takes a number, which must arrive.
func checkVariadic() (string, error) {
	fd, err := unix.Open(privateTemp, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", unchecked("open %s: %v", privateTemp, err)
	}
	defer unix.Close(fd)
	if path, err := libsystem.PathOf(fd); path != privateTemp || err != nil {
		return "", fmt.Errorf("fcntl F_GETPATH of %s: %q, %v", privateTemp, path, err)
	}
	name := fmt.Sprintf("/rtgen.selfcheck.%d", os.Getpid())
	shm, errno, err := libsystem.CreateSharedMemory(name)
	if err != nil || errno != 0 {
		return "", fmt.Errorf("shm_open: errno %d, %v", errno, err)
	}
	defer unix.Close(shm)
	defer libsystem.RemoveSharedMemory(name)
	var st unix.Stat_t
	if err := unix.Fstat(shm, &st); err != nil {
		return "", unchecked("fstat of shared memory: %v", err)
	}
	if mode := st.Mode & 0o777; mode != 0o600 {
		return "", fmt.Errorf("shm_open with mode 0600 made an object of mode %#o", mode)
	}
	return "fcntl took an address, shm_open a mode of 0600", nil
}

func checkFlags() (string, error) {
	for name, want := range map[string]uint32{
		libsystem.SandboxNoReport: 0x40000000, libsystem.SandboxCanonical: 0x20000000,
	} {
		if value, err := libsystem.SandboxFlag(name); err != nil || value != want {
			return "", fmt.Errorf("%s is %#x, %v, wanted %#x", name, value, err, want)
		}
	}
	return "both are", nil
}

func checkSignalMask() (string, error) {
	runtime.LockOSThread() // a mask is a thread's
	defer runtime.UnlockOSThread()
	const usr2 = 1 << (uint(syscall.SIGUSR2) - 1)
	before, err := libsystem.SetSignalMask(usr2)
	if err != nil {
		return "", err
	}
	set, err := libsystem.SetSignalMask(before)
	switch {
	case err != nil:
		return "", err
	case set != usr2:
		return "", fmt.Errorf("the mask that was set is %#x, wanted %#x", set, usr2)
	}
	if err := libsystem.DefaultAction(syscall.SIGWINCH); err != nil {
		return "", fmt.Errorf("sigaction: %w", err)
	}
	return fmt.Sprintf("mask %#x, then %#x, and a default action", before, set), nil
}
