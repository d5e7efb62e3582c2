//go:build linux && seatbelt_fake

package worker_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// own is an attempt in a process of its own, under the rules of a profile or, if
// there are none, under no policy.
func own(rules, operation, target string) worker.Request {
	o := &worker.OwnProcess{Attempt: attempt.Request{Operation: operation, Target: target}, Limit: plenty / 2}
	if rules != "" {
		o.Policy = &seatbelt.Policy{Path: "test.sb", Text: "(version 1)\n" + rules}
	}
	return worker.Request{Own: o}
}

// What the process saw and what became of it arrives: an attempt that was allowed,
// denied or decided by nothing, by a call or by becoming a program.
func TestOwnAnswers(t *testing.T) {
	w := start(t)
	here := file(t, "here", "x")
	script := file(t, "script", "#!/bin/sh\nprintf out; printf err >&2; exit 3\n")
	plain := file(t, "plain", "no program")
	if err := os.Chmod(plain, 0o644); err != nil {
		t.Fatal(err)
	}
	const allow, deny = "(allow default)", "(deny default)"
	for _, tt := range []struct {
		name, rules, operation, target string
		errno                          syscall.Errno
		exit                           *int
		stdout, stderr                 string
	}{
		{name: "free/opened", operation: "file-read*", target: here},
		{name: "free/missing", operation: "file-read*", target: here + "-not", errno: syscall.ENOENT},
		{name: "opened", rules: allow, operation: "file-read*", target: here},
		{name: "denied", rules: deny, operation: "file-read*", target: here, errno: syscall.EPERM},
		{name: "missing", rules: allow, operation: "file-read*", target: here + "-not", errno: syscall.ENOENT},
		{name: "fork", rules: allow, operation: "process-fork"},
		{name: "fork/denied", rules: deny, operation: "process-fork", errno: syscall.EPERM},
		{name: "exec/free", operation: "process-exec*", target: script, exit: new(3), stdout: "out", stderr: "err"},
		{name: "exec", rules: allow, operation: "process-exec*", target: script, exit: new(3), stdout: "out", stderr: "err"},
		{name: "exec/denied", rules: "(allow default)(deny process-exec*)", operation: "process-exec*", target: script, errno: syscall.EPERM},
		{name: "exec/missing", rules: allow, operation: "process-exec*", target: here + "-not", errno: syscall.ENOENT},
		{name: "exec/not_executable", rules: allow, operation: "process-exec*", target: plain, errno: syscall.EACCES},
		{name: "exec/killed", rules: allow, operation: "process-exec*", target: file(t, "kill", "#!/bin/sh\nkill -TERM $$\n"), exit: new(-15)},
		{name: "exec/exit_0", rules: allow, operation: "process-exec*", target: "/bin/true", exit: new(0)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ans := do(t, w, own(tt.rules, tt.operation, tt.target))
			if ans.Err != "" || ans.Lost != nil || ans.Bootstrap != nil || ans.Result == nil || ans.ProbePID == 0 || len(ans.Left) > 0 {
				t.Fatalf("answer %+v, lost %+v: want a result", ans, ans.Lost)
			}
			switch {
			case (ans.Apply != nil) != (tt.rules != ""):
				t.Errorf("apply %+v", ans.Apply)
			case ans.Apply != nil && (ans.Apply.API != "sandbox_init" || ans.Apply.Layers != 1 || ans.Apply.Err != "" || ans.Apply.Errno != 0):
				t.Errorf("apply %+v", ans.Apply)
			}
			r := ans.Result
			if r.Errno != int(tt.errno) || r.Err != "" || r.Call == "" || r.Syscall == "" {
				t.Errorf("result %+v", r)
			}
			if tt.exit != nil && (r.ExitCode == nil || *r.ExitCode != *tt.exit) || tt.exit == nil && r.ExitCode != nil {
				t.Errorf("exit code %v, want %v", r.ExitCode, tt.exit)
			}
			if tt.exit != nil && (r.Stdout != tt.stdout || r.Stderr != tt.stderr) {
				t.Errorf("stdout %q, stderr %q", r.Stdout, r.Stderr)
			}
			if running(ans.ProbePID) {
				t.Errorf("process %d is still there", ans.ProbePID)
			}
		})
	}
}

// A policy that cannot be applied leaves nothing attempted, and says why.
func TestOwnApplyFails(t *testing.T) {
	w := start(t)
	made := filepath.Join(t.TempDir(), "made")
	ans := do(t, w, own("(allow default", "file-write*", made))
	if ans.Apply == nil || ans.Apply.Err == "" || ans.Apply.Errno == 0 || ans.Apply.Layers != 0 || ans.Apply.API != "sandbox_init" {
		t.Errorf("apply %+v", ans.Apply)
	}
	if _, err := os.Lstat(made); ans.Result != nil || ans.Lost != nil || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("result %+v, lost %+v: the attempt was made", ans.Result, ans.Lost)
	}
	req := own("(allow default)", "file-read*", made)
	req.Own.Policy.Text, req.Own.Policy.Blob = "", []byte{0, 0xff}
	if ans := do(t, w, req); ans.Apply == nil || ans.Apply.API != seatbelt.APIApply || ans.Apply.Err == "" || ans.Result != nil {
		t.Errorf("of a blob: apply %+v, result %+v", ans.Apply, ans.Result)
	}
}

