package seatbelt_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

func TestCheck(t *testing.T) {
	number := func(n int) *int { return &n }
	const check = seatbelt.CheckDriver
	for _, tt := range []struct {
		name string
		a    seatbelt.Attempt
		want []string // "code: the end of its message"
	}{
		{"read", seatbelt.Attempt{Operation: "file-read*", Target: "/etc/hosts"}, nil},
		{"read relative to root", seatbelt.Attempt{Operation: "file-read-data", Target: "private/etc/hosts", Syscall: "openat_rootrel"}, nil},
		{"read by file_probe", seatbelt.Attempt{Operation: "file-read*", Target: "/usr/bin/true", Driver: "file_probe"}, nil},
		{"write", seatbelt.Attempt{Operation: "file-write*", Target: "/private/tmp/nested/../foo"}, nil},
		{"write through the data volume", seatbelt.Attempt{Operation: "file-write-data", Target: "/System/Volumes/Data/private/tmp/foo", Syscall: "openat"}, nil},
		{"write relative to root", seatbelt.Attempt{Operation: "file-write*", Target: "tmp/foo", Syscall: "openat_rootrel"}, nil},
		{"metadata", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/tmp", Driver: "metadata_runner"}, nil},
		{"metadata with payload", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/tmp/foo", Driver: "metadata_runner", Syscall: "setattrlist", AttrPayload: "cmn-times"}, nil},
		{"chmod", seatbelt.Attempt{Operation: "file-write*", Target: "/var/tmp/canon", Driver: "metadata_runner", Syscall: "fchownat"}, nil},
		{"mach", seatbelt.Attempt{Operation: "mach-lookup", Target: "com.apple.cfprefsd.agent", Driver: "sandbox_mach_probe", FilterName: "local-name", DenyDefault: true}, nil},
		{"xpc", seatbelt.Attempt{Operation: "mach-lookup", Target: "com.apple.cfprefsd.agent", Driver: "xpc_probe", FilterName: "xpc-service-name", Syscall: "xpc_connection_create_mach_service"}, nil},
		{"iokit", seatbelt.Attempt{Operation: "iokit-open-service", Target: "IOSurfaceRoot", Driver: "iokit_probe", FilterName: "iokit-registry-entry-class"}, nil},
		{"process", seatbelt.Attempt{Operation: "process-info-pidinfo", Target: "1"}, nil},
		{"signal", seatbelt.Attempt{Operation: "signal", Target: "same-sandbox", Syscall: "kill"}, nil},
		{"fork", seatbelt.Attempt{Operation: "process-fork", DenyDefault: true}, nil},
		{"exec", seatbelt.Attempt{Operation: "process-exec", Target: "/usr/bin/true"}, nil},
		{"network", seatbelt.Attempt{Operation: "network-outbound", Target: "127.0.0.1:4801"}, nil},
		{"network by UDP", seatbelt.Attempt{Operation: "network-outbound", Target: "127.0.0.1:53", Syscall: "connect_udp"}, nil},
		{"network by a unix socket", seatbelt.Attempt{Operation: "network-outbound", Target: "/private/var/run/s", Syscall: "connect_unix"}, nil},
		{"bind", seatbelt.Attempt{Operation: "network-bind", Target: "[::1]:0"}, nil},
		{"list", seatbelt.Attempt{Operation: "process-info-listpids"}, nil},
		{"shared memory", seatbelt.Attempt{Operation: "ipc-posix-shm-write-create", Target: "/rtgen.shm"}, nil},
		{"preferences", seatbelt.Attempt{Operation: "user-preference-read", Target: "com.apple.finder", FilterName: "preference-domain"}, nil},
		{"preferences to write", seatbelt.Attempt{Operation: "user-preference-write", Target: "org.rtgen.probe"}, nil},
		{"sysctl", seatbelt.Attempt{Operation: "sysctl-read", Target: "kern.ostype"}, nil},

		{"asked", seatbelt.Attempt{Operation: "file-read-data", Target: "/etc/hosts", Driver: check}, nil},
		{"asked by number", seatbelt.Attempt{Operation: "authorization-right-obtain", Target: "system.burn", Driver: check, FilterType: number(5), FilterName: "right-name"}, nil},
		{"asked of nothing in particular", seatbelt.Attempt{Operation: "file-write-create", Driver: check, FilterType: number(0)}, nil},
		{"asked without a filter", seatbelt.Attempt{Operation: "process-fork", Driver: check}, nil},
		{"asked about a family", seatbelt.Attempt{Operation: "network*", Target: "/private/var/run/mDNSResponder", Driver: check, FilterName: "path"}, nil},

		{"typo", seatbelt.Attempt{Operation: "file-raed*", Target: "/x"}, []string{`unknown-operation: did you mean "file-read*"?`}},
		{"typo asked", seatbelt.Attempt{Operation: "mach-regster", Target: "x", Driver: check}, []string{`unknown-operation: did you mean "mach-register"?`}},
		{"of another world", seatbelt.Attempt{Operation: "fs.read_file", Target: "/x"}, []string{"unknown-operation: such as file-read*"}},
		{"empty", seatbelt.Attempt{}, []string{"unknown-operation: such as file-read*"}},
		{"default", seatbelt.Attempt{Operation: "default", Driver: check}, []string{"unknown-operation: name an operation"}},
		{"only asked", seatbelt.Attempt{Operation: "file-write-unlink", Target: "/tmp/foo"}, []string{"driver-required: ask about it with driver sandbox_check_probe"}},
		{"only asked, not so", seatbelt.Attempt{Operation: "mach-register", Target: "x", Driver: "sandbox_chek_probe"}, []string{`unknown-driver: , did you mean "sandbox_check_probe"?; ask about it with driver sandbox_check_probe`}},
		{"older name asked", seatbelt.Attempt{Operation: "process-exec", Target: "/bin/ls", Driver: check, FilterName: "path"}, []string{"unknown-operation: use process-exec*"}},
		{"name without meaning", seatbelt.Attempt{Operation: "mach-per-user-lookup", Target: "x", Driver: check}, []string{"unknown-operation: name another operation"}},

		{"metadata without driver", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/x"}, []string{"driver-required: use metadata_runner"}},
		{"unknown driver", seatbelt.Attempt{Operation: "iokit-open-service", Target: "X", Driver: "iokit_prob"}, []string{`unknown-driver: did you mean "iokit_probe"?; use sandbox_iokit_probe or iokit_probe`}},
		{"driver of another", seatbelt.Attempt{Operation: "sysctl-read", Target: "kern.ostype", Driver: "file_probe"}, []string{"unknown-driver: leave the driver out"}},
		{"driver one can do without", seatbelt.Attempt{Operation: "file-write-data", Target: "/tmp/foo", Driver: "metadata_runner"}, []string{"unknown-driver: leave the driver out or use file_probe"}},
		{"deny default", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", Driver: "xpc_probe", DenyDefault: true}, []string{"mach-needs-inprocess-driver: use driver sandbox_mach_probe"}},
		{"deny default without driver", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", DenyDefault: true}, []string{
			"driver-required: use sandbox_mach_probe, mach_probe or xpc_probe",
			"mach-needs-inprocess-driver: use driver sandbox_mach_probe",
		}},
		{"deny default asked", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", Driver: check, DenyDefault: true}, []string{"mach-needs-inprocess-driver: use driver sandbox_mach_probe"}},

		{"syscall", seatbelt.Attempt{Operation: "file-read*", Target: "/x", Syscall: "opennat"}, []string{`unknown-syscall: did you mean "openat"?; use open, openat or openat_rootrel`}},
		{"syscall of another driver", seatbelt.Attempt{Operation: "file-write*", Target: "/tmp/foo", Syscall: "chmod"}, []string{"unknown-syscall: use open, openat or openat_rootrel"}},
		{"syscall asked", seatbelt.Attempt{Operation: "file-read*", Target: "/x", Syscall: "open", Driver: check}, []string{"unknown-syscall: drop the syscall"}},
		{"payload of lstat", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/x", Driver: "metadata_runner", AttrPayload: "cmn"}, []string{"unknown-payload: drop it"}},
		{"payload of chmod", seatbelt.Attempt{Operation: "file-write*", Target: "/tmp/foo", Driver: "metadata_runner", AttrPayload: "cmn"}, []string{"unknown-payload: drop it"}},
		{"payload", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/x", Driver: "metadata_runner", Syscall: "getattrlist", AttrPayload: "cmn-nam"}, []string{`unknown-payload: did you mean "cmn-name"?; use cmn, cmn-name, cmn-times or file-size`}},
		{"payload asked", seatbelt.Attempt{Operation: "file-read*", Target: "/x", AttrPayload: "cmn", Driver: check}, []string{"unknown-payload: drop it"}},

		{"relative path", seatbelt.Attempt{Operation: "file-read*", Target: "etc/hosts"}, []string{`bad-target: use "/etc/hosts"`}},
		{"no path", seatbelt.Attempt{Operation: "file-read*"}, []string{"bad-target: such as /private/tmp/foo"}},
		{"NUL", seatbelt.Attempt{Operation: "file-read*", Target: "/a\x00b"}, []string{"bad-target: remove it"}},
		{"absolute path below the root", seatbelt.Attempt{Operation: "file-read*", Target: "//etc/hosts", Syscall: "openat_rootrel"}, []string{`bad-target: use "etc/hosts"`}},
		{"no path below the root", seatbelt.Attempt{Operation: "file-read*", Syscall: "openat_rootrel"}, []string{"bad-target: such as private/tmp/foo"}},
		{"openat of the root", seatbelt.Attempt{Operation: "file-read*", Target: "/", Syscall: "openat"}, []string{"bad-target: give the path of a file"}},
		{"openat of a parent", seatbelt.Attempt{Operation: "file-read*", Target: "/tmp/..", Syscall: "openat"}, []string{"bad-target: give the path of a file"}},
		{"relative path asked", seatbelt.Attempt{Operation: "file-read*", Target: "x", Driver: check}, []string{`bad-target: use "/x"`}},
		{"no service", seatbelt.Attempt{Operation: "mach-lookup", Target: " ", Driver: "mach_probe"}, []string{"bad-target: give it"}},
		{"no name asked", seatbelt.Attempt{Operation: "mach-register", Driver: check, FilterName: "global-name"}, []string{"bad-target: give it"}},
		{"host name", seatbelt.Attempt{Operation: "network-outbound", Target: "example.com:443"}, []string{"bad-target: such as 127.0.0.1:80 or [::1]:80"}},
		{"no port", seatbelt.Attempt{Operation: "network-outbound", Target: "127.0.0.1"}, []string{"bad-target: such as 127.0.0.1:80 or [::1]:80"}},
		{"port 0", seatbelt.Attempt{Operation: "network-outbound", Target: "localhost:0"}, []string{"bad-target: from 1 to 65535"}},
		{"port 0 by UDP", seatbelt.Attempt{Operation: "network-outbound", Target: "localhost:0", Syscall: "connect_udp"}, []string{"bad-target: from 1 to 65535"}},
		{"address for a unix socket", seatbelt.Attempt{Operation: "network-outbound", Target: "127.0.0.1:53", Syscall: "connect_unix"}, []string{`bad-target: use "/127.0.0.1:53"`}},
		{"path for a TCP socket", seatbelt.Attempt{Operation: "network-outbound", Target: "/private/var/run/s"}, []string{"bad-target: such as 127.0.0.1:80 or [::1]:80"}},
		{"long path of a unix socket", seatbelt.Attempt{Operation: "network-outbound", Target: "/" + strings.Repeat("x", 103), Syscall: "connect_unix"}, []string{`bad-target: shorten "/` + strings.Repeat("x", 103) + `"`}},
		{"bind of a path", seatbelt.Attempt{Operation: "network-bind", Target: "/private/tmp/s"}, []string{"bad-target: such as 127.0.0.1:80 or [::1]:80"}},
		{"process", seatbelt.Attempt{Operation: "process-info-pidinfo", Target: "01"}, []string{"bad-target: use self or a process id"}},
		{"signal to another", seatbelt.Attempt{Operation: "signal", Target: "1"}, []string{"bad-target: use self, child or same-sandbox"}},
		{"notification to itself", seatbelt.Attempt{Operation: "darwin-notification-post", Target: "self.example"}, []string{"bad-target: does not begin with self."}},
		{"preferences of no domain", seatbelt.Attempt{Operation: "user-preference-read"}, []string{"bad-target: give it"}},
		{"preferences of a file", seatbelt.Attempt{Operation: "user-preference-write", Target: "/tmp/org.rtgen.probe"}, []string{"bad-target: use a name such as org.rtgen.probe"}},
		{"long shared memory", seatbelt.Attempt{Operation: "ipc-posix-shm-write-create", Target: strings.Repeat("x", 31)}, []string{`bad-target: shorten "` + strings.Repeat("x", 31) + `"`}},

		{"write elsewhere", seatbelt.Attempt{Operation: "file-write*", Target: "/etc/hosts"}, []string{"unsafe-target: move the target below /tmp, /private/tmp, /var/tmp or /private/var/tmp"}},
		{"write elsewhere by file_probe", seatbelt.Attempt{Operation: "file-write-data", Target: "/Users/x/y", Driver: "file_probe"}, []string{"unsafe-target: /private/var/tmp"}},
		{"write to a root", seatbelt.Attempt{Operation: "file-write*", Target: "/tmp/.//"}, []string{"unsafe-target: /private/var/tmp"}},
		{"climb out", seatbelt.Attempt{Operation: "file-write*", Target: "/private/tmp/a/../../etc/hosts"}, []string{"unsafe-target: /private/var/tmp"}},
		{"climb out and back", seatbelt.Attempt{Operation: "file-write*", Target: "/private/tmp/../../private/tmp/foo"}, []string{"unsafe-target: /private/var/tmp"}},
		{"beside a root", seatbelt.Attempt{Operation: "file-write-xattr", Target: "/tmpx/foo"}, []string{"unsafe-target: /private/var/tmp"}},
		{"relative climb", seatbelt.Attempt{Operation: "file-write*", Target: "tmp/../etc/hosts", Syscall: "openat_rootrel"}, []string{"unsafe-target: /private/var/tmp"}},
		{"setattrlist elsewhere", seatbelt.Attempt{Operation: "file-read-metadata", Target: "/etc/hosts", Driver: "metadata_runner", Syscall: "setattrlist"}, []string{"unsafe-target: /private/var/tmp"}},
		{"preferences of another", seatbelt.Attempt{Operation: "user-preference-write", Target: "com.apple.dock"}, []string{"unsafe-target: use a domain that begins with org.rtgen."}},
		{"preferences beside ours", seatbelt.Attempt{Operation: "user-preference-write", Target: "org.rtgenx"}, []string{"unsafe-target: org.rtgen."}},
		{"shared memory of the system", seatbelt.Attempt{Operation: "ipc-posix-shm-write-create", Target: "/apple.shm.cfprefsd"}, []string{"unsafe-target: does not begin with apple."}},

		{"unknown filter", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", Driver: "mach_probe", FilterName: "globl-name"}, []string{`unknown-filter: did you mean "global-name"?; use one such as path or global-name`}},
		{"filter of another", seatbelt.Attempt{Operation: "file-read*", Target: "/x", FilterName: "global-name"}, []string{"unknown-filter: use filter_name path"}},
		{"filter of none", seatbelt.Attempt{Operation: "signal", Target: "self", Driver: check, FilterName: "path"}, []string{"unknown-filter: drop it"}},
		{"filter that is not asked", seatbelt.Attempt{Operation: "file-read*", Target: "/x", Driver: check, FilterName: "vnode-type"}, []string{"unknown-filter: use filter_name path"}},
		{"number of a policy", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", Driver: "mach_probe", FilterName: "global-name", FilterType: number(5)}, []string{"unknown-filter: drop filter_type"}},
		{"number of none", seatbelt.Attempt{Operation: "mach-lookup", Target: "x", Driver: "mach_probe", FilterName: "global-name", FilterType: number(0)}, []string{"unknown-filter: drop filter_type"}},
		{"number without text", seatbelt.Attempt{Operation: "file-read*", Target: "/x", FilterType: number(10)}, []string{"unknown-filter: give a filter_name"}},
		{"number of another", seatbelt.Attempt{Operation: "file-read*", Target: "/x", FilterType: number(2)}, []string{"unknown-filter: use filter_name path"}},
		{"filter wanting", seatbelt.Attempt{Operation: "file-write-create", Target: "/x", Driver: check}, []string{"filter-required: add filter_name path"}},
		{"filters wanting", seatbelt.Attempt{Operation: "mach-register", Target: "x", Driver: check}, []string{"filter-required: add filter_name global-name or local-name"}},

		{"all at once", seatbelt.Attempt{Operation: "file-read-metadata", Target: "x", Driver: "metadata_runner", AttrPayload: "y", FilterName: "right-name"}, []string{
			"unknown-filter: use filter_name path", "unknown-payload: drop it", `bad-target: use "/x"`,
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := seatbelt.Check(tt.a)
			if len(got) != len(tt.want) {
				t.Fatalf("Check = %q, want %q", got, tt.want)
			}
			for i, f := range got {
				code, end, _ := strings.Cut(tt.want[i], ": ")
				if f.Code != code || !strings.HasSuffix(f.Msg, end) {
					t.Errorf("Check = %q, want %q", f, tt.want[i])
				}
			}
		})
	}
}

// Each operation can be attempted in each of its ways as it stands.
func TestEveryWayPasses(t *testing.T) {
	targets := map[seatbelt.TargetKind]string{
		seatbelt.TargetPath: "/private/tmp/foo", seatbelt.TargetService: "org.example.service", seatbelt.TargetClass: "IOService",
		seatbelt.TargetName: "org.example.name", seatbelt.TargetShm: "example", seatbelt.TargetProcess: "self",
		seatbelt.TargetSignal: "child", seatbelt.TargetAddr: "[::1]:1",
		seatbelt.TargetDomain: "org.rtgen.example",
	}
	for _, o := range seatbelt.All() {
		for _, d := range o.Drivers {
			for _, s := range append([]seatbelt.Syscall{{}}, d.Syscalls...) {
				for _, payload := range append([]string{""}, s.Payloads...) {
					a := seatbelt.Attempt{Operation: o.Name, Target: targets[o.TargetOf(&s)], Driver: d.Name, Syscall: s.Name, AttrPayload: payload}
					if s.RootRel {
						a.Target = a.Target[1:]
					}
					if faults := seatbelt.Check(a); faults != nil {
						t.Errorf("%+v: %q", a, faults)
					}
				}
			}
		}
	}
}

// A fault is one line for a person whatever a plan says, and a plan that says
// what a mutating attempt may change says nothing but a path below a root.
func FuzzCheck(f *testing.F) {
	f.Add("file-write*", "/tmp/../etc", "", "open", "", "path", 1, true)
	f.Add("mach-lookup", "x\ny", "sandbox_check_probe", "", "cmn", "global-name", 5, false)
	f.Add("file-read-metadata", "/System/Volumes/Data/tmp/x/..", "metadata_runner", "setattrlist", "cmn", "", 0, false)
	f.Fuzz(func(t *testing.T, operation, target, driver, syscall, payload, filter string, number int, deny bool) {
		a := seatbelt.Attempt{Operation: operation, Target: target, Driver: driver, Syscall: syscall, AttrPayload: payload, FilterName: filter, DenyDefault: deny}
		if number >= 0 {
			a.FilterType = &number
		}
		faults := seatbelt.Check(a)
		for _, fault := range faults {
			if fault.Code == "" || fault.Msg == "" || strings.Contains(fault.Msg, "\n") {
				t.Errorf("%+v: fault %q", a, fault)
			}
		}
		if len(faults) > 0 || !strings.HasPrefix(operation, "file-write") || driver == seatbelt.CheckDriver {
			return
		}
		where := filepath.ToSlash(filepath.Clean("/" + target))
		where = strings.TrimPrefix(where, "/System/Volumes/Data")
		if !strings.HasPrefix(where, "/tmp/") && !strings.HasPrefix(where, "/private/tmp/") &&
			!strings.HasPrefix(where, "/var/tmp/") && !strings.HasPrefix(where, "/private/var/tmp/") {
			t.Errorf("%+v may change %s", a, where)
		}
	})
}

// shared finds a file in a folder called shared beside the repository.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if data, err := os.ReadFile(filepath.Join(dir, "shared", name)); err == nil {
			return data
		}
		if dir == filepath.Dir(dir) {
			t.Skipf("no shared/%s above the test's folder", name)
		}
	}
}

type probe struct {
	Operation   string `json:"operation"`
	Target      string `json:"target"`
	Driver      string `json:"driver"`
	Syscall     string `json:"syscall"`
	AttrPayload string `json:"attr_payload"`
	FilterName  string `json:"filter_name"`
	FilterType  *int   `json:"filter_type"`
}

func (p probe) attempt() seatbelt.Attempt {
	return seatbelt.Attempt{
		Operation: p.Operation, Target: p.Target, Driver: p.Driver, Syscall: p.Syscall,
		AttrPayload: p.AttrPayload, FilterName: p.FilterName, FilterType: p.FilterType,
	}
}

func TestReferenceProbesPass(t *testing.T) {
	var registry struct{ Probes map[string]probe }
	data := shared(t, "reference-bundles/anchor-filter-map.iokit-class/plan/registry/probes.json")
	if err := json.Unmarshal(data, &registry); err != nil {
		t.Fatal(err)
	}
	if len(registry.Probes) < 10 {
		t.Fatalf("only %d probes read", len(registry.Probes))
	}
	for id, p := range registry.Probes {
		if diff := cmp.Diff([]seatbelt.Fault(nil), seatbelt.Check(p.attempt())); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
}

// What was really attempted on a Mac can be written down as a probe.
func TestObservedAttemptsPass(t *testing.T) {
	var host struct{ Rows []probe }
	if err := json.Unmarshal(shared(t, "sonoma-decisions.json"), &host); err != nil {
		t.Fatal(err)
	}
	variants := map[string]string{
		"openat(fd of /, relative path)":            "openat_rootrel",
		"open(parent dir) then openat(dirfd, leaf)": "openat",
		"open (read)":                 "open",
		"open (write, existing file)": "open",
	}
	for i, p := range host.Rows {
		if name, ok := variants[p.Syscall]; ok {
			p.Syscall = name
		}
		switch p.Operation {
		case "mach-lookup":
			p.Driver = "sandbox_mach_probe"
		case "file-read-metadata":
			p.Driver = "metadata_runner"
		}
		if faults := seatbelt.Check(p.attempt()); faults != nil {
			t.Errorf("row %d: %s of %s: %s", i, p.Operation, p.Target, fmt.Sprint(faults))
		}
	}
}
