//go:build !darwin && seatbelt_fake

package seatbelt_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// inChild runs the test that it is called from again in a process of its own, for
// a policy cannot be taken off; it is false in that process.
func inChild(t *testing.T) bool {
	const child = "RTGEN_TEST_CHILD"
	if os.Getenv(child) != "" {
		return false
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), child+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
	return true
}

const workspace = `(version 1)
(deny default)
(allow file-read* (subpath (param "WORK")))
(allow mach-lookup (global-name "com.example"))
(allow file-write-data (when-nobody-knows))
(allow process-info-pidinfo)
(allow signal (target self))
`

func TestStandIn(t *testing.T) {
	if inChild(t) {
		return
	}
	read := attempt.Request{Operation: "file-read*", Target: "/private/tmp/w/a"}
	if errno, unknown := seatbelt.Stands(read); errno != 0 || unknown != "" {
		t.Errorf("without a policy: errno %d, %q", errno, unknown)
	}
	if confined, err := seatbelt.Confined(); confined || err != nil {
		t.Errorf("confined %v, %v before", confined, err)
	}
	if r := seatbelt.Apply(&seatbelt.Policy{Blob: []byte{1}}); r.RC == 0 || r.Text == "" {
		t.Errorf("a compiled policy: %+v", r)
	}
	if r := seatbelt.Apply(&seatbelt.Policy{Text: "(version 1"}); r.RC == 0 || r.Text == "" {
		t.Errorf("no policy: %+v", r)
	}
	p := &seatbelt.Policy{Path: "w.sb", Text: workspace, Parameters: map[string]string{"WORK": "/private/tmp/w"}}
	if r := seatbelt.Apply(p); r != (seatbelt.Report{API: "sandbox_init_with_parameters"}) {
		t.Fatalf("apply: %+v", r)
	}
	if confined, err := seatbelt.Confined(); !confined || err != nil {
		t.Errorf("confined %v, %v", confined, err)
	}
	if r := seatbelt.Apply(p); r.RC == 0 || !strings.Contains(r.Text, "already") || !strings.Contains(r.Text, "sandbox") {
		t.Errorf("a second time: %+v", r)
	}
	for _, tt := range []struct {
		r       attempt.Request
		errno   int
		unknown bool
	}{
		{read, 0, false},
		{attempt.Request{Operation: "file-read*", Target: "/private/tmp/other"}, 1, false},
		{attempt.Request{Operation: "file-read*", Target: "/tmp/w/a"}, 1, false}, // the link itself may not be read
		{attempt.Request{Operation: "mach-lookup", Target: "com.example", Driver: "sandbox_mach_probe"}, 0, false},
		{attempt.Request{Operation: "mach-lookup", Target: "com.other", Driver: "sandbox_mach_probe"}, 1, false},
		{attempt.Request{Operation: "file-write-data", Target: "/private/tmp/w/a"}, 0, true},
	} {
		errno, unknown := seatbelt.Stands(tt.r)
		if errno != tt.errno || (unknown != "") != tt.unknown {
			t.Errorf("%+v: errno %d, %q", tt.r, errno, unknown)
		}
	}
}

func TestStandInCheck(t *testing.T) {
	if inChild(t) {
		return
	}
	questions, _ := seatbelt.Questions(seatbelt.Probe{Operation: "file-read*", Target: "/private/tmp/w/a"})
	for _, q := range questions {
		if a := seatbelt.Check(q); a.RC != 0 || a.Decision != "allow" || !a.NoReport {
			t.Errorf("without a policy: %+v", a)
		}
	}
	p := &seatbelt.Policy{Path: "w.sb", Text: workspace, Parameters: map[string]string{"WORK": "/private/tmp/w"}}
	if r := seatbelt.Apply(p); r.RC != 0 {
		t.Fatalf("apply: %+v", r)
	}
	for _, tt := range []struct{ operation, target, want string }{
		{"file-read*", "/private/tmp/w/a", "allow"},
		{"file-read*", "/private/tmp/other", "deny"},
		{"file-write*", "/private/tmp/other", "error"},
		{"file-read*", "/tmp/w/a", "error"}, // which spelling counts is not documented
		{"mach-lookup", "com.example", "allow"},
		{"mach-lookup", "com.other", "deny"},
		{"process-info-pidinfo", "self", "allow"},
		{"signal", "self", "error"}, // which process is not asked
	} {
		probe := seatbelt.Probe{Operation: tt.operation, Target: tt.target}
		if _, asked := attempt.UsualFilter(tt.operation); !asked {
			probe.Driver = attempt.CheckDriver
		}
		questions, _ := seatbelt.Questions(probe)
		if len(questions) == 0 {
			t.Errorf("no question about %s", tt.operation)
		}
		for _, q := range questions {
			a := seatbelt.Check(q)
			if a.Decision != tt.want || (a.Err != "") != (tt.want == "error") {
				t.Errorf("%s of %s: %+v", tt.operation, tt.target, a)
			}
		}
	}
}

// The canary works on the stand-in, wherever its folder is.
func TestStandInCanary(t *testing.T) {
	if inChild(t) {
		return
	}
	const granted, withheld = "/tmp/canary/granted", "/tmp/canary/withheld"
	try := func(file string) int {
		errno, unknown := seatbelt.Stands(attempt.Request{Operation: "file-read*", Target: file, Syscall: "open"})
		if unknown != "" {
			t.Error(unknown)
		}
		return errno
	}
	s := seatbelt.Sightings{GrantedBefore: try(granted), WithheldBefore: try(withheld)}
	s.Apply = seatbelt.Apply(seatbelt.CanaryPolicy(granted, withheld))
	s.GrantedAfter, s.WithheldAfter = try(granted), try(withheld)
	if err := seatbelt.JudgeCanary(s); err != nil {
		t.Error(err)
	}
}
