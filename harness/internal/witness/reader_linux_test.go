package witness

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A program started under a policy is logged when the policy says so, with the
// domain of the thread that started it.
func TestProgram(t *testing.T) {
	r := open(t)
	secret := file(t, "secret")
	for _, c := range []struct {
		name   string
		flags  uintptr
		logged bool
	}{
		{"logged", unix.LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON, true},
		{"not_logged", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			tag := newTag()
			r.Watch(tag)
			defer r.Forget(tag)
			var out []byte
			err := under(t, tag, []layer{{fs: unix.LANDLOCK_ACCESS_FS_WRITE_FILE, flags: c.flags}}, func() (err error) {
				cmd := exec.Command("/bin/sh", "-c", `echo x > "$1"`, "sh", secret)
				cmd.Stdin = os.Stdin // nothing else to open for writing
				out, err = cmd.CombinedOutput()
				return err
			})
			if err == nil {
				t.Fatalf("the program was not denied: %s", out)
			}
			f, err := r.Collect(t.Context(), tag, plenty)
			var none *NoRecordError
			switch {
			case c.logged && err != nil:
				t.Fatal(err)
			case c.logged && !slices.ContainsFunc(f.Denials, func(d Denial) bool { return d.Path == secret && d.PID == os.Getpid() }):
				t.Errorf("= %+v, want a denial of %s", f.Denials, secret)
			case !c.logged && (!errors.As(err, &none) || none.Limit != 0):
				t.Errorf("= %+v, %v; want a settled NoRecordError", f, err)
			}
		})
	}
}

// A denial that the policy keeps out of the log is not found, and that is said
// as what it is.
func TestNoRecord(t *testing.T) {
	r := open(t)
	plain := file(t, "plain")
	quiet := noReads
	quiet.flags = unix.LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF
	mute := noWrites
	mute.flags = unix.LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF
	for _, c := range []struct {
		name    string
		layers  []layer
		attempt func() error
		errno   error
	}{
		{"same_exec_off", []layer{quiet}, opens(plain), unix.EACCES},
		{"subdomains_off", []layer{mute, noReads}, opens(plain), unix.EACCES},
		{"not_landlock", []layer{noReads}, opens(plain + ".not"), unix.ENOENT},
		{"allowed", []layer{noWrites}, opens(plain), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			tag := newTag()
			r.Watch(tag)
			defer r.Forget(tag)
			if err := under(t, tag, c.layers, c.attempt); !errors.Is(err, c.errno) {
				t.Fatalf("attempt: %v, want %v", err, c.errno)
			}
			var none *NoRecordError
			if f, err := r.Collect(t.Context(), tag, plenty); !errors.As(err, &none) || none.Limit != 0 || len(f.Denials) != 0 {
				t.Errorf("Collect = %+v, %v", f, err)
			}
			if f, err := r.Await(t.Context(), tag, time.Millisecond); !errors.As(err, &none) || none.Limit == 0 || len(f.Denials) != 0 {
				t.Errorf("Await = %+v, %v", f, err)
			}
		})
	}
}

