package landlock_test

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// threadName is the calling thread's comm.
func threadName(t *testing.T) string {
	var name [16]byte
	if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_GET_NAME, uintptr(unsafe.Pointer(&name[0])), 0); errno != 0 {
		t.Error(errno)
	}
	return unix.ByteSliceToString(name[:])
}

// onThread holds the layers and applies them to a thread of their own, where
// then runs.
func onThread(t *testing.T, layers []Ruleset, o Options, then func()) (rep Report, err error) {
	t.Helper()
	h, _, err := Hold(layers, "")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	Throwaway(func() {
		rep, err = h.Apply("", o)
		if then != nil {
			then()
		}
	})
	return rep, err
}

// Each layer takes away what it does not grant, whatever the others grant.
func TestApplyLayers(t *testing.T) {
	if born := needLandlock(t, 4); born > MaxLayers-3 {
		t.Skipf("needs room for 3 layers, this process was born under %d", born)
	}
	layers := []Ruleset{
		{HandledFS: ReadFile, Paths: []PathRule{{Parent: "/etc", Access: ReadFile}, {Parent: "/proc", Access: ReadFile}}},
		{HandledFS: ReadFile | ReadDir, Paths: []PathRule{{Parent: "/etc/passwd", Access: ReadFile}, {Parent: "/proc", Access: ReadFile | ReadDir}}},
		{HandledNet: BindTCP},
	}
	seen := map[string]error{}
	var bind error
	rep, err := onThread(t, layers, Options{}, func() {
		for _, path := range []string{"/etc/passwd", "/etc/group", "/etc", "/proc/self/stat", "/proc"} {
			seen[path] = open(path)
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Error(err)
			return
		}
		defer unix.Close(fd)
		bind = unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
	})
	if err != nil || rep.Layers != 3 {
		t.Fatalf("Apply = %+v, %v", rep, err)
	}
	for path, want := range map[string]error{
		"/etc/passwd":     nil,         // granted by both that handle it
		"/etc/group":      unix.EACCES, // by the first alone
		"/etc":            unix.EACCES, // read_dir is the second's
		"/proc/self/stat": nil, "/proc": nil,
	} {
		if !errors.Is(seen[path], want) {
			t.Errorf("open(%q) = %v, want %v", path, seen[path], want)
		}
	}
	if bind != unix.EACCES {
		t.Errorf("bind = %v, want %v", bind, unix.EACCES)
	}
}

func TestApplySeventeenthLayer(t *testing.T) {
	born := needLandlock(t, 1)
	layers := make([]Ruleset, MaxLayers+1)
	for i := range layers {
		layers[i] = Ruleset{HandledFS: MakeSym}
	}
	var name string
	rep, err := onThread(t, layers, Options{Tag: "seventeen"}, func() { name = threadName(t) })
	var call *CallError
	if !errors.As(err, &call) || call.Errno != syscall.E2BIG || call.Layer != MaxLayers-born {
		t.Errorf("error = %v, want E2BIG at layer %d", err, MaxLayers-born)
	}
	if rep.Layers != MaxLayers-born || rep.API != "landlock_restrict_self" || rep.Errno != int(syscall.E2BIG) {
		t.Errorf("report %+v, want %d layers and E2BIG", rep, MaxLayers-born)
	}
	if want := "seventeen." + string("0123456789abcdefg"[MaxLayers-born]); name != want {
		t.Errorf("thread is named %q, want %q: the layer that failed", name, want)
	}
}

func TestApplyTag(t *testing.T) {
	needLandlock(t, 1)
	one := []Ruleset{{HandledFS: MakeSym}}
	var before, name string
	Throwaway(func() { before = threadName(t) })
	for _, c := range []struct {
		tag    string
		layers []Ruleset
		want   string
	}{
		{"", one, before},
		{"rt", one, "rt.0"},
		{strings.Repeat("x", TagMax), append(one, one...), strings.Repeat("x", TagMax) + ".1"},
	} {
		_, err := onThread(t, c.layers, Options{Tag: c.tag}, func() { name = threadName(t) })
		if err != nil || name != c.want {
			t.Errorf("tag %q: thread is named %q, %v; want %q", c.tag, name, err, c.want)
		}
	}
	rep, err := onThread(t, one, Options{Tag: strings.Repeat("x", TagMax+1)}, nil)
	if err == nil || rep.Layers != 0 {
		t.Errorf("a tag the kernel would cut: %+v, %v, want an error and no layer", rep, err)
	}
}

