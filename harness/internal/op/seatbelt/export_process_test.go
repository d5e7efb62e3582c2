//go:build darwin || seatbelt_fake

package seatbelt

import (
	"time"

	"golang.org/x/sys/unix"
)

// SetConnectLimit sets how long a peer is waited for and returns how to set it
// back.
func SetConnectLimit(d time.Duration) (restore func()) {
	old := connectLimit
	connectLimit = d
	return func() { connectLimit = old }
}

// SetID says why a refusal to execute a file of that mode is no answer.
func SetID(mode uint32, errno int) string { return setID(mode, errno) }

// LetGo forks a child that waits, lets it go when it has said that it is there, and
// returns how it ended.
func LetGo() (status unix.WaitStatus, problem string) {
	var ready, until descriptors
	defer ready.close()
	defer until.close()
	if ready.open() != 0 || until.open() != 0 {
		return 0, "no pipe"
	}
	pid, errno := fork(&forked{waits: true, ready: ready.numbers(), until: until.numbers()})
	if errno != 0 {
		return 0, errno.Error()
	}
	ready.closeWriter()
	problem = ready.await()
	if pollUntil(ready[0], unix.POLLIN, time.Now().Add(time.Millisecond)) {
		problem = "it does not wait"
	}
	until.close()
	status, _ = reap(pid)
	return status, problem
}
