package witness

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

// held is what a holding process says of itself.
type held struct {
	Guardian int
	Err      string
}

// hold is a holding process's life.
func hold() {
	s, err := Enable()
	var h held
	if err != nil {
		h.Err = err.Error()
	} else {
		h.Guardian = s.guardian.pid
	}
	_ = json.NewEncoder(os.Stdout).Encode(h)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if s != nil {
		if err := s.Restore(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(0)
}

type holder struct {
	held
	cmd *exec.Cmd
	end func() error // tells it to end, and waits

	wait func() error // waits
}

func startHolder(t *testing.T) *holder {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), envHold+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := &holder{cmd: cmd}
	h.wait = sync.OnceValue(cmd.Wait)
	h.end = func() error { in.Close(); return h.wait() }
	t.Cleanup(func() { _ = h.end() })
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&h.held); err != nil {
		t.Fatal(err)
	}
	if h.Err != "" {
		t.Fatal(h.Err)
	}
	if now, err := QueryStatus(); err != nil || now.Enabled == 0 {
		t.Fatalf("audit is off under a holder: %+v, %v", now, err)
	}
	return h
}

// noShared lets go of what the other tests hold, so that the end of a Switch may
// be the end of the last one. One test at a time, of all processes that run the
// tests of this package: some leave audit on until they have looked at it.
func noShared(t *testing.T) {
	t.Helper()
	needAudit(t)
	dir, err := schemeDir()
	if err != nil {
		t.Fatal(err)
	}
	turn := flock.New(filepath.Join(dir, "test"))
	if err := turn.Lock(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = turn.Close() })
	if err := shared.Restore(); err != nil {
		t.Fatal(err)
	}
	shared = nil
}

// recorded is the reference on disk, nil when there is none.
func recorded(t *testing.T) *reference {
	t.Helper()
	var ref *reference
	inGate(t, func(s *scheme) {
		var err error
		if ref, err = s.read(); err != nil {
			t.Fatal(err)
		}
	})
	return ref
}

// inGate looks at the scheme while no holder comes or goes. None may be waited
// for meanwhile.
func inGate(t *testing.T, look func(s *scheme)) {
	t.Helper()
	s, err := openScheme()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	leave, err := s.lockGate()
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	look(s)
}

// alone says whether there is no holder. None can come before the look ends.
func (s *scheme) alone(t *testing.T) bool {
	t.Helper()
	alone, err := s.users.TryLock()
	if err != nil {
		t.Fatal(err)
	}
	return alone
}

// undisturbed tries until the others of this machine that hold audit, such as
// the tests of other packages, leave room for it, and skips when they do not.
func undisturbed(t *testing.T, try func() bool) {
	t.Helper()
	const room = 20 * time.Second
	for start := time.Now(); !try(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > room {
			t.Skipf("needs audit to be off, and another process holds it for %v", room)
		}
	}
}

// wantRestored checks that audit is as it was before ref, unless a holder that
// is not of this test is alive: then it must be on.
func wantRestored(t *testing.T, ref *reference) {
	t.Helper()
	inGate(t, func(s *scheme) {
		alone := s.alone(t)
		now, err := s.control.status()
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case !alone:
			t.Log("another process holds audit: that it is restored cannot be seen")
			if now.Enabled == 0 {
				t.Error("audit is off under a holder")
			}
		case now.setting() != ref.Before:
			t.Errorf("audit is %+v, was %+v", now.setting(), ref.Before)
		default:
			if left, err := s.read(); left != nil || err != nil {
				t.Errorf("reference is left behind: %+v, %v", left, err)
			}
		}
	})
}

// gone waits for a process that is not a child to end.
func gone(t *testing.T, pid int) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err == unix.ESRCH {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(plenty.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if err != nil || n != 1 {
			t.Fatalf("process %d does not end: %v", pid, err)
		}
		return
	}
}

func kill(t *testing.T, pid int, sig unix.Signal) {
	t.Helper()
	if err := unix.Kill(pid, sig); err != nil {
		t.Fatalf("kill(%d, %v): %v", pid, sig, err)
	}
}
