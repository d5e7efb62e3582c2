package witness

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"
)

func TestSwitch(t *testing.T) {
	noShared(t)
	s, err := Enable()
	if err != nil {
		t.Fatal(err)
	}
	ref := recorded(t)
	on, err := QueryStatus()
	if err != nil || ref == nil || on.Enabled == 0 || on.BacklogLimit != 0 && on.BacklogLimit < roomyBacklog && on.Enabled != locked {
		t.Errorf("on = %+v, %v, reference %+v", on, err, ref)
	}
	for range 2 {
		if err := s.Restore(); err != nil {
			t.Error(err)
		}
	}
	wantRestored(t, ref)
}

// Nothing but the end of its parent ends a guardian, and it restores then.
func TestKilled(t *testing.T) {
	for _, c := range []struct {
		name string
		sig  unix.Signal
	}{
		{"kill", unix.SIGKILL},
		{"terminate", unix.SIGTERM},
		{"interrupt", unix.SIGINT},
	} {
		t.Run(c.name, func(t *testing.T) {
			if signal.Ignored(c.sig) {
				t.Skipf("needs %v not to be ignored, as a shell ignores it for programs in the background", c.sig)
			}
			noShared(t)
			h := startHolder(t)
			ref := recorded(t)
			if ref == nil {
				t.Fatal("no reference while a holder is alive")
			}
			for _, sig := range []unix.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT} {
				kill(t, h.Guardian, sig)
			}
			if now, err := QueryStatus(); err != nil || now.Enabled == 0 {
				t.Errorf("audit is off under a holder: %+v, %v", now, err)
			}
			kill(t, h.cmd.Process.Pid, c.sig)
			if err := h.wait(); err == nil {
				t.Error("the holder was not killed")
			}
			gone(t, h.Guardian)
			wantRestored(t, ref)
		})
	}
}

// When guardian and parent are killed, the next holder restores for them.
func TestGuardianKilled(t *testing.T) {
	t.Run("parent_restores", func(t *testing.T) {
		noShared(t)
		s, err := Enable()
		if err != nil {
			t.Fatal(err)
		}
		ref := recorded(t)
		kill(t, s.guardian.pid, unix.SIGKILL)
		if err := s.Restore(); err != nil {
			t.Error(err)
		}
		wantRestored(t, ref)
	})
	t.Run("next_restores", func(t *testing.T) {
		noShared(t)
		h := startHolder(t)
		ref := recorded(t)
		kill(t, h.Guardian, unix.SIGKILL)
		kill(t, h.cmd.Process.Pid, unix.SIGKILL)
		_ = h.wait()
		gone(t, h.Guardian)
		s, err := Enable()
		if err != nil {
			t.Fatal(err)
		}
		if next := recorded(t); next == nil || next.Before != ref.Before {
			t.Errorf("the next holder would restore %+v, want %+v", next, ref.Before)
		}
		if err := s.Restore(); err != nil {
			t.Error(err)
		}
		wantRestored(t, ref)
	})
}

// Audit stays on until the last holder ends, whichever that is.
func TestOverlap(t *testing.T) {
	for _, c := range []struct {
		name string
		ends func(t *testing.T, h *holder)
	}{
		{"restored", func(t *testing.T, h *holder) {
			if err := h.end(); err != nil {
				t.Error(err)
			}
		}},
		{"killed", func(t *testing.T, h *holder) {
			kill(t, h.cmd.Process.Pid, unix.SIGKILL)
			_ = h.wait()
			gone(t, h.Guardian)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			noShared(t)
			first := startHolder(t)
			ref := recorded(t)
			second, third := startHolder(t), startHolder(t)
			for _, h := range []*holder{first, third} {
				c.ends(t, h)
				if now, err := QueryStatus(); err != nil || now.Enabled == 0 {
					t.Fatalf("audit is off under a holder: %+v, %v", now, err)
				}
			}
			c.ends(t, second)
			wantRestored(t, ref)
		})
	}
}

// Many at once come and go.
func TestCrowd(t *testing.T) {
	noShared(t)
	first := startHolder(t)
	ref := recorded(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 3 {
				s, err := Enable()
				if err != nil {
					t.Error(err)
					return
				}
				if now, err := QueryStatus(); err != nil || now.Enabled == 0 {
					t.Errorf("audit is off under a holder: %+v, %v", now, err)
				}
				if err := s.Restore(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	_ = first.end()
	wantRestored(t, ref)
}

// A reader says that audit is off, rather than waiting for what cannot come.
func TestOff(t *testing.T) {
	noShared(t)
	undisturbed(t, func() bool {
		alone := false
		inGate(t, func(s *scheme) {
			if alone = s.alone(t); !alone {
				return
			}
			if now, err := s.control.status(); err != nil || now.Enabled != 0 {
				t.Skipf("needs a machine whose audit is off: %+v, %v", now, err)
			}
			r, err := Open()
			var missing *Unavailable
			if err == nil {
				r.Close()
			}
			if !errors.As(err, &missing) || !strings.Contains(err.Error(), "--witness=enable") {
				t.Errorf("Open() = %v", err)
			}
			if err := Readable(); err != nil {
				t.Errorf("Readable() = %v, and it need not be on for that", err)
			}
		})
		return alone
	})
}

// Audit that is turned off under a reader is a loss, and ends the wait for what
// cannot come any more.
func TestTurnedOffMeanwhile(t *testing.T) {
	noShared(t)
	undisturbed(t, func() bool {
		s, err := Enable()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Restore()
		r, err := Open()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		tag := newTag()
		r.Watch(tag)
		type answer struct {
			f   Finding
			err error
		}
		answers := make(chan answer, 2)
		go func() {
			f, err := r.Await(t.Context(), tag, time.Hour)
			answers <- answer{f, err}
		}()
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
		alone, on := false, false
		inGate(t, func(s *scheme) {
			alone = s.alone(t)
			now, err := s.control.status()
			if err != nil {
				t.Fatal(err)
			}
			on = now.Enabled != 0
		})
		if !alone {
			r.Close()
			<-answers
			return false
		}
		if on {
			t.Skip("needs a machine whose audit is off")
		}
		go func() {
			f, err := r.Collect(t.Context(), tag, time.Hour)
			answers <- answer{f, err}
		}()
		for range 2 {
			a := <-answers
			var none *NoRecordError
			if !errors.As(a.err, &none) || !none.Off || a.f.Complete || !strings.Contains(strings.Join(a.f.Losses, "\n"), "turned off") {
				t.Errorf("= %+v, %v, want a NoRecordError that says that audit was turned off", a.f, a.err)
			}
		}
		if why := r.Lost(); !strings.Contains(strings.Join(why, "\n"), "turned off") {
			t.Errorf("Lost() = %q", why)
		}
		return true
	})
}

// A lock that someone else took is said, and nothing is left behind that a later
// holder could take for the state of a killed one.
func TestLockTaken(t *testing.T) {
	needAudit(t)
	s, err := openScheme()
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	dir := t.TempDir()
	s.file = filepath.Join(dir, "reference.json")
	s.gate, s.users = flock.New(filepath.Join(dir, "gate")), flock.New(filepath.Join(dir, "users"))
	other := flock.New(s.users.Path())
	if ok, err := other.TryLock(); !ok || err != nil {
		t.Fatalf("lock: %v, %v", ok, err)
	}
	defer other.Close()
	if _, err := s.enter(); err == nil || !strings.Contains(err.Error(), "users: held exclusively by another program: see fuser") {
		t.Errorf("enter() = %v", err)
	}
	if _, err := os.Lstat(s.file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reference: %v, want none", err)
	}
}