// The kernel takes every flag this package names, alone and together, and
// refuses the next bit that no ABI up to this one has.
func TestApplyFlags(t *testing.T) {
	needLandlock(t, 7)
	for f := RestrictFlags(0); f <= AllFlags(7); f++ {
		for _, logNewExec := range []bool{false, true} {
			rep, err := onThread(t, []Ruleset{{HandledFS: MakeSym, Flags: f}}, Options{LogNewExec: logNewExec}, nil)
			if err != nil || rep.Layers != 1 {
				t.Errorf("flags %v, log after exec %v: %+v, %v", f, logNewExec, rep, err)
			}
		}
	}
	var errno error
	Throwaway(func() { errno = RestrictSelfRaw(1 << 30) })
	if errno != unix.EINVAL {
		t.Errorf("landlock_restrict_self with flag 1<<30 = %v, want EINVAL", errno)
	}
	_, _, err := Hold([]Ruleset{{HandledFS: MakeSym, Flags: 1 << 30}}, "")
	var abi *ABIError
	if !errors.As(err, &abi) || fmt.Sprint(abi.Rights) != "[1<<30]" {
		t.Errorf("Hold with an unknown flag = %v, want an ABIError for it", err)
	}
}

func TestOptionsFlags(t *testing.T) {
	for _, c := range []struct {
		o     Options
		layer RestrictFlags
		abi   int
		want  RestrictFlags
	}{
		{Options{}, 0, 7, 0},
		{Options{}, LogSameExecOff, 7, LogSameExecOff},
		{Options{LogNewExec: true}, 0, 7, LogNewExecOn},
		{Options{LogNewExec: true}, 0, 6, 0},
		{Options{LogNewExec: true}, LogSubdomainsOff, 7, LogSubdomainsOff},
	} {
		if got := FlagsOf(c.o, c.layer, c.abi); got != c.want {
			t.Errorf("%+v on %v at abi %d = %v, want %v", c.o, c.layer, c.abi, got, c.want)
		}
	}
}

func TestApplyNewPrivs(t *testing.T) {
	needLandlock(t, 1)
	if noNewPrivs() != 0 {
		t.Skip("this process has no_new_privs set already")
	}
	layers := []Ruleset{{HandledFS: MakeSym}}
	for _, newPrivs := range []bool{false, true} {
		set := -1
		rep, err := onThread(t, layers, Options{NewPrivs: newPrivs}, func() { set = noNewPrivs() })
		switch want := map[bool]int{false: 1}[newPrivs]; {
		case newPrivs && !hasSysAdmin(t):
			if !errors.Is(err, unix.EPERM) || rep.Layers != 0 || rep.API != "landlock_restrict_self" {
				t.Errorf("without CAP_SYS_ADMIN: %+v, %v, want EPERM of landlock_restrict_self", rep, err)
			}
		case err != nil || rep.Layers != 1 || set != want:
			t.Errorf("NewPrivs %v: %+v, %v, no_new_privs %d; want %d", newPrivs, rep, err, set, want)
		}
	}
}

// A thread that lost its capabilities may not restrict itself without
// no_new_privs.
func TestApplyNewPrivsAsNobody(t *testing.T) {
	needLandlock(t, 1)
	if !hasSysAdmin(t) || unix.Geteuid() != 0 {
		t.Skip("needs root with CAP_SYS_ADMIN, to give it up")
	}
	h, _, err := Hold([]Ruleset{{HandledFS: MakeSym}}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	var rep Report
	var drop, apply error
	Throwaway(func() {
		// The raw call is the thread's alone; the library's would reach all.
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, 65534, 65534, 65534); errno != 0 {
			drop = errno
			return
		}
		rep, apply = h.Apply("", Options{NewPrivs: true})
	})
	if drop != nil {
		t.Fatal(drop)
	}
	if !errors.Is(apply, unix.EPERM) || rep.Layers != 0 || rep.Errno != int(unix.EPERM) {
		t.Errorf("Apply = %+v, %v, want EPERM", rep, apply)
	}
}

func hasSysAdmin(t *testing.T) bool {
	hdr := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&hdr, &data[0]); err != nil {
		t.Fatal(err)
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0
}

// Applying a held policy makes no garbage but the list of its descriptors.
func TestApplyAllocates(t *testing.T) {
	needLandlock(t, 1)
	h, _, err := Hold([]Ruleset{{HandledFS: MakeSym}}, "")
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	n := 0.0
	Throwaway(func() {
		n = testing.AllocsPerRun(3, func() {
			if _, err := h.Apply("", Options{Tag: "alloc", LogNewExec: true}); err != nil {
				t.Error(err)
			}
		})
	})
	if n > 8 {
		t.Errorf("%v allocations, want 8 at most", n)
	}
}
