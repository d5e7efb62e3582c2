package op_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// skipUnavailable skips what this architecture has no system call for.
func skipUnavailable(t *testing.T, name, syscallName string) {
	t.Helper()
	o, _ := op.Lookup(name)
	if why := op.Available(o, variant(t, name, syscallName)); why != "" {
		t.Skip(why)
	}
}

// What an architecture without the old calls lacks, by operation; the default
// of every operation is there.
func TestAvailable(t *testing.T) {
	want := map[string][]string{
		"fs.make_block":    {"mknod"},
		"fs.make_char":     {"mknod"},
		"fs.make_dir":      {"mkdir"},
		"fs.make_fifo":     {"mknod"},
		"fs.make_reg":      {"mknod"},
		"fs.make_sock":     {"mknod"},
		"fs.make_sym":      {"symlink"},
		"fs.read_dir":      {"open"},
		"fs.read_file":     {"open"},
		"fs.remove_dir":    {"rmdir"},
		"fs.remove_file":   {"unlink"},
		"fs.truncate":      {"creat"},
		"fs.write_file":    {"open"},
		"syscall.access":   {"access"},
		"syscall.link":     {"link"},
		"syscall.readlink": {"readlink"},
		"syscall.rename":   {"renameat", "rename"},
	}
	lacks := func(arch string, hasOld bool) map[string][]string {
		got := map[string][]string{}
		for _, o := range op.All() {
			for i := range o.Variants {
				if op.AvailableOn(arch, hasOld, &o, &o.Variants[i]) != "" {
					got[o.Name] = append(got[o.Name], o.Variants[i].Name)
				}
			}
			if why := op.AvailableOn(arch, hasOld, &o, &o.Variants[0]); why != "" {
				t.Errorf("the default of %s: %s", o.Name, why)
			}
		}
		return got
	}
	if diff := cmp.Diff(want, lacks("arm64", false)); diff != "" {
		t.Errorf("arm64: %s", diff)
	}
	if diff := cmp.Diff(map[string][]string{}, lacks("amd64", true)); diff != "" {
		t.Errorf("amd64: %s", diff)
	}
	// No program is written for the file in memory there.
	if diff := cmp.Diff(map[string][]string{"syscall.memfd_create": {"exec"}}, lacks("386", true)); diff != "" {
		t.Errorf("386: %s", diff)
	}
	o, _ := op.Lookup("fs.read_file")
	v := variant(t, "fs.read_file", "open")
	if why, want := op.AvailableOn("arm64", false, o, v), "arm64 has no system call open; use syscall openat"; why != want {
		t.Errorf("fs.read_file by open on arm64: %q, want %q", why, want)
	}
}

// Of this build, every variant is available where the old calls are, and what
// is not says so instead of being attempted.
func TestAvailableHere(t *testing.T) {
	hasOld := runtime.GOARCH == "amd64" || runtime.GOARCH == "386"
	for _, o := range op.All() {
		for i := range o.Variants {
			v := &o.Variants[i]
			why := op.Available(&o, v)
			if hasOld && why != op.AvailableOn(runtime.GOARCH, true, &o, v) {
				t.Errorf("%s by %s: %s", o.Name, v.Name, why)
			}
			if why == "" || len(v.Keywords) > 0 {
				continue
			}
			res := op.Attempt(op.Request{Op: o.Name, Syscall: v.Name, Target: "/nowhere", Source: "/none"})
			if res.Err != why || res.Call != "" {
				t.Errorf("%s by %s: attempted by %q with %q, want %q", o.Name, v.Name, res.Call, res.Err, why)
			}
		}
	}
}
