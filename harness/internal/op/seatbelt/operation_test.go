package seatbelt_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

func TestTableIsWellFormed(t *testing.T) {
	all := seatbelt.All()
	if !slices.IsSortedFunc(all, func(a, b seatbelt.Operation) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("All() is not sorted by name")
	}
	for _, o := range all {
		if o.Summary == "" || len(o.Drivers) == 0 || o.Target.String() == "" {
			t.Errorf("%s: has no summary, no driver or no kind of target", o.Name)
		}
		for _, name := range append([]string{o.Name}, o.Aliases...) {
			if got, ok := seatbelt.Lookup(name); !ok || got.Name != o.Name {
				t.Errorf("Lookup(%q) = %v, %t, want %s", name, got, ok, o.Name)
			}
			if !seatbelt.Known(name) {
				t.Errorf("%s is an operation of probes and not of Seatbelt", name)
			}
		}
		drivers := map[string]bool{seatbelt.CheckDriver: true}
		for _, d := range o.Drivers {
			if drivers[d.Name] || len(d.Syscalls) == 0 {
				t.Errorf("%s: driver %q stands twice or makes no call", o.Name, d.Name)
			}
			drivers[d.Name] = true
			for i, s := range d.Syscalls {
				if got, ok := d.Syscall(s.Name); s.Name == "" || !ok || got != &d.Syscalls[i] {
					t.Errorf("%s by %q: syscall %q has no name, or that of another", o.Name, d.Name, s.Name)
				}
				if (s.RootRel || s.Leaf) && o.Target != seatbelt.TargetPath {
					t.Errorf("%s by %s: its target is no path", o.Name, s.Name)
				}
			}
		}
	}
}

func TestLookup(t *testing.T) {
	for _, name := range []string{"", "default", "file-write-create", "fs.read_file", "FILE-READ*", seatbelt.CheckDriver} {
		if o, ok := seatbelt.Lookup(name); ok {
			t.Errorf("Lookup(%q) = %s, want none", name, o.Name)
		}
	}
	write, _ := seatbelt.Lookup("file-write*")
	if diff := cmp.Diff([]string{"file_probe", "metadata_runner"}, write.DriverNames()); diff != "" {
		t.Error(diff)
	}
	if data, _ := seatbelt.Lookup("file-write-data"); len(data.DriverNames()) != 1 {
		t.Errorf("file-write-data has drivers %q, want file_probe alone", data.DriverNames())
	}
	plain, ok := write.Driver("")
	if !ok || write.NeedsDriver() {
		t.Fatalf("file-write* needs a driver")
	}
	if diff := cmp.Diff([]string{"open", "openat", "openat_rootrel"}, plain.SyscallNames()); diff != "" {
		t.Error(diff)
	}
	if s, ok := plain.Syscall(""); !ok || s.Name != "open" {
		t.Errorf("default syscall = %v, want open", s)
	}
	for _, name := range []string{"file-read-metadata", "mach-lookup", "iokit-open-service", "iokit-open-user-client"} {
		if o, _ := seatbelt.Lookup(name); !o.NeedsDriver() {
			t.Errorf("%s can do without a driver", name)
		}
	}
}

func TestKnown(t *testing.T) {
	for _, name := range []string{
		"default", "file*", "file-read*", "file-write-unlink", "mach-lookup", "mach-register", "process-exec*", "process-exec",
		"iokit-open", "iokit-open*", "sysctl-read", "user-preference-read", "network*", "ipc-posix-shm", "syscall-unix",
		"system-mac-syscall", "xpc-message-send", "process-codesigning-status*", "mach-per-user-lookup",
	} {
		if !seatbelt.Known(name) {
			t.Errorf("Known(%q) = false", name)
		}
	}
	for _, name := range []string{"", "*", "file", "file-*", "file-raed*", "File-Read*", "fs.read_file", "literal"} {
		if seatbelt.Known(name) {
			t.Errorf("Known(%q) = true", name)
		}
	}
	names := seatbelt.Names()
	if !slices.IsSorted(names) || len(slices.Compact(names)) != len(seatbelt.Names()) {
		t.Error("Names() is not sorted, or has one twice")
	}
	// Each family has a member, and each older spelling stands beside a name.
	for _, name := range names {
		if stem, family := strings.CutSuffix(name, "*"); family && !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, stem+"-") }) {
			t.Errorf("%s has no member", name)
		}
	}
}

