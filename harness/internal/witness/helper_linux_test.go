package witness

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// A process that nobody started as a helper is none, whatever its environment
// says: it does nothing, and says why.
func TestHelperIsNotForPeople(t *testing.T) {
	pipe := func() (*os.File, *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		return r, w
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, w := pipe()
	r2, w2 := pipe()
	for _, c := range []struct {
		name, role string
		files      []*os.File
	}{
		{"nothing", "guard", nil},
		{"nothing_of_a_sentinel", "sentinel x", nil},
		{"no_pipes", "guard", []*os.File{null, null}},
		{"one_descriptor", "guard", []*os.File{r}},
		{"swapped", "guard", []*os.File{w, r2}},
		{"jobs_of_make", "guard", []*os.File{r, w}},
		{"unknown_role", "guardian", []*os.File{r, w2}},
		{"sentinel_without_a_tag", "sentinel", []*os.File{r, w2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("/proc/self/exe", "-test.run=^$")
			cmd.Env = append(os.Environ(), envHelper+"="+c.role)
			cmd.ExtraFiles = c.files
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 3 {
				t.Errorf("%v, want exit status 3", err)
			}
			if got, want := stderr.String(), "rtgen witness helper: unset RTGEN_WITNESS_HELPER, it is not for people\n"; got != want || stdout.Len() != 0 {
				t.Errorf("says %q, %q, want %q", got, stdout.String(), want)
			}
		})
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A helper that gives no answer is let go, and its pipes with it.
func TestNoAnswer(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name, script string
		ctx          context.Context
		limit        time.Duration
		want         string
		is           error
	}{
		{"ends", "exit 7", t.Context(), plenty, "exit status 7", io.EOF},
		{"nonsense", "echo '{nonsense' >&4; read -r x <&3; exit 0", t.Context(), plenty, `answer "{nonsense`, nil},
		{"late", "read -r x <&3; exit 0", t.Context(), time.Millisecond, "no answer within 1ms", errLimit},
		{"cancelled", "read -r x <&3; exit 0", cancelled, time.Hour, "", context.Canceled},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := descriptors(t)
			h, err := launch(exec.Command("/bin/sh", "-c", c.script))
			if err != nil {
				t.Fatal(err)
			}
			var to sentinelAnswer
			err = h.answer(c.ctx, &to, c.limit)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("answer: %v, want %q", err, c.want)
			}
			if err := h.ended(); err != nil && c.name != "ends" {
				t.Errorf("it did not end by itself: %v", err)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors, before %d", after, before)
			}
		})
	}
}

// Settle keeps to its limit and context while it starts its process, and leaves
// nothing behind then.
func TestSettleGivesUp(t *testing.T) {
	r := open(t)
	if err := r.Settle(t.Context(), plenty); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	give := func() {
		r.sentinel.close()
		r.sentinel = nil
	}
	give()
	before := descriptors(t)
	for range 3 {
		if err := r.Settle(cancelled, plenty); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if r.sentinel != nil {
			t.Fatal("a sentinel is kept")
		}
		if err := r.Settle(t.Context(), time.Nanosecond); !errors.Is(err, errLimit) {
			t.Errorf("at its limit: %v", err)
		}
		var none *NoRecordError
		if _, err := r.Collect(t.Context(), newTag(), time.Nanosecond); !errors.As(err, &none) || none.Limit != time.Nanosecond {
			t.Errorf("Collect at its limit: %v", err)
		}
	}
	if after := descriptors(t); after != before {
		t.Errorf("%d descriptors, before %d", after, before)
	}
	if err := r.Settle(t.Context(), plenty); err != nil {
		t.Errorf("with time again: %v", err)
	}
}
