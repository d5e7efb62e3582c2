//go:build unix

package channel_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
)

func wires(t *testing.T) (a, b *channel.Wire) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b = channel.WireOn(fds[0]), channel.WireOn(fds[1])
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}

// Documents arrive whole, whatever is in them and however large they are.
func TestWire(t *testing.T) {
	a, b := wires(t)
	for _, text := range []string{"", "x", "two\nlines\n", "\x00\u2028é", strings.Repeat("0123456789abcdef", 100_000)} {
		sent := make(chan error, 1)
		go func() { sent <- a.Send(map[string]string{"text": text}) }()
		var got map[string]string
		if err := b.Receive(&got); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if got["text"] != text {
			t.Errorf("%d bytes arrive as %d", len(text), len(got["text"]))
		}
	}
}

func TestWireLimit(t *testing.T) {
	a, b := wires(t)
	for _, limit := range []time.Duration{50 * time.Millisecond, 20 * time.Millisecond, 0} {
		if err := a.Limit(limit); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := a.Receive(new(int)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a read of nothing = %v, want the deadline", err)
		}
		if took := time.Since(begin); took < limit || took > limit+3*time.Second {
			t.Errorf("with a limit of %v it took %v", limit, took)
		}
	}
	// Nobody reads, and the socket's buffer has an end.
	if err := a.Send(strings.Repeat("x", 4<<20)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write that nobody reads = %v, want the deadline", err)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := a.Send("x"); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a write to nobody = %v", err)
	}
}

func TestWireHangUp(t *testing.T) {
	a, b := wires(t)
	time.AfterFunc(50*time.Millisecond, a.HangUp)
	if err := a.Receive(new(int)); !errors.Is(err, io.EOF) {
		t.Errorf("a read under way sees %v, want its end", err)
	}
	if err := b.Receive(new(int)); !errors.Is(err, io.EOF) {
		t.Errorf("the other end sees %v, want its end", err)
	}
	if err := b.UntilClosed(); err != nil {
		t.Errorf("UntilClosed = %v", err)
	}
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	a.HangUp() // by now the descriptor may be another's
}

// UntilClosed sleeps through requests and wakes at the end.
func TestWireUntilClosed(t *testing.T) {
	a, b := wires(t)
	ended := make(chan error, 1)
	go func() { ended <- b.UntilClosed() }()
	if err := a.Send("x"); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		t.Fatalf("it wakes at a request: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(5 * time.Second):
		t.Error("it does not wake at the end")
	}
}

func TestWireGarbage(t *testing.T) {
	a, b := wires(t)
	if err := a.Send("text"); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := b.Receive(&n); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a text is received as the number %d: %v", n, err)
	}
}
