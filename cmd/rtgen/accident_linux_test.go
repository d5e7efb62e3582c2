package main

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// accident is a program that a probe starts and that does something to the
// worker it was started by: accident KIND SCRIPT, as the kernel calls the
// interpreter of a script.
func accident() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: accident KIND")
		os.Exit(99)
	}
	worker := os.Getppid()
	var err error
	switch kind := os.Args[1]; kind {
	case "segv", "kill", "abort":
		err = unix.Kill(worker, map[string]unix.Signal{"segv": unix.SIGSEGV, "kill": unix.SIGKILL, "abort": unix.SIGABRT}[kind])
		time.Sleep(time.Minute) // the worker is not to answer that the program ended well
	case "garbage":
		err = say(worker, []byte("Bus error\n"))
		time.Sleep(time.Minute)
	case "wrong-number":
		err = say(worker, []byte(`{"Seq":1,"Result":{"syscall":"execve","call":"execve()","errno":0}}`+"\n"))
		time.Sleep(time.Minute)
	case "endless":
		for err == nil {
			err = say(worker, bytes.Repeat([]byte("x"), 1<<16))
		}
	case "starve":
		// No page more than it has: the next growth of its heap fails.
		limit := unix.Rlimit{Cur: 1 << 16, Max: unix.RLIM_INFINITY}
		err = unix.Prlimit(worker, unix.RLIMIT_DATA, &limit, nil)
	default:
		err = fmt.Errorf("unknown accident %q", kind)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "accident: %v\n", err)
		os.Exit(98)
	}
}

// say writes to the descriptor on which the worker answers.
func say(worker int, data []byte) error {
	pidfd, err := unix.PidfdOpen(worker, 0)
	if err != nil {
		return os.NewSyscallError("pidfd_open", err)
	}
	defer unix.Close(pidfd)
	const answers = 3 // the first descriptor after the standard three
	fd, err := unix.PidfdGetfd(pidfd, answers, 0)
	if err != nil {
		return os.NewSyscallError("pidfd_getfd", err)
	}
	defer unix.Close(fd)
	for len(data) > 0 {
		n, err := unix.Write(fd, data)
		if err != nil {
			return os.NewSyscallError("write", err)
		}
		data = data[n:]
	}
	return nil
}
