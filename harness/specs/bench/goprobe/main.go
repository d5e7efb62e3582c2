// Goprobe is cprobe in Go: it applies a Landlock policy given as arguments to
// its thread, opens one file, and exits with the errno.
package main

import (
	"errors"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func main() {
	runtime.LockOSThread()
	args := os.Args[1:]
	policy := landlock.Ruleset{HandledFS: landlock.AccessFS(number(args[0]))}
	for args = args[1:]; len(args) > 2; args = args[2:] {
		policy.Paths = append(policy.Paths, landlock.PathRule{Parent: args[1], Access: landlock.AccessFS(number(args[0]))})
	}
	if _, err := landlock.Apply([]landlock.Ruleset{policy}); err != nil {
		exit(err)
	}
	_, err := syscall.Open(args[0], syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	exit(err)
}

func number(s string) uint64 {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		os.Exit(255)
	}
	return n
}

func exit(err error) {
	var errno syscall.Errno
	if err != nil && !errors.As(err, &errno) {
		os.Exit(255)
	}
	os.Exit(int(errno))
}