// The policy's text is of any size, and its parameters arrive.
func TestOwnPolicyIsSent(t *testing.T) {
	w := start(t)
	here := file(t, "here", "x")
	req := own(`(allow default)(deny file-read* (subpath (param "WHERE")))`, "file-read*", here)
	req.Own.Policy.Parameters = map[string]string{"WHERE": "/"}
	if ans := do(t, w, req); ans.Apply == nil || ans.Apply.API != seatbelt.APIInitParameters || ans.Result == nil || ans.Result.Errno != int(syscall.EPERM) {
		t.Errorf("with parameters: apply %+v, result %+v", ans.Apply, ans.Result)
	}
	req = own("(allow default) ;"+strings.Repeat("x", 1<<20-100)+"\n(deny file-read*)", "file-read*", here)
	if ans := do(t, w, req); ans.Result == nil || ans.Result.Errno != int(syscall.EPERM) {
		t.Errorf("of 1 MiB: apply %+v, result %+v", ans.Apply, ans.Result)
	}
}

// The policy in force is asked before the attempt, and where it is asked nothing
// more than that, its answer is the result.
func TestOwnAsks(t *testing.T) {
	w := start(t)
	here := file(t, "here", "x")
	ask := []seatbelt.Question{
		{Stage: seatbelt.StagePreSyscall, Operation: "file-read-data", FilterType: 1, FilterName: "path", Argument: here},
		{Stage: seatbelt.StagePreSyscall, Operation: "file-write-data", FilterType: 1, FilterName: "path", Argument: here},
	}
	const rules = "(allow default)(deny file-read*)"
	req := own(rules, "file-read*", here)
	req.Own.Ask = ask
	ans := do(t, w, req)
	if len(ans.Callouts) != 2 || ans.Callouts[0].Question != ask[0] || ans.Callouts[0].Decision != "deny" || ans.Callouts[1].Decision != "allow" {
		t.Errorf("callouts %+v", ans.Callouts)
	}
	if ans.Result == nil || ans.Result.Errno != int(syscall.EPERM) || ans.Result.Return != nil {
		t.Errorf("result %+v", ans.Result)
	}
	for _, tt := range []struct {
		name     string
		question seatbelt.Question
		value    int64
		decision string
	}{
		{"deny", ask[0], 1, op.Deny},
		{"allow", ask[1], 0, op.Allow},
		{"undecided", seatbelt.Question{Operation: "file-read-data", FilterType: 4711, Argument: here}, -1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := own(rules, tt.question.Operation, here)
			req.Own.Attempt.Driver, req.Own.Ask = attempt.CheckDriver, []seatbelt.Question{tt.question}
			ans := do(t, w, req)
			r := ans.Result
			if r == nil || r.Syscall != "sandbox_check" || !strings.HasPrefix(r.Call, "sandbox_check(self, ") || r.Return == nil || r.Return.Kind != op.ReturnCheck || r.Return.Value != tt.value {
				t.Fatalf("result %+v, callouts %+v", r, ans.Callouts)
			}
			if decision, _ := attempt.Classify(*r); decision != tt.decision || (r.Return.Undecided == "") != (tt.decision != "") {
				t.Errorf("decision %q, return %+v", decision, r.Return)
			}
			var d map[string]any
			if err := json.Unmarshal(r.Details, &d); err != nil || d["oracle_only"] != true || d["operation"] != tt.question.Operation || d["rc"] != float64(tt.value) || d["argument"] != here {
				t.Errorf("details %s, %v", r.Details, err)
			}
		})
	}
	req = own(rules, "file-read-data", here)
	req.Own.Attempt.Driver = attempt.CheckDriver
	if ans := do(t, w, req); ans.Result != nil || !strings.Contains(ans.Err, "nothing to ask") {
		t.Errorf("without a question: %q, result %+v", ans.Err, ans.Result)
	}
}

