//go:build !darwin && seatbelt_fake

package seatbelt_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// asNobody does something on a thread to whose file accesses the kernel grants
// nothing special, as to a user who owns nothing; it dies with it.
func asNobody(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		if os.Geteuid() == 0 {
			unix.SetfsuidRetUid(65534)
			unix.SetfsgidRetGid(65534)
		}
		do()
	}()
	<-done
}

// What the file's mode forbids is no denial of a policy: EACCES decides nothing.
func TestFileAttemptsWithoutRight(t *testing.T) {
	for _, r := range fileRows() {
		if r.call.Name == "access" && os.Getuid() == 0 {
			continue // it asks for the real user, who may everything
		}
		t.Run(r.String(), func(t *testing.T) {
			closed := filepath.Join(folder(t), "closed")
			target := filepath.Join(closed, "f")
			if err := os.Mkdir(closed, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, target, "x")
			if err := os.Chmod(closed, 0); err != nil {
				t.Fatal(err)
			}
			defer os.Chmod(closed, 0o700)
			var res op.Result
			var sight *op.Sight
			asNobody(t, func() { res, sight = attempt(r.request(target, "")) })
			decision, kind := seatbelt.Classify(res)
			if decision != "" || res.Errno != int(unix.EACCES) || r.asks() && kind != op.KindErrno {
				t.Errorf("decided %q, %q: %+v", decision, kind, res)
			}
			if sight.Errno != int(unix.EACCES) || sight.Path != "" || sight.New {
				t.Errorf("the look saw %+v", sight)
			}
		})
	}
}