// Many in a row, from one domain and from many, none lost.
func TestMany(t *testing.T) {
	r := open(t)
	plain := file(t, "plain")
	t.Run("one_domain", func(t *testing.T) {
		const n = 2000
		tag := newTag()
		r.Watch(tag)
		defer r.Forget(tag)
		_ = under(t, tag, []layer{noReads}, func() error {
			for range n {
				if err := opens(plain)(); !errors.Is(err, unix.EACCES) {
					t.Errorf("attempt: %v", err)
				}
			}
			return nil
		})
		f, err := r.Collect(t.Context(), tag, plenty)
		if err != nil {
			t.Fatal(err)
		}
		// Whoever else writes to the log may make it lose ours, and then that
		// must be said.
		if len(f.Denials) != n && f.Complete || len(f.Denials) > n {
			t.Errorf("%d of %d denials, and nothing lost", len(f.Denials), n)
		}
		if len(f.Denials) < n {
			t.Logf("%d of %d denials: %q", len(f.Denials), n, f.Losses)
		}
		for i := 1; i < len(f.Denials); i++ {
			if f.Denials[i].Serial <= f.Denials[i-1].Serial {
				t.Fatalf("out of order: %d after %d", f.Denials[i].Serial, f.Denials[i-1].Serial)
			}
		}
	})
	t.Run("many_domains", func(t *testing.T) {
		done := make(chan int)
		for range 4 {
			go func() {
				var found int
				for range 100 {
					tag := newTag()
					r.Watch(tag)
					_ = under(t, tag, []layer{noReads}, opens(plain))
					f, err := r.Await(t.Context(), tag, plenty)
					if err != nil {
						t.Error(err)
					} else if f.Denials[0].Path != plain {
						t.Errorf("= %+v", f)
					}
					found += len(f.Denials)
					r.Forget(tag)
				}
				done <- found
			}()
		}
		for range 4 {
			if found := <-done; found != 100 {
				t.Errorf("%d denials of 100", found)
			}
		}
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range r.log.domains {
		if d.named && strings.HasPrefix(d.tag, fmt.Sprintf("w%x", os.Getpid())) {
			t.Errorf("forgotten domain is kept: %+v", d)
		}
	}
}

// A reader that cannot keep up says so, of the tags that it concerns.
func TestOverflow(t *testing.T) {
	needAudit(t)
	src, err := openSource(1) // the kernel makes it the least it has, some 2 KiB
	if err != nil {
		t.Skip("needs the audit log of Landlock: ", err)
	}
	slow := &slowly{source: src, wait: make(chan struct{})}
	r := newReader(slow)
	defer r.Close()
	plain := file(t, "plain")
	tag := newTag()
	r.Watch(tag)
	const n = 200
	_ = under(t, tag, []layer{noReads}, func() error {
		for range n {
			_ = opens(plain)()
		}
		return nil
	})
	// The kernel is done with them when another reader has them.
	settled := open(t)
	if err := settled.Settle(t.Context(), plenty); err != nil {
		t.Fatal(err)
	}
	close(slow.wait)
	var f Finding
	for len(f.Losses) == 0 {
		if t.Context().Err() != nil {
			t.Fatal("no loss was noticed")
		}
		runtime.Gosched()
		f = r.Find(tag)
	}
	why := r.Lost()
	r.mu.Lock()
	lost := r.log.lost.counts[lossSocket] + r.log.lost.counts[lossKernel]
	r.mu.Unlock()
	if lost == 0 || len(why) == 0 || f.Complete || len(f.Denials) >= n || lost < uint64(n-len(f.Denials)) {
		t.Errorf("lost %d, %q; %d denials of %d", lost, why, len(f.Denials), n)
	}
	t.Logf("%d denials of %d: %q", len(f.Denials), n, f.Losses)
	after := newTag()
	r.Watch(after)
	if f := r.Find(after); len(f.Losses) != 0 {
		t.Errorf("a later tag has the losses before it: %q", f.Losses)
	}
}

// slowly reads the kernel's log, but not before it is let.
type slowly struct {
	source
	wait chan struct{}
}

func (s *slowly) receive(r *Reader) error {
	<-s.wait
	return s.source.receive(r)
}

func (s *slowly) status() (Status, error) { return s.source.status() }

// Close gets those who wait back.
func TestClose(t *testing.T) {
	r := open(t)
	got := make(chan error)
	go func() {
		_, err := r.Await(t.Context(), newTag(), time.Hour)
		got <- err
	}()
	r.Close()
	if err := <-got; !errors.Is(err, ErrClosed) {
		t.Errorf("Await = %v, want ErrClosed", err)
	}
	if _, err := r.Collect(t.Context(), newTag(), time.Hour); !errors.Is(err, ErrClosed) {
		t.Errorf("Collect = %v, want ErrClosed", err)
	}
}