// A driver's program is started under the policy, or that is what is said.
func TestOwnBootstrap(t *testing.T) {
	w := start(t)
	driven := func(rules string) worker.Request {
		req := own(rules, "mach-lookup", "com.example.none")
		req.Own.Attempt.Driver = "mach_probe"
		return req
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const noExec = "(allow default)(deny process-exec*)"
	ans := do(t, w, driven("(allow default)(deny mach-lookup)"))
	if b := ans.Bootstrap; b == nil || b.Errno != 0 || b.Program != exe || ans.Apply == nil || ans.Lost != nil {
		t.Errorf("bootstrap %+v, apply %+v, lost %+v", b, ans.Apply, ans.Lost)
	}
	if ans.Result == nil || ans.Result.Errno != int(syscall.EPERM) {
		t.Errorf("under the policy that it was started under: %+v", ans.Result)
	}
	ans = do(t, w, driven(noExec))
	if b := ans.Bootstrap; b == nil || b.Errno != int(syscall.EPERM) || ans.Result != nil || ans.Lost != nil {
		t.Errorf("denied: bootstrap %+v, result %+v, lost %+v", b, ans.Result, ans.Lost)
	}
	if len(ans.Callouts) != 1 || ans.Callouts[0].Stage != seatbelt.StageBootstrapExec || ans.Callouts[0].Decision != "deny" {
		t.Errorf("denied: callouts %+v", ans.Callouts)
	}
	if ans := do(t, w, driven("")); ans.Bootstrap != nil || ans.Result == nil {
		t.Errorf("without a policy: bootstrap %+v, result %+v", ans.Bootstrap, ans.Result)
	}
	w = misbehaving(t, "program")
	ans = do(t, w, driven("(allow default)"))
	if b := ans.Bootstrap; b == nil || b.Errno != 0 || ans.Lost == nil || ans.Result != nil || ans.Apply == nil {
		t.Fatalf("a program that dies: bootstrap %+v, apply %+v, result %+v, lost %+v", b, ans.Apply, ans.Result, ans.Lost)
	}
	if want := "the program that was started under the policy was ended by SIGTERM: dyld: no"; ans.Lost.Epitaph != want {
		t.Errorf("epitaph %q, want %q", ans.Lost.Epitaph, want)
	}
}

func TestOwnCanary(t *testing.T) {
	dir := t.TempDir()
	canary := worker.Request{Canary: &worker.Canary{Seatbelt: true, Dir: dir, Limit: plenty / 2}}
	w := start(t)
	if ans := do(t, w, canary); ans.Err != "" || ans.Lost != nil || ans.Result != nil {
		t.Errorf("canary: %+v", ans)
	}
	if ans := do(t, misbehaving(t, "applied"), canary); !strings.HasPrefix(ans.Err, "canary: the probe's process was ended by SIGKILL") {
		t.Errorf("canary whose process dies: %q", ans.Err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("the canary left %v, %v", left, err)
	}
	canary.Canary.Dir = filepath.Join(dir, "none")
	if ans := do(t, w, canary); !strings.HasPrefix(ans.Err, "canary: ") {
		t.Errorf("canary without a folder: %q", ans.Err)
	}
}

func TestHelloSeatbelt(t *testing.T) {
	var hello worker.Hello
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.SpawnClean}), func(h worker.Hello) error { hello = h; return nil })
	defer w.Close()
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	if s := hello.Seatbelt; s == nil || s.Confined || s.Err != "" {
		t.Errorf("self-check %+v", s)
	}
}

// Where an attempt cannot tell whether it took effect, its result is what was seen
// of that; a refusal that it can tell stands.
func TestOwnWatched(t *testing.T) {
	w := start(t)
	for rules, want := range map[string]string{"(allow default)": op.Allow, "(deny default)": op.Deny} {
		ans := do(t, w, own(rules, "darwin-notification-post", "org.rtgen.test"))
		if ans.Result == nil || ans.Err != "" || len(ans.Left) > 0 {
			t.Fatalf("%q: answer %+v", rules, ans)
		}
		if decision, kind := attempt.Classify(*ans.Result); decision != want {
			t.Errorf("%q: decided %q %q by %+v, return %+v", rules, decision, kind, ans.Result, ans.Result.Return)
		}
		if r := ans.Result.Return; want == op.Allow && (r == nil || r.Kind != op.ReturnSeen) {
			t.Errorf("%q: return %+v, and only what was seen decides", rules, r)
		}
	}
	ans := do(t, w, own("(allow", "darwin-notification-post", "org.rtgen.test"))
	if ans.Result != nil || ans.Apply == nil || ans.Apply.Err == "" {
		t.Errorf("without its policy: apply %+v, result %+v", ans.Apply, ans.Result)
	}
	if kids := children(t, w.PID()); kids != "" {
		t.Errorf("the worker still has the children %s", kids)
	}
}

// BenchmarkOwn is one observation in a process of its own, beside BenchmarkProbe.
func BenchmarkOwn(b *testing.B) {
	here := file(b, "here", "x")
	for _, bb := range []struct{ name, rules, operation, target string }{
		{"free", "", "file-read*", here},
		{"allowed", "(allow default)", "file-read*", here},
		{"executed", "(allow default)", "process-exec*", "/bin/true"},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := start(b)
			req := own(bb.rules, bb.operation, bb.target)
			for b.Loop() {
				if ans := do(b, w, req); ans.Result == nil {
					b.Fatalf("%+v", ans)
				}
			}
		})
	}
}
