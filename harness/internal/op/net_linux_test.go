package op_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
)

func TestConnectAndBind(t *testing.T) {
	for _, tt := range []struct{ listen, target string }{
		{"127.0.0.1:0", "127.0.0.1:%d"},
		{"127.0.0.1:0", "localhost:%d"},
		{"[::1]:0", "[::1]:%d"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			ln, err := net.Listen("tcp", tt.listen)
			if err != nil {
				t.Skipf("cannot listen: %v", err)
			}
			defer ln.Close()
			target := fmt.Sprintf(tt.target, ln.Addr().(*net.TCPAddr).Port)
			if res := op.Attempt(op.Request{Op: "net.connect_tcp", Target: target}); res.Errno != 0 || res.Err != "" {
				t.Errorf("%s = %v %s", res.Call, syscall.Errno(res.Errno), res.Err)
			}
			if res := op.Attempt(op.Request{Op: "net.bind_tcp", Target: target}); syscall.Errno(res.Errno) != syscall.EADDRINUSE {
				t.Errorf("%s = %v %s, want EADDRINUSE", res.Call, syscall.Errno(res.Errno), res.Err)
			}
			ln.Close()
			if res := op.Attempt(op.Request{Op: "net.bind_tcp", Target: target}); res.Errno != 0 || res.Err != "" {
				t.Errorf("%s = %v %s", res.Call, syscall.Errno(res.Errno), res.Err)
			}
		})
	}
}

// A server whose queue is full does not answer; the attempt ends all the same.
func TestConnectEnds(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	target := fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	for range 3 { // the first fills the queue of one
		start := time.Now()
		res := op.Attempt(op.Request{Op: "net.connect_tcp", Target: target})
		if res.Errno == 0 {
			continue
		}
		if took := time.Since(start); syscall.Errno(res.Errno) != syscall.EINPROGRESS || took < 1900*time.Millisecond {
			t.Errorf("%s = %v after %v, want EINPROGRESS after 2s or more", res.Call, syscall.Errno(res.Errno), took)
		}
		return
	}
	t.Error("the queue never filled")
}
