package op_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// script writes an executable file and returns its path.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func execute(path string) op.Result { return executeBy("execve", path) }

func executeBy(variant, path string) op.Result {
	return op.Attempt(op.Request{Op: "fs.execute", Syscall: variant, Target: path})
}

// executions are the variants that start a program.
var executions = []string{"execve", "execveat", "fexecve"}

func TestExecute(t *testing.T) {
	for _, tt := range []struct {
		name, text     string
		code           int
		stdout, stderr string // prefixes
		err            string // part of
	}{
		{name: "success", text: "#!/bin/sh\necho out; echo err >&2", stdout: "out\n", stderr: "err\n"},
		{name: "exit code", text: "#!/bin/sh\nexit 7", code: 7},
		{name: "signal", text: "#!/bin/sh\nkill -TERM $$", code: -int(syscall.SIGTERM)},
		{name: "empty input", text: "#!/bin/sh\nread x || exit 3", code: 3},
		{name: "one argument", text: "#!/bin/sh\necho $#", stdout: "0\n"},
		{name: "minimal environment", text: "#!/bin/sh\nexec env", stdout: "PATH=/usr/local/bin:/usr/bin:/bin\n"},
		{name: "output on both streams to the limit", code: 0, stdout: "\x00", stderr: "\x00",
			text: "#!/bin/sh\nhead -c 300000 /dev/zero; head -c 300000 /dev/zero >&2"},
		{name: "never ends", text: "#!/bin/sh\necho begun; sleep 60", code: -int(syscall.SIGKILL), stdout: "begun\n", err: "did not exit within 300ms"},
		{name: "closes its output and never ends", text: "#!/bin/sh\nexec >&- 2>&-; sleep 60", code: -int(syscall.SIGKILL), err: "did not exit within 300ms"},
		{name: "writes for ever", text: "#!/bin/sh\nexec cat /dev/zero", code: -int(syscall.SIGKILL), stdout: "\x00", err: "did not exit within 300ms"},
		{name: "leaves a child that holds its output", text: "#!/bin/sh\nsleep 60 &\necho done", stdout: "done\n"},
	} {
		for _, variant := range executions {
			t.Run(tt.name+"/"+variant, func(t *testing.T) {
				if tt.err != "" { // the others have the time they need
					defer op.SetExecLimit(300 * time.Millisecond)()
				}
				res := executeBy(variant, script(t, tt.text))
				if res.Errno != 0 || res.ExitCode == nil || *res.ExitCode != tt.code {
					t.Fatalf("result = %+v, want exit code %d", res, tt.code)
				}
				if !strings.HasPrefix(res.Stdout, tt.stdout) || !strings.HasPrefix(res.Stderr, tt.stderr) {
					t.Errorf("output = %.40q, %.40q, want %q, %q", res.Stdout, res.Stderr, tt.stdout, tt.stderr)
				}
				if len(res.Stdout) > 64<<10 || len(res.Stderr) > 64<<10 {
					t.Errorf("kept %d and %d bytes, want at most 64 KiB", len(res.Stdout), len(res.Stderr))
				}
				if (res.Err != "") != (tt.err != "") || !strings.Contains(res.Err, tt.err) {
					t.Errorf("err = %q, want %q", res.Err, tt.err)
				}
			})
		}
	}
	if n := childCount(t); n != 0 {
		t.Errorf("%d children are left, not waited for", n)
	}
}

// childCount is the number of children of any thread of this process.
func childCount(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		n += len(strings.Fields(string(data)))
	}
	return n
}

func TestExecuteErrno(t *testing.T) {
	notExecutable := script(t, "#!/bin/true\n")
	if err := os.Chmod(notExecutable, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path string
		errno      syscall.Errno
	}{
		{"absent", filepath.Join(t.TempDir(), "no"), syscall.ENOENT},
		{"no interpreter", script(t, "#!/no/such\n"), syscall.ENOENT},
		{"no program", script(t, "hello\n"), syscall.ENOEXEC},
		{"no permission", notExecutable, syscall.EACCES},
		{"directory", t.TempDir(), syscall.EACCES},
	} {
		for _, variant := range executions {
			t.Run(tt.name+"/"+variant, func(t *testing.T) {
				res := executeBy(variant, tt.path)
				if syscall.Errno(res.Errno) != tt.errno || res.ExitCode != nil || (res.Err != "") != (variant == "fexecve" && tt.name == "absent") {
					t.Errorf("%s = %+v, want %v", res.Call, res, tt.errno)
				}
			})
		}
	}
}

// A program gets its three streams, and by fexecve the descriptor it is read
// from: nothing else that is open here, and none of the signals that this
// program handles or ignores differently.
func TestExecuteInheritsNothingElse(t *testing.T) {
	leak, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(leak)
	text := "#!/bin/sh\nset -- /proc/$$/fd/*; echo $#\ngrep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status\necho $0 | grep -o ^/dev/fd/\nexit 0\n"
	plain := executeBy("execve", script(t, text))
	for variant, more := range map[string]string{"execveat": "", "fexecve": "/dev/fd/\n"} {
		res := executeBy(variant, script(t, text))
		_, signals, _ := strings.Cut(res.Stdout, "\n")
		_, want, _ := strings.Cut(plain.Stdout, "\n")
		if res.ExitCode == nil || *res.ExitCode != 0 || signals != want+more || !strings.Contains(want, "SigBlk:\t0000000000000000\n") {
			t.Errorf("by %s: %+v, want what execve gives: %+v", variant, res, plain)
		}
		if got, same := res.Stdout[:1], plain.Stdout[:1]; (got == same) != (variant == "execveat") {
			t.Errorf("by %s the program has %s descriptors, by execve %s", variant, got, same)
		}
	}
}

// The program inherits the policy of the thread, and only that.
func TestExecuteInheritsThePolicy(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := script(t, "#!/bin/sh\nread x < "+secret+" && echo read\nexit 0\n")
	// Everything may be read and executed but what lies in dir.
	rs := landlock.Ruleset{HandledFS: landlock.Execute | landlock.ReadFile}
	for _, parent := range []string{"/bin", "/lib", "/lib64", "/usr", "/etc", "/dev", filepath.Dir(path)} {
		rs.Paths = append(rs.Paths, landlock.PathRule{Parent: parent, Access: landlock.Execute | landlock.ReadFile, Optional: true})
	}
	if filepath.Dir(path) == dir {
		t.Fatal("the script must not lie beside the secret")
	}
	res := attemptUnder(t, []landlock.Ruleset{rs}, op.Request{Op: "fs.execute", Target: path})
	if res.Errno != 0 || res.Stdout != "" || !strings.Contains(res.Stderr, "ermission denied") {
		t.Errorf("under the policy: %+v, want the program denied the secret", res)
	}
	if free := execute(path); free.Errno != 0 || free.Stdout != "read\n" {
		t.Errorf("without it: %+v, want the secret read", free)
	}
}

// A script may be executed and its interpreter not: then execve itself fails.
func TestExecuteInterpreterDenied(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	path := script(t, "#!/bin/true\n")
	access := landlock.Execute | landlock.ReadFile
	rs := landlock.Ruleset{HandledFS: access, Paths: []landlock.PathRule{{Parent: filepath.Dir(path), Access: access}}}
	res := attemptUnder(t, []landlock.Ruleset{rs}, op.Request{Op: "fs.execute", Target: path})
	want(t, variant(t, "fs.execute", ""), res, op.Deny, eacces)
}
