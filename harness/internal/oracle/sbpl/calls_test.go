package sbpl

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// TestCalls writes down which checks each call comes to, on a file behind two
// links, and on the last of them where the call does not follow it.
func TestCalls(t *testing.T) {
	w, err := MacOS().With(map[string]string{"/tmp/l": "/x"})
	if err != nil {
		t.Fatal(err)
	}
	p, _ := Compile(Source{Text: `(allow default)`})
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(calls)) {
		c, ok := findCall(name)
		if !ok {
			t.Errorf("%s is in the table and not found", name)
			continue
		}
		if len(c.steps) == 0 {
			fmt.Fprintf(&b, "%s: nothing is known\n", name)
			continue
		}
		last := c.steps[len(c.steps)-1]
		operations := []string{last[0]}
		if len(last) > 1 {
			operations = []string{"file-read*", "file-write*", last[0]}
		}
		for _, operation := range operations {
			target := "/tmp/l"
			if !strings.HasPrefix(operation, "file") && operation != "process-exec*" && c.proto != "unix" {
				target = "self:1"
			}
			a := p.Ask(Question{Operation: operation, Target: target, Syscall: name, World: w})
			if strings.Contains(a.Reason, "does not ask about") {
				continue
			}
			fmt.Fprintf(&b, "%s as %s:", name, operation)
			for _, check := range a.Checks {
				fmt.Fprintf(&b, " %s of %s,", check.Operation, check.Target)
			}
			fmt.Fprintf(&b, " %s\n", a.Decision)
		}
	}
	const golden = "testdata/calls.golden"
	if f := flag.Lookup("update"); f != nil && f.Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the table of calls differs from %s; run with -update and look at the change", golden)
	}
}

// TestProbes holds that the model has an answer for every call that a probe of
// the registry can make.
func TestProbes(t *testing.T) {
	p, _ := Compile(Source{Text: `(allow default)`})
	targets := map[seatbelt.TargetKind]string{
		seatbelt.TargetPath: "/private/tmp/foo", seatbelt.TargetProcess: "self",
		seatbelt.TargetSignal: "child", seatbelt.TargetAddr: "127.0.0.1:80",
	}
	// What the call is about is not what its probe says it is about.
	beside := map[string]bool{"file-search readdir": true, "file-read-metadata setattrlist": true}
	for _, o := range seatbelt.All() {
		for _, d := range o.Drivers {
			for _, s := range d.Syscalls {
				target := targets[o.TargetOf(&s)]
				if target == "" {
					target = "name"
				}
				if s.RootRel {
					target = strings.TrimPrefix(target, "/")
				}
				a := p.Ask(Question{Operation: o.Name, Target: target, Syscall: s.Name})
				if known := a.Decision == Allow; known == beside[o.Name+" "+s.Name] {
					t.Errorf("%s by %s: %s: %s", o.Name, s.Name, a.Decision, a.Reason)
				}
			}
		}
	}
}

// TestUnknownCall: a call that the model does not know is what the operation
// says where that is one, and all of them alike where it is a family.
func TestUnknownCall(t *testing.T) {
	for _, row := range []struct {
		profile, operation, target, syscall string
		want                                Decision
	}{
		{`(deny default)(allow file-read-data)`, "file-read-data", "/x", "pread", Allow},
		{`(deny default)(allow file-read-data)`, "file-read*", "/x", "pread", Unknown},
		{`(deny default)(allow file-read*)`, "file-read*", "/x", "pread", Allow},
		{`(allow default)(deny file-write* (literal "/x"))`, "file-write*", "/x", "lutimes", Deny},
		{`(allow default)(deny file-write-data (literal "/x"))`, "file-write*", "/x", "lutimes", Unknown},
		{`(allow default)`, "file-read-data", "/tmp", "pread", Unknown}, // is it followed?
		{`(allow default)`, "file-write*", "/x", "rename", Unknown},
		{`(allow default)(deny file-write-unlink)`, "file-write-unlink", "/x", "rename", Deny},
		{`(allow default)(deny file-write-unlink)`, "file-write*", "/x", "rename", Deny},
		{`(allow default)(deny file-write-create)`, "file-write*", "/x", "rename", Unknown},
		{`(deny default)`, "file-read*", "/x", "rename", Unknown},
		{`(deny default)`, "file-link", "/x", "link", Unknown},
		{`(deny default)`, "file-write*", "/x", "rename", Deny},
		{`(allow default)`, "file-write*", "/x", "open (sideways)", Allow},
		{`(allow default)`, "file-write*", "/x", "open (create, existing file)", Allow},
		{`(deny default)(allow file-write-data)`, "file-write*", "/x", "open (sideways)", Unknown},
		{`(deny default)(allow file-read-data)`, "file-read*", "/x", "sandbox_check", Deny},
		{`(deny default)(allow file-read*)`, "file-read*", "/x", "sandbox_check", Allow},
		{`(deny default)`, "file-read*", "/tmp", "sandbox_check", Unknown},
		{`(deny default)`, "file-read-data", "/tmp/x", "sandbox_check", Unknown},
		{`(allow default)`, "file-read-data", "/x/../y", "sandbox_check", Unknown},
		{`(deny default)(allow mach-lookup (global-name "/x"))`, "mach-lookup", "/x", "sandbox_check", Allow},
		{`(deny default)(allow file-search (subpath "/x"))`, "file-search", "/x/y", "searchfs", Unknown}, // asks about its volume
		{`(allow default)(deny file-search (literal "/x/y"))`, "file-search", "/x/y", "searchfs", Unknown},
		{`(deny default)(allow file-search)`, "file-search", "/x/y", "searchfs", Allow},
		{`(deny default)(allow file-read-metadata)`, "file-search", "/x/y", "searchfs", Deny},
		{`(deny default)(allow iokit-open-service)`, "iokit-open-service", "C", "IOServiceOpen", Deny},
		{`(deny default)(allow iokit-open-user-client)`, "iokit-open-user-client", "C", "IOServiceOpen", Deny},
		{`(allow default)(deny iokit-open-service (iokit-registry-entry-class "D"))`, "iokit-open-service", "C", "IOServiceOpen", Allow},
	} {
		p, _ := Compile(Source{Text: row.profile})
		a := p.Ask(Question{Operation: row.operation, Target: row.target, Syscall: row.syscall})
		if a.Decision != row.want {
			t.Errorf("%+v: %s: %s", row, a.Decision, a.Reason)
		}
	}
}

func TestFindCall(t *testing.T) {
	for name, want := range map[string]string{
		"open (read)":                           "[[file-read-data]]",
		"OPEN(O_RDONLY|O_CLOEXEC)":              "[[file-read-data]]",
		"open (write, existing file)":           "[[file-write-data]]",
		" open  ( write , truncate )":           "[[file-write-data]]",
		"open (O_RDWR)":                         "[[file-read-data] [file-write-data]]",
		"open (create)":                         "[[file-write-create]]",
		"open()":                                "[[file-read-data file-write-data file-write-create]]",
		"openat(fd of /, relative path)":        "[[file-read-data file-write-data file-write-create]]",
		"openat(fd of /, relative path)(write)": "[[file-write-data]]",
		"openat (read)":                         "[[file-read-data]]",
		"open (O_RDWR, O_CREAT)":                "none",
		"open (":                                "none",
		"opens":                                 "none",
		"open (write":                           "none",
	} {
		got := "none"
		if c, ok := findCall(name); ok {
			got = fmt.Sprint(c.steps)
		}
		if got != want {
			t.Errorf("findCall(%q) = %s, want %s", name, got, want)
		}
	}
}
