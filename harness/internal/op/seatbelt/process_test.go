//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// roleEnv makes a copy of the test binary do what its value says, in a process of
// its own.
const roleEnv = "RTGEN_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(roles[role]())
	}
	os.Exit(m.Run())
}

var roles = map[string]func() int{"exec": execRole, "no room": noRoomRole}

// play runs a role with arguments and a descriptor 3 that it inherits.
func play(t *testing.T, role string, args ...string) (out string, err error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	inherited, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer inherited.Close()
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), roleEnv+"="+role)
	cmd.ExtraFiles = []*os.File{inherited}
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// Forks must survive whatever the runtime does meanwhile, and leave no child.
func TestFork(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	for range 2 {
		go func() {
			for {
				select {
				case <-stop:
					return
				default:
					runtime.GC()
					_ = make([]byte, 1<<16)
				}
			}
		}()
	}
	for range 100 {
		r := made(t, seatbelt.Request{Operation: "process-fork"})
		if allowed(`fork\(\)`).check(t, r); t.Failed() {
			t.FailNow()
		}
	}
	noChildren(t)
}

func noChildren(t *testing.T) {
	t.Helper()
	if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
		t.Errorf("wait4(-1) = %d, %v, want ECHILD: a child is left", pid, err)
	}
}

func TestSignal(t *testing.T) {
	for _, target := range []string{"child", "same-sandbox"} {
		for range 10 {
			r := made(t, seatbelt.Request{Operation: "signal", Target: target})
			allowed(`kill\(\d+, SIGUSR1\)`).check(t, r)
			got := seen(t, r)
			if r.Call != fmt.Sprintf("kill(%.0f, SIGUSR1)", got["child_pid"]) {
				t.Errorf("%s is not sent to child %v", r.Call, got["child_pid"])
			}
			delete(got, "child_pid")
			want := map[string]any{
				"probe_schema_version": "hardened-runtime.signal-probe.v0.2", "child_spawn_method": "fork", "handshake_ok": true,
				"signal_sent": true, "child_received_signal": true, "child_exit_code": float64(-int(unix.SIGUSR1)), "child_status": "killed",
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("%s: details %v, want %v", target, got, want)
			}
		}
	}
	noChildren(t)
	r := made(t, seatbelt.Request{Operation: "signal", Target: "self"})
	allowed(fmt.Sprintf(`kill\(%d, SIGUSR1\)`, os.Getpid())).check(t, r)
	if got := seen(t, r); got["signal_sent"] != true || got["self_received_signal"] != true || got["child_pid"] != nil {
		t.Errorf("self: details %v", got)
	}
}

// A child that no signal reached ends by itself when its parent lets it go, or ends.
func TestChildIsLetGo(t *testing.T) {
	if status, problem := seatbelt.LetGo(); problem != "" || !status.Exited() || status.ExitStatus() != 0 {
		t.Errorf("the child: %q, status %#x, want one that exits with 0", problem, status)
	}
	noChildren(t)
}

