package witness

import (
	"os/signal"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestSwitch(t *testing.T) {
	noShared(t)
	s, err := Enable()
	if err != nil {
		t.Fatal(err)
	}
	ref := recorded(t)
	if ref == nil || s.On.Enabled == 0 || s.On.BacklogLimit != 0 && s.On.BacklogLimit < roomyBacklog && s.On.Enabled != locked {
		t.Errorf("on = %+v, reference %+v", s.On, ref)
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
	r, err := Open()
	now, err2 := QueryStatus()
	if err == nil {
		r.Close()
		t.Skip("audit is on already, by another process or this machine's configuration")
	}
	if err2 == nil && now.Enabled == 0 && !strings.Contains(err.Error(), "--witness=enable") {
		t.Errorf("Open() = %v", err)
	}
}

// Audit that is turned off under a reader is a loss.
func TestTurnedOffMeanwhile(t *testing.T) {
	noShared(t)
	s, err := Enable()
	if err != nil {
		t.Fatal(err)
	}
	ref := recorded(t)
	r, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := s.Restore(); err != nil {
		t.Fatal(err)
	}
	if now, err := QueryStatus(); err != nil || now.Enabled != 0 {
		wantRestored(t, ref)
		t.Skip("audit stays on for another process, or by this machine's configuration")
	}
	for deadline := time.Now().Add(plenty); ; time.Sleep(time.Millisecond) {
		if n, why := r.Lost(); n != 0 && strings.Contains(strings.Join(why, "\n"), "turned off") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("no loss was noticed")
		}
	}
}
