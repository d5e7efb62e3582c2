package landlock_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// TestMain lets tests start this binary under a policy: the process then was
// born confined, as Layers and Canary may find themselves.
func TestMain(m *testing.M) {
	if os.Getenv("LANDLOCK_TEST_CHILD") != "" {
		json.NewEncoder(os.Stdout).Encode(lookAround(os.Getenv("LANDLOCK_TEST_DIR")))
		return
	}
	os.Exit(m.Run())
}

// childView is what a process born under a policy says of itself.
type childView struct {
	Layers    int
	LayersErr string
	Half      CanaryHalf
	CanaryErr string
}

func lookAround(dir string) (v childView) {
	var err error
	if v.Layers, err = Layers(); err != nil {
		v.LayersErr = err.Error()
	}
	if err := Canary(dir); err != nil {
		v.CanaryErr = err.Error()
		var canary *CanaryError
		if errors.As(err, &canary) {
			v.Half = canary.Half
		}
	}
	return v
}

// born starts this binary under layers and returns what it says.
func born(t *testing.T, layers []Ruleset, dir string) (v childView) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	Throwaway(func() {
		if len(layers) > 0 {
			if _, err = Apply(layers); err != nil {
				return
			}
		}
		cmd := exec.Command(exe)
		cmd.Env = append(os.Environ(), "LANDLOCK_TEST_CHILD=1", "LANDLOCK_TEST_DIR="+dir)
		cmd.Stderr = os.Stderr
		out, err = cmd.Output()
	})
	if err != nil {
		t.Fatalf("start under %d layers: %v", len(layers), err)
	}
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("answer %q: %v", out, err)
	}
	return v
}

// needLandlock skips where the kernel has no Landlock, and returns the layers
// the tests themselves are under.
func needLandlock(t testing.TB, abi int) (layers int) {
	t.Helper()
	got, err := ABI()
	if err != nil {
		t.Skipf("needs landlock: %v", err)
	}
	if got < abi {
		t.Skipf("needs landlock abi %d, have %d", abi, got)
	}
	if layers, err = Layers(); err != nil {
		t.Fatal(err)
	}
	return layers
}