// What an attempt held before the policy is given back when it is not made.
func TestSignalIsNotSent(t *testing.T) {
	before := openDescriptors(t)
	for _, target := range []string{"child", "self"} {
		seatbelt.Prepare(seatbelt.Request{Operation: "signal", Target: target}).Close()
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, want the %d from before", after, before)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// A fork that the kernel refuses is what the fork is about, and leaves nothing to
// be said of a signal.
func TestNoRoomToFork(t *testing.T) {
	out, err := play(t, "no room")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var results []op.Result
	if err := json.Unmarshal([]byte(out), &results); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	undecided(int(unix.EAGAIN), `fork\(\)`).check(t, results[0])
	want{kind: op.KindError, errno: int(unix.EAGAIN), call: `fork\(\)`, err: `kill was not reached: fork\(\) failed with EAGAIN`}.check(t, results[1])
	if results[1].Details != nil {
		t.Errorf("details %s of a signal that was not sent", results[1].Details)
	}
}

// noRoomRole has more processes than its user may have, which root is not held to.
// The limit is there for no longer than an attempt takes: the runtime must not need
// a thread then.
func noRoomRole() int {
	if os.Getuid() == 0 {
		if err := syscall.Setuid(65534); err != nil {
			panic(err)
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NPROC, &limit); err != nil {
		panic(err)
	}
	none := limit
	none.Cur = 0
	var results []op.Result
	for _, req := range []seatbelt.Request{{Operation: "process-fork"}, {Operation: "signal", Target: "child"}} {
		trial := seatbelt.Prepare(req)
		if err := unix.Setrlimit(unix.RLIMIT_NPROC, &none); err != nil {
			panic(err)
		}
		results = append(results, trial.Attempt(nil))
		if err := unix.Setrlimit(unix.RLIMIT_NPROC, &limit); err != nil {
			panic(err)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
	return 0
}

func TestExec(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "näme \"x\"")
	script := "#!/bin/sh\necho \"$0 has $# arguments and $RTGEN_TEST_ROLE\"\nfor fd in 3 4 5 6 7 8 9; do if [ -e /dev/fd/$fd ] && true <&$fd; then echo open $fd; fi; done 2>/dev/null\nexit 7\n"
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := play(t, "exec", program)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatalf("%v: %s", err, out)
	}
	announced, said, _ := strings.Cut(out, "\n")
	var r op.Result
	if err := json.Unmarshal([]byte(announced), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	quoted := regexpQuote(strings.ReplaceAll(program, "ä", `\303\244`))
	quoted = strings.ReplaceAll(quoted, `"`, `\\"`)
	allowed(fmt.Sprintf(`execve\("%s", \["%s"\], environ /\* \d+ vars \*/\)`, quoted, quoted)).check(t, r)
	// Descriptor 3 was inherited; the shell's own, on its script, is above 9.
	if want := program + " has 0 arguments and exec\n"; said != want {
		t.Errorf("the program said %q, want %q", said, want)
	}
}

func regexpQuote(text string) string { return strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(text) }

// A refusal of a set-id program is not the answer to process-exec*.
func TestSetID(t *testing.T) {
	for _, tt := range []struct {
		mode  uint32
		errno syscall.Errno
		mute  bool
	}{
		{0o100755, syscall.EPERM, true},
		{0o104755, syscall.EPERM, false},
		{0o102755, syscall.EPERM, false},
		{0o104755, syscall.EACCES, true},
		{0o104755, 0, true},
	} {
		if got := seatbelt.SetID(tt.mode, int(tt.errno)); (got == "") != tt.mute {
			t.Errorf("mode %#o, %v: %q", tt.mode, tt.errno, got)
		}
	}
}

func execRole() int {
	trial := seatbelt.Prepare(seatbelt.Request{Operation: "process-exec*", Target: os.Args[1]})
	r := trial.Attempt(func(r op.Result) error { return json.NewEncoder(os.Stdout).Encode(r) })
	fmt.Println("not started:", r)
	return 1
}

func TestExecFails(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for target, errno := range map[string]syscall.Errno{plain: unix.EACCES, filepath.Join(dir, "none"): unix.ENOENT, dir: unix.EACCES} {
		announced := 0
		r := seatbelt.Prepare(seatbelt.Request{Operation: "process-exec", Target: target}).Attempt(func(r op.Result) error {
			announced++
			allowed(`execve\(.*\)`).check(t, r)
			return nil
		})
		undecided(int(errno), `execve\(.*\)`).check(t, r)
		if announced != 1 {
			t.Errorf("%s was announced %d times", target, announced)
		}
	}
	r := seatbelt.Prepare(seatbelt.Request{Operation: "process-exec", Target: "/bin/sh"}).Attempt(func(op.Result) error { return errors.New("nobody listens") })
	want{kind: op.KindError, err: "execve was not made: it could not be announced: nobody listens"}.check(t, r)
}

func TestProcessInfo(t *testing.T) {
	// A process that has ended, and whose id nobody else has got in between.
	cmd := exec.Command("true")
	if err := cmd.Run(); err != nil {
		t.Skipf("no true here: %v", err)
	}
	gone, self := fmt.Sprint(cmd.Process.Pid), fmt.Sprint(os.Getpid())
	for _, row := range []struct {
		req  seatbelt.Request
		want want
	}{
		{seatbelt.Request{Operation: "process-info-pidinfo", Target: "self"}, allowed(`proc_pidinfo\(` + self + `, PROC_PIDTBSDINFO, 0, buffer, 136\)`)},
		{seatbelt.Request{Operation: "process-info-pidinfo", Target: self}, allowed(`proc_pidinfo\(` + self + `, .*\)`)},
		{seatbelt.Request{Operation: "process-info-pidinfo", Target: gone}, undecided(int(unix.ESRCH), `proc_pidinfo\(`+gone+`, .*\)`)},
		{seatbelt.Request{Operation: "process-info-rusage", Target: "self"}, allowed(`proc_pid_rusage\(` + self + `, RUSAGE_INFO_V0, buffer\)`)},
		{seatbelt.Request{Operation: "process-info-rusage", Target: gone}, undecided(int(unix.ESRCH), `proc_pid_rusage\(`+gone+`, .*\)`)},
		{seatbelt.Request{Operation: "process-info-listpids"}, allowed(`proc_listpids\(PROC_ALL_PIDS, 0, buffer, 16384\)`)},
		{seatbelt.Request{Operation: "sysctl-read", Target: "kern.ostype"}, allowed(`sysctlbyname\("kern.ostype", buffer, \d+, NULL, 0\)`)},
		{seatbelt.Request{Operation: "sysctl-read", Target: "kern.no such"}, undecided(int(unix.ENOENT), `sysctlbyname\("kern.no such", NULL, length, NULL, 0\)`)},
	} {
		row.want.check(t, made(t, row.req))
	}
}
