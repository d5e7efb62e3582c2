package op_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// straceEnv makes TestCallsAsStracePrintsThem the traced child; its value is
// the folder to work in.
const straceEnv = "RTGEN_TEST_STRACE_ROOT"

// Call is what strace prints for the same call: the child attempts every
// variant under strace and reports the texts, and each must be in the trace.
func TestCallsAsStracePrintsThem(t *testing.T) {
	if root := os.Getenv(straceEnv); root != "" {
		tracedChild(t, root)
		return
	}
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skipf("no strace here: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := shortDir(t)
	// Bytes that strace escapes, each in its own way; the digit after the
	// control byte asks for three octal digits.
	root := filepath.Join(dir, "ä\"q\\\x01"+"7\t\x02x")
	// A file for each thread: no call is cut in two by another's.
	trace := filepath.Join(dir, "trace")
	cmd := exec.Command(strace, "-ff", "-v", "-s", "4096", "-o", trace, self, "-test.run=^TestCallsAsStracePrintsThem$")
	cmd.Env = append(os.Environ(), straceEnv+"="+root)
	if out, err := cmd.CombinedOutput(); err != nil {
		if strings.Contains(string(out), "ptrace") {
			t.Skipf("strace may not trace here: %s", out)
		}
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(root, "calls.json"))
	if err != nil {
		t.Fatal(err)
	}
	var calls []string
	if err := json.Unmarshal(data, &calls); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(trace + ".*")
	if err != nil {
		t.Fatal(err)
	}
	var traced strings.Builder
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		traced.Write(text)
	}
	if len(calls) == 0 {
		t.Fatal("the child made no calls")
	}
	made := map[string][]string{} // by the system call's name
	for line := range strings.Lines(traced.String()) {
		name, _, _ := strings.Cut(line, "(")
		made[name] = append(made[name], line)
	}
	for _, call := range calls {
		// {...} stands for what the kernel wrote.
		pattern := regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(call), regexp.QuoteMeta("{...}"), ".*") + ` +=`)
		name, _, _ := strings.Cut(call, "(")
		if !slices.ContainsFunc(made[name], pattern.MatchString) {
			t.Errorf("strace printed no\n%s\nbut\n%s", call, similar(traced.String(), call))
		}
	}
}

// tracedProofs are those that can be made in a traced process. A process of
// the fixture's own would be traced too, and stop for it at any time.
func tracedProofs(t *testing.T) (out []proof) {
	for _, p := range proofs() {
		if !p.spec.Outside && (p.capability == 0 || capable(t, p.capability)) {
			out = append(out, p)
		}
	}
	return out
}

func tracedChild(t *testing.T, root string) {
	var calls []string
	for i, p := range tracedProofs(t) {
		site, err := fixture.Make(root, i, p.spec)
		if err != nil && p.host != "" {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		target, err := site.Expand(p.target)
		if err != nil {
			t.Fatal(err)
		}
		res := attemptUnder(t, nil, op.Request{Op: p.op, Syscall: p.variant, Target: target, Source: site.Source})
		o, _ := op.Lookup(p.op)
		if res.Err != "" && op.Available(o, variant(t, p.op, p.variant)) == "" && p.host == "" {
			t.Errorf("%s: %s", p.name(), res.Err)
		}
		if res.Call != "" {
			calls = append(calls, res.Call)
		}
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	}
	if res := op.Attempt(op.Request{Op: "net.connect_tcp", Target: "[::1]:9"}); res.Call != "" {
		calls = append(calls, res.Call)
	}
	data, err := json.Marshal(calls)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "calls.json"), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// similar returns the lines of a trace that make the same system call with the
// same last name in it, for a message.
func similar(trace, call string) string {
	name, _, _ := strings.Cut(call, "(")
	var out []string
	for line := range strings.Lines(trace) {
		if strings.HasPrefix(line, name+"(") && strings.Contains(line, "home/project") == strings.Contains(call, "home/project") {
			out = append(out, line)
		}
	}
	return strings.Join(out[:min(len(out), 5)], "")
}
