package seatbelt

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// A kqueue among the descriptors does not keep a program from being attempted, and
// the program does not inherit it.
func TestExecWithKqueue(t *testing.T) {
	queue, err := unix.Kqueue()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(queue)
	if fds, err := OpenDescriptors(); err != nil || !slices.Contains(fds, queue) {
		t.Errorf("/dev/fd has %d, %v, want %d among them", fds, err, queue)
	}
	var res op.Result
	if attempt, _ := prepareExec(Request{Target: "/usr/bin/true"}, &res); attempt == nil {
		t.Errorf("no attempt: %s", res.Err)
	}
	if flags, err := unix.FcntlInt(uintptr(queue), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("flags of the kqueue are %#x, %v: the program would inherit it", flags, err)
	}
}