func writeFile(t testing.TB, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(name+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// open is one raw openat for reading on the calling thread.
func open(path string) error {
	fd, err := unix.Openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

func noNewPrivs() int {
	n, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	if err != nil {
		return -1
	}
	return n
}

func TestApplyEnforces(t *testing.T) {
	base := needLandlock(t, 1)
	dir := t.TempDir()
	granted, withheld := writeFile(t, dir, "granted"), writeFile(t, dir, "withheld")
	hostDir := filepath.Join(dir, "sub")
	if err := os.Mkdir(hostDir, 0o755); err != nil {
		t.Fatal(err)
	}
	inDir := writeFile(t, hostDir, "in")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(hostDir, link); err != nil {
		t.Fatal(err)
	}
	absent := filepath.Join(dir, "absent")

	for _, c := range []struct {
		name    string
		layers  []Ruleset
		allowed []string
		denied  []string
		skipped []string
	}{
		{"file rule, directory rights masked", []Ruleset{{HandledFS: ReadFile | ReadDir | MakeReg, Paths: []PathRule{
			{Parent: granted, Access: ReadFile | ReadDir | MakeReg},
		}}}, []string{granted}, []string{withheld, inDir, dir}, nil},
		{"directory rule", []Ruleset{{HandledFS: ReadFile | ReadDir, Paths: []PathRule{
			{Parent: hostDir, Access: ReadFile | ReadDir},
		}}}, []string{inDir, hostDir}, []string{withheld, dir}, nil},
		{"parent by symlink is its target", []Ruleset{{HandledFS: ReadFile, Paths: []PathRule{
			{Parent: link, Access: ReadFile},
		}}}, []string{inDir}, []string{withheld}, nil},
		{"not handled stays allowed", []Ruleset{{HandledFS: ReadFile}}, []string{dir, hostDir}, []string{granted}, nil},
		{"layers only narrow", []Ruleset{
			{HandledFS: ReadFile, Paths: []PathRule{{Parent: dir, Access: ReadFile}}},
			{HandledFS: ReadFile, Paths: []PathRule{{Parent: hostDir, Access: ReadFile}}},
		}, []string{inDir}, []string{granted, withheld}, nil},
		{"absent optional parents", []Ruleset{{HandledFS: ReadFile, Paths: []PathRule{
			{Parent: absent, Access: ReadFile, Optional: true},
			{Parent: granted + "/x", Access: ReadFile, Optional: true},
			{Parent: granted, Access: ReadFile, Optional: true},
		}}}, []string{granted}, []string{withheld}, []string{absent, granted + "/x"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rep Report
			var err error
			var layers, nnp int
			saw := map[string]error{}
			Throwaway(func() {
				if rep, err = Apply(c.layers); err != nil {
					return
				}
				nnp = noNewPrivs()
				for _, path := range append(c.allowed, c.denied...) {
					saw[path] = open(path)
				}
				layers, _ = LayersHere()
			})
			if err != nil {
				t.Fatal(err)
			}
			want := Report{API: "landlock_restrict_self", Layers: len(c.layers), Skipped: c.skipped}
			if d := cmp.Diff(want, rep); d != "" {
				t.Errorf("report (-want +got):\n%s", d)
			}
			if nnp != 1 {
				t.Errorf("no_new_privs = %d, want 1", nnp)
			}
			if layers != base+len(c.layers) {
				t.Errorf("layers on the thread = %d, want %d+%d", layers, base, len(c.layers))
			}
			for _, path := range c.allowed {
				if saw[path] != nil {
					t.Errorf("openat(%q) = %v, want success", path, saw[path])
				}
			}
			for _, path := range c.denied {
				if saw[path] != unix.EACCES {
					t.Errorf("openat(%q) = %v, want %v", path, saw[path], unix.EACCES)
				}
			}
			if err := open(c.denied[0]); err != nil {
				t.Errorf("openat(%q) back on the test's thread = %v, want success", c.denied[0], err)
			}
		})
	}
}

func TestApplyPorts(t *testing.T) {
	needLandlock(t, 4)
	bind := func(port int) error {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
		if err != nil {
			return fmt.Errorf("socket: %w", err)
		}
		defer unix.Close(fd)
		return unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})
	}
	var err, any, other error
	Throwaway(func() {
		if _, err = Apply([]Ruleset{{HandledNet: BindTCP, Ports: []PortRule{{Port: 0, Access: BindTCP}}}}); err != nil {
			return
		}
		any, other = bind(0), bind(54321)
	})
	if err != nil || any != nil || other != unix.EACCES {
		t.Errorf("apply %v, bind(0) = %v, bind(54321) = %v, want nil, nil, %v", err, any, other, unix.EACCES)
	}
}

// A fault leaves the thread as it was, and says which call the kernel refused.
func TestApplyFaults(t *testing.T) {
	base := needLandlock(t, 1)
	dir := t.TempDir()
	file := writeFile(t, dir, "file")
	absent := filepath.Join(dir, "absent")
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Fatal(err)
	}
	good := Ruleset{HandledFS: ReadFile}
	parent := func(path string, access AccessFS) Ruleset {
		return Ruleset{HandledFS: ReadFile | ReadDir, Paths: []PathRule{{Parent: path, Access: access}}}
	}
	for _, c := range []struct {
		name   string
		layers []Ruleset
		errno  unix.Errno // 0 when no call failed
		rep    Report
		want   string
	}{
		{"no layer", nil, 0, Report{}, "no layer to apply: the policy is empty"},
		{"absent parent", []Ruleset{good, parent(absent, ReadFile)}, unix.ENOENT,
			Report{API: "openat", Errno: int(unix.ENOENT)},
			fmt.Sprintf("layer 1: parent %q: no such file or directory", absent)},
		{"loop is not absence", []Ruleset{{HandledFS: ReadFile, Paths: []PathRule{{Parent: loop, Access: ReadFile, Optional: true}}}}, unix.ELOOP,
			Report{API: "openat", Errno: int(unix.ELOOP)},
			fmt.Sprintf("layer 0: parent %q: too many levels of symbolic links", loop)},
		{"kernel's own file", []Ruleset{parent("/proc/self/ns/user", ReadFile)}, unix.EBADFD,
			Report{API: "landlock_add_rule", Errno: int(unix.EBADFD)},
			`layer 0: parent "/proc/self/ns/user": lies on a file system that rules cannot name: file descriptor in bad state`},
		{"nothing left on a file", []Ruleset{parent(file, ReadDir)}, 0,
			Report{API: "landlock_create_ruleset"},
			fmt.Sprintf("layer 0: parent %q: is no directory, and the rule grants only directory rights (read_dir)", file)},
		{"right not handled", []Ruleset{parent(dir, Execute)}, unix.EINVAL,
			Report{API: "landlock_add_rule", Errno: int(unix.EINVAL)},
			fmt.Sprintf("parent %q: layer 0: landlock_add_rule: invalid argument", dir)},
		{"rule without a right", []Ruleset{parent(dir, 0)}, unix.ENOMSG,
			Report{API: "landlock_add_rule", Errno: int(unix.ENOMSG)},
			fmt.Sprintf("parent %q: layer 0: landlock_add_rule: no message of desired type", dir)},
		{"ruleset that handles nothing", []Ruleset{good, {}}, unix.ENOMSG,
			Report{API: "landlock_create_ruleset", Errno: int(unix.ENOMSG)},
			"layer 1: landlock_create_ruleset: no message of desired type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rep Report
			var err error
			var layers, nnpBefore, nnpAfter int
			Throwaway(func() {
				nnpBefore = noNewPrivs()
				rep, err = Apply(c.layers)
				nnpAfter = noNewPrivs()
				layers, _ = LayersHere()
			})
			if err == nil {
				t.Fatalf("Apply = %v, want an error", rep)
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("error (-want +got):\n%s", d)
			}
			if c.errno != 0 && !errors.Is(err, c.errno) {
				t.Errorf("error %v does not wrap %v", err, c.errno)
			}
			if d := cmp.Diff(c.rep, rep); d != "" {
				t.Errorf("report (-want +got):\n%s", d)
			}
			if layers != base || nnpAfter != nnpBefore {
				t.Errorf("left %d layers and no_new_privs %d, want %d and %d as before", layers, nnpAfter, base, nnpBefore)
			}
		})
	}
}

