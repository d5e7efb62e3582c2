package worker_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// A descriptor that was left open is noticed, with what it is, as long as it is
// there; one that is held on purpose is not.
func TestHoldings(t *testing.T) {
	for _, counts := range []bool{true, false} { // kernels before 6.2 do not count
		var none []int
		h := worker.NewHoldings(counts, func(fd int) bool {
			for _, it := range none {
				if it == fd {
					return true
				}
			}
			return false
		})
		notice := func() string {
			var list []string
			for _, d := range h.Notice() {
				list = append(list, d.String())
			}
			return strings.Join(list, "; ")
		}
		if left := notice(); left != "" {
			t.Fatalf("nothing was opened, and %q was left", left)
		}
		dir := t.TempDir()
		path := dir + "/leak"
		leak, err := unix.Open(path, unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		want := worker.Descriptor{FD: leak, To: path}.String()
		for range 2 {
			if left := notice(); left != want {
				t.Errorf("left %q, want %q", left, want)
			}
		}
		none = append(none, leak)
		other, err := unix.Dup(leak)
		if err != nil {
			t.Fatal(err)
		}
		if left, want := notice(), (worker.Descriptor{FD: other, To: path}).String(); left != want {
			t.Errorf("left %q, want %q alone: the other is held", left, want)
		}
		unix.Close(other)
		unix.Close(leak)
		if left := notice(); left != "" {
			t.Errorf("%q was left, and is closed", left)
		}
		h.Close()
	}
}

// The worker's own comings and goings are no leaks: policies whose parents it
// holds, replaces and finds, programs, held descriptors, and what fails.
func TestNothingIsTakenForLeft(t *testing.T) {
	needLandlock(t)
	w := start(t)
	dir := t.TempDir()
	here, parent, late := file(t, "here", "x"), dir+"/parent", dir+"/late"
	if err := os.Mkdir(parent, 0o755); err != nil {
		t.Fatal(err)
	}
	policy := &worker.Policy{ID: 5, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{
		{Parent: parent, Access: landlock.ReadFile}, {Parent: late, Access: landlock.ReadFile, Optional: true}, {Parent: filepath.Dir(here), Access: landlock.ReadFile},
	}}}}
	program := file(t, "program", "#!/bin/sh\n")
	round := func() {
		t.Helper()
		for _, req := range []worker.Request{
			probe("fs.read_file", here), under(policy, "fs.read_file", here), under(denyReads, "fs.read_file", here),
			probe("fs.execute", program), probe("fs.read_file", here+"-not"),
			{Probe: &worker.Probe{Op: op.Request{Op: "fs.read_file", Syscall: "held", Target: here}}},
			{Probe: &worker.Probe{Op: op.Request{Op: "syscall.memfd_create", Target: "m"}}},
			{Probe: &worker.Probe{Policy: &worker.Policy{ID: 6, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile,
				Paths: []landlock.PathRule{{Parent: here + "-not", Access: landlock.ReadFile}}}}}, Op: op.Request{Op: "fs.read_file", Target: here}}},
			{Canary: &worker.Canary{Dir: dir}},
		} {
			if ans := do(t, w, req); len(ans.Left) > 0 {
				t.Errorf("%+v was served with %v left behind", req.Probe, ans.Left)
			}
		}
	}
	round()
	if err := os.Rename(parent, parent+"-old"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{parent, late} {
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	round()
	round()
}

// Where a target led comes with every answer about a path, under a policy or
// not, and what the probe's own descriptor is open on with those that have one.
func TestSights(t *testing.T) {
	needLandlock(t)
	w := start(t)
	here := file(t, "here", "#!/bin/sh\n")
	dir := filepath.Dir(here)
	if err := os.Symlink("here", dir+"/link"); err != nil {
		t.Fatal(err)
	}
	allow := &worker.Policy{ID: 9, Layers: []landlock.Ruleset{{HandledFS: landlock.AllFS(1), Paths: []landlock.PathRule{{Parent: "/", Access: landlock.ReadFile}}}}}
	var st unix.Stat_t
	if err := unix.Stat(here, &st); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		policy *worker.Policy
		op     op.Request
		path   string // of the look
		own    bool   // the probe has a descriptor
	}{
		{"free", nil, op.Request{Op: "fs.read_file", Target: here}, here, true},
		{"allowed", allow, op.Request{Op: "fs.read_file", Target: dir + "/link"}, here, true},
		{"denied", denyReads, op.Request{Op: "fs.read_file", Target: dir + "/link"}, here, false},
		{"held", denyReads, op.Request{Op: "fs.read_file", Syscall: "held", Target: here}, here, true},
		{"executed", allow, op.Request{Op: "fs.execute", Target: dir + "/link"}, here, false},
		{"by_descriptor", nil, op.Request{Op: "fs.execute", Syscall: "fexecve", Target: here}, here, true},
		{"linked", allow, op.Request{Op: "syscall.stat", Target: dir + "/link"}, dir + "/link", false},
		{"new", allow, op.Request{Op: "fs.make_dir", Target: dir + "/new"}, dir + "/new", false},
		{"place", nil, op.Request{Op: "syscall.chdir", Syscall: "fchdir", Target: dir}, dir, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ans := do(t, w, worker.Request{Probe: &worker.Probe{Policy: tt.policy, Op: tt.op}})
			if ans.Sight == nil || ans.Sight.Path != tt.path {
				t.Fatalf("sight %+v, want %q", ans.Sight, tt.path)
			}
			r := ans.Result
			if (r.File != nil) != tt.own || (r.ObservedPath == tt.path) != tt.own {
				t.Errorf("the probe's own: %q %+v", r.ObservedPath, r.File)
			}
			if tt.own && (r.File.Mount == "" || r.File.FSType == "" || r.File.NoPath != "") {
				t.Errorf("the probe's own: %+v", r.File)
			}
			if tt.path == here && (ans.Sight.File.Ino != st.Ino || ans.Sight.File.Dev != uint64(st.Dev) || ans.Sight.File.Type != "file") {
				t.Errorf("seen %+v, it is %d on %d", ans.Sight.File, st.Ino, st.Dev)
			}
		})
	}
	if ans := do(t, w, under(&worker.Policy{ID: 10, Layers: []landlock.Ruleset{{HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{{Parent: here + "-not", Access: landlock.ReadFile}}}}}, "fs.read_file", here)); ans.Result != nil || ans.Sight != nil {
		t.Errorf("a policy that names what is not there: %+v", ans)
	}
}
