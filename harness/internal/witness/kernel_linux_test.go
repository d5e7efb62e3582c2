package witness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

const (
	envHold = "WITNESS_TEST_HOLD" // a process that holds a Switch until it is told to end, or is killed
	plenty  = time.Minute
)

func TestMain(m *testing.M) {
	if os.Getenv(envHold) != "" {
		hold()
	}
	// The race detector holds the exit of each process started here back for a
	// second.
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	code := m.Run()
	if shared != nil {
		if err := shared.Restore(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// shared holds audit on while the tests of this package run.
var shared *Switch

// needAudit skips what the kernel, the user or the container cannot do.
func needAudit(t testing.TB) {
	t.Helper()
	if shared != nil {
		return
	}
	s, err := Enable()
	var missing *Unavailable
	if errors.As(err, &missing) {
		t.Skip("needs root in the initial namespaces (CAP_AUDIT_CONTROL, CAP_AUDIT_READ): ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	shared = s
}

func open(t testing.TB) *Reader {
	t.Helper()
	needAudit(t)
	r, err := Open()
	var missing *Unavailable
	if errors.As(err, &missing) {
		t.Skip("needs the audit log of Landlock: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

var tags atomic.Int64

// newTag is a tag that no other test, process or run of this boot uses.
func newTag() string { return fmt.Sprintf("w%x%x", os.Getpid(), tags.Add(1)) }

// layer is a policy that forbids everything it handles.
type layer struct {
	fs, net, scoped uint64
	flags           uintptr
}

func call(name string) *byte {
	b, err := unix.BytePtrFromString(name)
	if err != nil {
		panic(err)
	}
	return b
}

func (l layer) enforce(tag string) error {
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(call(tag))), 0, 0, 0); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: l.fs, Handled_access_net: l.net, Scoped: l.scoped}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return errno
	}
	defer unix.Close(int(fd))
	if _, _, errno = unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, l.flags, 0); errno != 0 {
		return errno
	}
	return nil
}

// under runs attempt on a thread under the layers, which the log knows by tag.
func under(t testing.TB, tag string, layers []layer, attempt func() error) error {
	t.Helper()
	var got error
	landlock.Throwaway(func() {
		for i, l := range layers {
			if err := l.enforce(fmt.Sprintf("%s.%d", tag, i)); err != nil {
				t.Errorf("layer %d: %v", i, err)
				return
			}
		}
		got = attempt()
	})
	return got
}

func opens(path string) func() error {
	return func() error {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err
	}
}

func file(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func inode(t testing.TB, path string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

var (
	noReads  = layer{fs: unix.LANDLOCK_ACCESS_FS_READ_FILE, flags: unix.LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON}
	noWrites = layer{fs: unix.LANDLOCK_ACCESS_FS_WRITE_FILE, flags: unix.LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON}
	noTCP    = layer{net: unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP}
	scoped   = layer{scoped: unix.LANDLOCK_SCOPE_SIGNAL | unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET}
)