func TestApplyPortFault(t *testing.T) {
	needLandlock(t, 4)
	var err error
	Throwaway(func() {
		_, err = Apply([]Ruleset{{HandledNet: BindTCP, Ports: []PortRule{{Port: 65536, Access: BindTCP}}}})
	})
	var call *CallError
	if !errors.As(err, &call) || call.API != "landlock_add_rule" || call.Errno != unix.EINVAL || !strings.HasPrefix(err.Error(), "port 65536: ") {
		t.Errorf("Apply = %v, want EINVAL from landlock_add_rule for port 65536", err)
	}
}

func TestApplyRefusesWhatTheKernelLacks(t *testing.T) {
	needLandlock(t, 1)
	abi, err := ABI()
	if err != nil {
		t.Fatal(err)
	}
	if abi > LatestABI {
		t.Skipf("kernel has abi %d: which rights it lacks is known up to %d", abi, LatestABI)
	}
	layers := -1
	Throwaway(func() {
		_, err = Apply([]Ruleset{{HandledFS: ReadFile | 1<<62}})
		layers, _ = LayersHere()
	})
	var got *ABIError
	want := &ABIError{Got: abi, Wanted: LatestABI + 1, Rights: []string{"fs.1<<62"}}
	if !errors.As(err, &got) || !cmp.Equal(got, want) {
		t.Errorf("Apply = %v, want %v", err, want)
	}
	if base, err := Layers(); err != nil || layers != base {
		t.Errorf("left %d layers, want %d (%v)", layers, base, err)
	}
}

func TestLayerLimit(t *testing.T) {
	base := needLandlock(t, 1)
	layers := make([]Ruleset, 17-base)
	for i := range layers {
		layers[i] = Ruleset{HandledFS: MakeSym}
	}
	var rep Report
	var err error
	var left int
	Throwaway(func() {
		rep, err = Apply(layers)
		left, _ = LayersHere()
	})
	if !errors.Is(err, unix.E2BIG) || rep.Layers != 16-base || left != 16 {
		t.Errorf("%d layers: %v, %d enforced, %d counted, want E2BIG after %d", len(layers), err, rep.Layers, left, 16-base)
	}
}

func TestABIAndErrata(t *testing.T) {
	needLandlock(t, 1)
	mask, err := Errata()
	if err != nil && !errors.Is(err, ErrNoErrata) {
		t.Errorf("Errata = %v, want a mask or %v", err, ErrNoErrata)
	}
	if err != nil && mask != 0 {
		t.Errorf("Errata = %#x with %v, want no mask", mask, err)
	}
}
