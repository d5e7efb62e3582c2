package op_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
)

func TestTableIsWellFormed(t *testing.T) {
	all := op.All()
	if !slices.IsSortedFunc(all, func(a, b op.Op) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("All() is not sorted by name")
	}
	for _, o := range all {
		if o.Summary == "" || len(o.Variants) == 0 {
			t.Errorf("%s: has no summary or no variant", o.Name)
		}
		seen := map[string]bool{}
		for _, v := range o.Variants {
			if v.Name == "" || v.Calls == "" || seen[v.Name] {
				t.Errorf("%s: variant %q has no name, no calls, or the name of another", o.Name, v.Name)
			}
			seen[v.Name] = true
			if len(op.Intended(&o, &v)) == 0 != (len(v.Denied) == 0) {
				t.Errorf("%s by %s: denied with %v for %v", o.Name, v.Name, v.Denied, op.Intended(&o, &v))
			}
			if v.TwoPaths && v.Target != op.TargetPath || len(v.Keywords) > 0 && v.Target != op.TargetText {
				t.Errorf("%s by %s: two paths %t, keywords %q, but the target is a %v", o.Name, v.Name, v.TwoPaths, v.Keywords, v.Target)
			}
		}
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			got, ok := op.Lookup(name)
			if !ok || got.Name != o.Name {
				t.Errorf("Lookup(%q) = %v, %t, want %s", name, got, ok, o.Name)
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for alias, want := range map[string]string{
		"file-read*": "fs.read_file", "file-read-data": "fs.read_file",
		"file-write*": "fs.write_file", "file-write-data": "fs.write_file",
		"file-write-create": "fs.make_reg", "file-write-unlink": "fs.remove_file",
		"file-read-metadata": "syscall.stat",
		"process-exec":       "fs.execute", "process-exec*": "fs.execute",
		"network-outbound": "net.connect_tcp", "network-bind": "net.bind_tcp",
	} {
		if o, ok := op.Lookup(alias); !ok || o.Name != want {
			t.Errorf("Lookup(%q) = %v, %t, want %s", alias, o, ok, want)
		}
	}
	for _, name := range []string{"", "fs", "fs.read", "FS.READ_FILE", "mach-lookup"} {
		if o, ok := op.Lookup(name); ok {
			t.Errorf("Lookup(%q) = %s, want none", name, o.Name)
		}
	}
	o, _ := op.Lookup("fs.read_file")
	if v, ok := o.Variant(""); !ok || v.Name != "openat" {
		t.Errorf("default variant of fs.read_file = %v, want openat", v)
	}
	if v, ok := o.Variant("openat2"); !ok || v.Name != "openat2" {
		t.Errorf("variant openat2 = %v, %t", v, ok)
	}
	if v, ok := o.Variant("read"); ok {
		t.Errorf("variant read = %v, want none", v)
	}
	if diff := cmp.Diff([]string{"openat", "open", "openat2", "creat_rdonly", "held"}, o.VariantNames()); diff != "" {
		t.Error(diff)
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"fs.read_flie":   "fs.read_file",
		"read_file":      "fs.read_file",
		"fs.readfile":    "fs.read_file",
		"connect_tcp":    "net.connect_tcp",
		"file-read-dat":  "file-read-data",
		"syscall.rename": "syscall.rename",
		"mach-lookup":    "",
		"":               "",
	} {
		if got := op.Nearest(name); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestClassify(t *testing.T) {
	read := variant(t, "fs.read_file", "")
	refer := variant(t, "fs.refer", "")
	stat := variant(t, "syscall.stat", "")
	const made = "openat(…)"
	for _, tt := range []struct {
		name     string
		variant  *op.Variant
		result   op.Result
		decision string
		kind     string
	}{
		{"success", read, op.Result{Call: made}, op.Allow, ""},
		{"eacces", read, op.Result{Call: made, Errno: int(syscall.EACCES)}, op.Deny, ""},
		{"exdev of an open", read, op.Result{Call: made, Errno: int(syscall.EXDEV)}, "", op.KindErrno},
		{"exdev of a refer", refer, op.Result{Call: made, Errno: int(syscall.EXDEV)}, op.Deny, ""},
		{"eperm", read, op.Result{Call: made, Errno: int(syscall.EPERM)}, "", op.KindErrno},
		{"enoent", read, op.Result{Call: made, Errno: int(syscall.ENOENT)}, "", op.KindErrno},
		{"eacces where nothing is mediated", stat, op.Result{Call: made, Errno: int(syscall.EACCES)}, "", op.KindErrno},
		{"not attempted", read, op.Result{Err: "no socket"}, "", op.KindError},
		{"not reached", read, op.Result{Call: made, Errno: int(syscall.EACCES), Err: "not reached"}, "", op.KindError},
		{"zero result", read, op.Result{}, "", op.KindError},
		{"no variant", nil, op.Result{Call: made}, "", op.KindError},
	} {
		t.Run(tt.name, func(t *testing.T) {
			decision, kind := op.Classify(tt.variant, tt.result)
			if decision != tt.decision || kind != tt.kind {
				t.Errorf("Classify = %q, %q, want %q, %q", decision, kind, tt.decision, tt.kind)
			}
		})
	}
}

func variant(t testing.TB, name, syscallName string) *op.Variant {
	t.Helper()
	o, ok := op.Lookup(name)
	if !ok {
		t.Fatalf("no operation %q", name)
	}
	v, ok := o.Variant(syscallName)
	if !ok {
		t.Fatalf("%s has no variant %q", name, syscallName)
	}
	return v
}
