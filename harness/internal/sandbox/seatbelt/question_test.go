package seatbelt_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

func TestQuestions(t *testing.T) {
	type probe = seatbelt.Probe
	const both = "both"
	for _, tt := range []struct {
		name  string
		probe probe
		want  *seatbelt.Request
	}{
		{"file-read*", probe{Operation: "file-read*", Target: "/tmp/a"}, &seatbelt.Request{Operation: "file-read-data", FilterType: 1, FilterName: "path", Argument: "/tmp/a", Canonicalization: both}},
		{"file-write*", probe{Operation: "file-write*", Target: "/tmp/a"}, &seatbelt.Request{Operation: "file-write-data", FilterType: 1, FilterName: "path", Argument: "/tmp/a", Canonicalization: both}},
		{"another of files", probe{Operation: "file-read-metadata", Target: "/a", Driver: "metadata_runner"}, &seatbelt.Request{Operation: "file-read-metadata", FilterType: 1, FilterName: "path", Argument: "/a", Canonicalization: both}},
		{"relative to the root", probe{Operation: "file-read*", Target: "private/tmp/a"}, nil},
		{"no target", probe{Operation: "file-read*"}, nil},
		{"mach", probe{Operation: "mach-lookup", Target: "com.a", Driver: "sandbox_mach_probe"}, &seatbelt.Request{Operation: "mach-lookup", FilterType: 2, FilterName: "global-name", Argument: "com.a"}},
		{"xpc", probe{Operation: "mach-lookup", Target: "com.a", Driver: "xpc_probe"}, &seatbelt.Request{Operation: "mach-lookup", FilterType: 12, FilterName: "xpc-service-name", Argument: "com.a"}},
		{"xpc by a name", probe{Operation: "mach-lookup", Target: "com.a", Driver: "xpc_probe", FilterName: "global-name"}, &seatbelt.Request{Operation: "mach-lookup", FilterType: 2, FilterName: "global-name", Argument: "com.a"}},
		{"local name", probe{Operation: "mach-lookup", Target: "com.a", FilterName: "local-name"}, &seatbelt.Request{Operation: "mach-lookup", FilterType: 3, FilterName: "local-name", Argument: "com.a"}},
		{"number before name", probe{Operation: "mach-lookup", Target: "com.a", FilterName: "local-name", FilterType: new(2)}, &seatbelt.Request{Operation: "mach-lookup", FilterType: 2, FilterName: "global-name", Argument: "com.a"}},
		{"number of none", probe{Operation: "mach-lookup", Target: "com.a", FilterType: new(0)}, nil},
		{"number of what is no text", probe{Operation: "mach-lookup", Target: "com.a", FilterType: new(11)}, nil},
		{"name without a number", probe{Operation: "signal", Target: "self", FilterName: "target"}, nil},
		{"notification", probe{Operation: "darwin-notification-post", Target: "n"}, &seatbelt.Request{Operation: "darwin-notification-post", FilterType: 9, FilterName: "notification-name", Argument: "n"}},
		{"shared memory", probe{Operation: "ipc-posix-shm-write-create", Target: "/s"}, &seatbelt.Request{Operation: "ipc-posix-shm-write-create", FilterType: 17, FilterName: "ipc-posix-name", Argument: "/s"}},
		{"kernel extension", probe{Operation: "system-kext-query", Target: "com.k"}, &seatbelt.Request{Operation: "system-kext-query", FilterType: 7, FilterName: "kext-bundle-id", Argument: "com.k"}},
		{"sysctl", probe{Operation: "sysctl-read", Target: "kern.ostype"}, nil},
		{"sysctl by a name", probe{Operation: "sysctl-read", Target: "kern.ostype", FilterName: "sysctl-name"}, nil},
		{"no filter", probe{Operation: "process-fork", Target: "x"}, nil},
		{"exec by a path", probe{Operation: "process-exec*", Target: "/bin/ls", FilterName: "path"}, &seatbelt.Request{Operation: "process-exec*", FilterType: 1, FilterName: "path", Argument: "/bin/ls", Canonicalization: both}},
		{"a name that only profiles know", probe{Operation: "process-exec", Target: "/bin/ls", FilterName: "path"}, nil},
		{"iokit by a name", probe{Operation: "iokit-open-user-client", Target: "C", FilterName: "iokit-user-client-class"}, nil},
		{"iokit", probe{Operation: "iokit-open-service", Target: "IOSurfaceRoot", Driver: "iokit_probe"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			questions, request := seatbelt.Questions(tt.probe)
			if diff := cmp.Diff(tt.want, request); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			var want []seatbelt.Question
			if r := tt.want; r != nil {
				q := seatbelt.Question{Stage: "pre_syscall", Operation: r.Operation, FilterType: r.FilterType, FilterName: r.FilterName, Argument: r.Argument}
				want = append(want, q)
				if r.Canonicalization == both {
					q.Canonical = true
					want = append(want, q)
				}
			}
			if diff := cmp.Diff(want, questions); diff != "" {
				t.Errorf("questions (-want +got):\n%s", diff)
			}
		})
	}
}

// The answer to the one question of this driver is the probe's decision, so it is
// about the operation that the probe names.
func TestQuestionsOfCheckDriver(t *testing.T) {
	for _, tt := range []struct {
		operation, target, filter string
		number                    *int
		want                      *seatbelt.Question
		beside                    bool // evidence has a request
	}{
		{"file-read*", "/tmp/a", "", nil, &seatbelt.Question{Operation: "file-read*", FilterType: 1, FilterName: "path", Argument: "/tmp/a"}, true},
		{"process-fork", "", "", nil, &seatbelt.Question{Operation: "process-fork"}, false},
		{"process-fork", "anything", "", new(0), &seatbelt.Question{Operation: "process-fork"}, false},
		{"sysctl-read", "kern.ostype", "sysctl-name", nil, &seatbelt.Question{Operation: "sysctl-read", FilterType: 16, FilterName: "sysctl-name", Argument: "kern.ostype", Doubt: "it is not known that sandbox_check takes sysctl-name for filter type 16"}, true},
		{"nvram-set", "x", "nvram-variable", nil, &seatbelt.Question{Operation: "nvram-set", FilterType: 15, FilterName: "nvram-variable", Argument: "x", Doubt: "it is not known that sandbox_check takes nvram-variable for filter type 15"}, true},
		{"signal", "self", "target", nil, nil, false},
		{"mach-lookup", "x", "", new(11), nil, false},
	} {
		got, request := seatbelt.Questions(seatbelt.Probe{Operation: tt.operation, Target: tt.target, Driver: "sandbox_check_probe", FilterName: tt.filter, FilterType: tt.number})
		var want []seatbelt.Question
		if tt.want != nil {
			tt.want.Stage = "pre_syscall"
			want = []seatbelt.Question{*tt.want}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s by %q (-want +got):\n%s", tt.operation, tt.filter, diff)
		}
		if (request != nil) != tt.beside {
			t.Errorf("%s by %q: request %+v", tt.operation, tt.filter, request)
		}
	}
}

func TestExecQuestion(t *testing.T) {
	want := seatbelt.Question{Stage: "bootstrap_exec", Operation: "process-exec*", FilterType: 1, FilterName: "path", Argument: "/bin/ls"}
	if got := seatbelt.ExecQuestion("/bin/ls"); got != want {
		t.Errorf("%+v", got)
	}
}