func TestKernelName(t *testing.T) {
	for name, want := range map[string]string{
		"process-exec": "process-exec*", "file-write-mount": "file-mount", "ipc-posix-shm": "ipc-posix-shm*",
		"file-read*": "file-read*", "default": "default", "mach-per-user-lookup": "mach-per-user-lookup", "frobnicate": "frobnicate",
	} {
		if got := seatbelt.KernelName(name); got != want {
			t.Errorf("KernelName(%q) = %q, want %q", name, got, want)
		}
	}
	for _, name := range seatbelt.Names() {
		if again := seatbelt.KernelName(seatbelt.KernelName(name)); again != seatbelt.KernelName(name) {
			t.Errorf("%s stands for an older spelling itself", name)
		}
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"file-raed*":  "file-read*",
		"mach-lokup":  "mach-lookup",
		"sysctl_read": "sysctl-read",
		"fs.connect":  "",
		"":            "",
	} {
		if got := seatbelt.Nearest(name); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestFilters(t *testing.T) {
	for operation, want := range map[string][]string{
		"file-read-data":    {"path"},
		"file-write-create": {"path"},
		"file*":             {"path"},
		"process-exec":      {"path"},
		"mach-register":     {"global-name", "local-name"},
		"iokit-open":        {"iokit-user-client-class", "iokit-connection"},
		"process-fork":      nil,
		"files":             nil,
	} {
		if diff := cmp.Diff(want, seatbelt.Filters(operation)); diff != "" {
			t.Errorf("Filters(%q): %s", operation, diff)
		}
	}
	for operation, want := range map[string]string{
		"file-read*": "path", "mach-lookup": "global-name", "darwin-notification-post": "notification-name",
		"user-preference-read": "preference-domain", "mach-register": "", "sysctl-read": "", "file-write-create": "",
	} {
		if got, ok := seatbelt.UsualFilter(operation); got != want || ok != (want != "") {
			t.Errorf("UsualFilter(%q) = %q, %t, want %q", operation, got, ok, want)
		}
	}
	for id := range 20 {
		name, ok := seatbelt.FilterName(id)
		if back, known := seatbelt.FilterID(name); ok && (!known || back != id) {
			t.Errorf("filter %d is %s, which is %d", id, name, back)
		}
	}
	if id, ok := seatbelt.FilterID("right-name"); !ok || id != 5 {
		t.Errorf("FilterID(right-name) = %d, %t, want 5", id, ok)
	}
	for _, name := range []string{"vnode-type", "", "PATH"} {
		if id, ok := seatbelt.FilterID(name); ok {
			t.Errorf("FilterID(%q) = %d, want none", name, id)
		}
	}
	// An operation that is asked with a filter by itself takes that filter.
	for _, name := range seatbelt.Names() {
		if usual, ok := seatbelt.UsualFilter(name); ok && !slices.Contains(seatbelt.Filters(name), usual) {
			t.Errorf("%s is asked with %s, which it does not take", name, usual)
		}
	}
}

func TestStartsProgram(t *testing.T) {
	for _, tt := range []struct {
		operation, driver string
		want              bool
	}{
		{"mach-lookup", seatbelt.MachInProcessDriver, false},
		{"mach-lookup", "mach_probe", true},
		{"mach-lookup", "xpc_probe", true},
		{"iokit-open-service", "sandbox_iokit_probe", false},
		{"iokit-open-user-client", "iokit_probe", true},
		{"mach-lookup", seatbelt.CheckDriver, false},
		{"file-read*", "", false},
		{"process-exec*", "", false}, // what it starts is what it is about
		{"nothing", "mach_probe", false},
	} {
		if got := seatbelt.StartsProgram(tt.operation, tt.driver); got != tt.want {
			t.Errorf("StartsProgram(%q, %q) = %v", tt.operation, tt.driver, got)
		}
	}
}
