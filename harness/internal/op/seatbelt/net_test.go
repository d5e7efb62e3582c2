//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// notASocket is the errno of a connect to something else with a name.
var notASocket = map[bool]syscall.Errno{true: unix.ENOTSOCK, false: unix.ECONNREFUSED}[runtime.GOOS == "darwin"]

const (
	inet4 = `\(\d+, \{sa_family=AF_INET, sin_port=htons\(%d\), sin_addr=inet_addr\("127.0.0.1"\)\}, 16\)`
	inet6 = `\(\d+, \{sa_family=AF_INET6, sin6_port=htons\(%d\), sin6_flowinfo=htonl\(0\), inet_pton\(AF_INET6, "::1", &sin6_addr\), sin6_scope_id=0\}, 28\)`
)

func TestNetwork(t *testing.T) {
	for _, ip := range []struct{ addr, text string }{{"127.0.0.1", inet4}, {"::1", inet6}} {
		listener, err := net.Listen("tcp", net.JoinHostPort(ip.addr, "0"))
		if err != nil {
			t.Logf("nothing listens on %s here: %v", ip.addr, err)
			continue
		}
		defer listener.Close()
		at := netip.MustParseAddrPort(listener.Addr().String())
		closed, err := net.Listen("tcp", net.JoinHostPort(ip.addr, "0"))
		if err != nil {
			t.Fatal(err)
		}
		gone := netip.MustParseAddrPort(closed.Addr().String())
		closed.Close()
		free := netip.AddrPortFrom(at.Addr(), 0)
		text := func(name string, port uint16) string { return name + fmt.Sprintf(ip.text, port) }
		for _, row := range []struct {
			operation, syscall string
			to                 netip.AddrPort
			want               want
		}{
			{"network-outbound", "", at, allowed(text("connect", at.Port()))},
			{"network-outbound", "connect", gone, undecided(int(unix.ECONNREFUSED), text("connect", gone.Port()))},
			{"network-outbound", "connect_udp", gone, allowed(text("connect", gone.Port()))},
			{"network-bind", "", free, allowed(text("bind", 0))},
			{"network-bind", "bind", gone, allowed(text("bind", gone.Port()))},
			{"network-bind", "bind", at, undecided(int(unix.EADDRINUSE), text("bind", at.Port()))},
			{"network-bind", "bind_udp", at, allowed(text("bind", at.Port()))},
		} {
			row.want.check(t, made(t, seatbelt.Request{Operation: row.operation, Syscall: row.syscall, Target: row.to.String()}))
		}
	}
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("/tmp", "rtgen") // that of the test may be longer than a socket's path
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := dir + `/a "b"`
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	connect := func(path string) string {
		return fmt.Sprintf(`connect\(\d+, \{sa_family=AF_UNIX, sun_path="%s"\}, %d\)`, strings.ReplaceAll(path, `"`, `\\"`), len(path)+3)
	}
	for path, want := range map[string]want{
		path:       allowed(connect(path)),
		dir:        undecided(int(notASocket), connect(dir)),
		path + "x": undecided(int(unix.ENOENT), connect(path+"x")),
	} {
		want.check(t, made(t, seatbelt.Request{Operation: "network-outbound", Syscall: "connect_unix", Target: path}))
	}
}

// A peer that does not answer is not waited for long, and decides nothing.
func TestConnectWaits(t *testing.T) {
	defer seatbelt.SetConnectLimit(50 * time.Millisecond)()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	port := name.(*unix.SockaddrInet4).Port
	target := fmt.Sprintf("127.0.0.1:%d", port)
	// Fill the queue of those that nobody accepts.
	for range 16 {
		conn, err := net.DialTimeout("tcp", target, 100*time.Millisecond)
		if err != nil {
			undecided(int(unix.EINPROGRESS), "connect"+fmt.Sprintf(inet4, port)).check(t, made(t, seatbelt.Request{Operation: "network-outbound", Target: target}))
			return
		}
		defer conn.Close()
	}
	t.Skip("the queue of a listener is never full here")
}

// A socket that cannot be made says nothing of what it was to be used for.
func TestNoSocket(t *testing.T) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	trial := seatbelt.Prepare(seatbelt.Request{Operation: "network-bind", Target: "127.0.0.1:0"})
	none := limit
	none.Cur = 0
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, (*syscall.Rlimit)(&none)); err != nil {
		t.Fatal(err)
	}
	r := trial.Attempt(nil)
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, (*syscall.Rlimit)(&limit)); err != nil {
		t.Fatal(err)
	}
	want{kind: op.KindError, errno: int(unix.EMFILE), call: `socket\(AF_INET, SOCK_STREAM, IPPROTO_TCP\)`, err: `bind was not reached: socket\(.*\) failed with EMFILE`}.check(t, r)
}
