package op_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// How a child that was told to end did so is on record, and an outside process
// has ended by then when the signal reached it, and only then.
func TestKillTerm(t *testing.T) {
	res := attemptUnder(t, nil, op.Request{Op: "scope.signal", Syscall: "kill_term", Target: op.Child})
	if res.ExitCode == nil || *res.ExitCode != -int(syscall.SIGTERM) || res.Errno != 0 || res.Err != "" {
		t.Errorf("a child: %+v, want the end by SIGTERM", res)
	}
	abi, err := landlock.ABI()
	if err != nil || abi < 6 {
		t.Skipf("needs Landlock ABI 6: %d, %v", abi, err)
	}
	for name, layers := range map[string][]landlock.Ruleset{"free": nil, "scoped": {{Scoped: landlock.ScopeSignal}}} {
		site, err := fixture.Make(shortDir(t), nextSeq(), fixture.Spec{Outside: true})
		if err != nil {
			t.Fatal(err)
		}
		defer site.Close()
		pid := site.Vars[fixture.VarOutsidePID]
		res := attemptUnder(t, layers, op.Request{Op: "scope.signal", Syscall: "kill_term", Target: pid})
		if alive := site.Alive(); alive != (layers != nil) || (res.Errno == 0) != (layers == nil) || res.ExitCode != nil {
			t.Errorf("%s: %+v, alive %t", name, res, alive)
		}
	}
}

// A traced process goes on, untraced, and has not been sent a signal.
func TestTracedProcessGoesOn(t *testing.T) {
	site, err := fixture.Make(shortDir(t), nextSeq(), fixture.Spec{Outside: true})
	if err != nil {
		t.Fatal(err)
	}
	defer site.Close()
	pid := site.Vars[fixture.VarOutsidePID]
	for range 20 {
		for _, variant := range []string{"attach", "seize", "process_vm_writev"} {
			res := attemptUnder(t, nil, op.Request{Op: "ptrace", Syscall: variant, Target: pid})
			if syscall.Errno(res.Errno) == syscall.EPERM {
				t.Skipf("may not trace here: %+v", res)
			}
			if res.Errno != 0 || res.Err != "" {
				t.Fatalf("%+v", res)
			}
			status, err := os.ReadFile("/proc/" + pid + "/status")
			if err != nil {
				t.Fatal(err)
			}
			if text := string(status); !strings.Contains(text, "TracerPid:\t0\n") || strings.Contains(text, "State:\tT") || strings.Contains(text, "State:\tt") {
				t.Errorf("after %s: %s", variant, text)
			}
		}
	}
	if !site.Alive() {
		t.Error("the process has ended")
	}
}

// A child that an attempt started is in the same domain, and one that was there
// before the policy is not.
func TestChildIsUnderThePolicy(t *testing.T) {
	abi, err := landlock.ABI()
	if err != nil || abi < 6 {
		t.Skipf("needs Landlock ABI 6: %d, %v", abi, err)
	}
	var errno syscall.Errno
	var inside op.Result
	landlock.Throwaway(func() {
		pid, end, e := op.StartChild()
		if e != 0 {
			err = e
			return
		}
		defer end()
		if _, err = landlock.Apply([]landlock.Ruleset{{Scoped: landlock.ScopeSignal}}); err != nil {
			return
		}
		errno = syscall.Errno(op.Attempt(op.Request{Op: "scope.signal", Target: strconv.Itoa(pid)}).Errno)
		inside = op.Attempt(op.Request{Op: "scope.signal", Target: op.Child})
	})
	if err != nil {
		t.Fatal(err)
	}
	if errno != eperm || inside.Errno != 0 || inside.Err != "" {
		t.Errorf("a child from before: %v, want EPERM; one from after: %+v, want success", errno, inside)
	}
}

// A child ends with the thread that started it, whatever becomes of the attempt.
func TestChildEndsWithItsThread(t *testing.T) {
	var pid int
	var errno syscall.Errno
	landlock.Throwaway(func() {
		if pid, _, errno = op.StartChild(); errno != 0 {
			return
		}
		// It has then asked for the death signal: a thread that ends before
		// leaves the child to the pipe.
		eventually(t, "blocked signals", func() string {
			status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
			if err != nil || !strings.Contains(string(status), "SigBlk:\t0000000000000000\n") {
				return string(status)
			}
			return ""
		})
	})
	if errno != 0 {
		t.Fatal(errno)
	}
	status, errno := op.Reap(pid)
	if errno != 0 || status.Signal() != unix.SIGKILL {
		t.Errorf("ended with %v, %v, want SIGKILL", status, errno)
	}
}

// A child holds nothing of this process open but its standard input and the
// pipe that ends it.
func TestChildHoldsNothing(t *testing.T) {
	if unix.CloseRange(^uint(0)>>1, ^uint(0)>>1, 0) == unix.ENOSYS {
		t.Skip("needs close_range (Linux 5.9)")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	pid, end, errno := op.StartChild()
	if errno != 0 {
		t.Fatal(errno)
	}
	defer end()
	eventually(t, "descriptors", func() string {
		links, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*")
		if err != nil || len(links) > 2 {
			return strings.Join(links, " ")
		}
		return ""
	})
}
