package op_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestEveryRowHasAnAttempt(t *testing.T) {
	rows := 0
	for _, o := range op.All() {
		for _, v := range o.Variants {
			rows++
			if !op.HasAttempt(o.Name, v.Name) {
				t.Errorf("no attempt for %s by %s", o.Name, v.Name)
			}
		}
	}
	if n := op.AttemptCount(); n != rows {
		t.Errorf("%d attempts for %d rows", n, rows)
	}
}

// What cannot be attempted says so, and decides nothing.
func TestNotAttempted(t *testing.T) {
	for _, tt := range []struct {
		name string
		req  op.Request
		err  string
	}{
		{"unknown operation", op.Request{Op: "fs.read_fil", Target: "/"}, `unknown operation "fs.read_fil"; did you mean "fs.read_file"?`},
		{"nothing near", op.Request{Op: "mach-lookup", Target: "/"}, `unknown operation "mach-lookup"`},
		{"unknown variant", op.Request{Op: "fs.read_file", Syscall: "read", Target: "/"}, `operation fs.read_file has no syscall "read"; it has openat, open, openat2, creat_rdonly, held`},
		{"no target", op.Request{Op: "fs.read_file"}, "fs.read_file needs a target"},
		{"no source", op.Request{Op: "fs.refer", Target: "/x"}, "fs.refer needs a source in the probe's fixture"},
		{"NUL", op.Request{Op: "fs.read_file", Target: "/a\x00b"}, "a path cannot hold a NUL byte"},
		{"refer within a directory", op.Request{Op: "fs.refer", Syscall: "link", Target: "/a/b", Source: "/a/c"},
			"fs.refer needs a source and a target in different directories; use syscall.link within one"},
		{"no address", op.Request{Op: "net.connect_tcp", Target: "example.com:80"},
			`net.connect_tcp needs an address as its target: "example.com:80" is not an address and a port, such as 127.0.0.1:80 or [::1]:80`},
		{"no port", op.Request{Op: "net.bind_tcp", Target: "127.0.0.1"},
			`net.bind_tcp needs an address as its target: "127.0.0.1" is not an address and a port, such as 127.0.0.1:80 or [::1]:80`},
		{"port too big", op.Request{Op: "net.bind_tcp", Target: "127.0.0.1:65536"},
			`net.bind_tcp needs an address as its target: "127.0.0.1:65536" is not an address and a port, such as 127.0.0.1:80 or [::1]:80`},
		{"zone", op.Request{Op: "net.bind_tcp", Target: "[fe80::1%lo]:80"},
			`net.bind_tcp needs an address as its target: "[fe80::1%lo]:80" has a zone, which is not supported`},
		{"long socket", op.Request{Op: "fs.make_sock", Syscall: "bind", Target: "/" + strings.Repeat("x", 107)},
			"a unix socket's path starts with no @ and has at most 107 bytes; use syscall mknodat"},
		{"abstract where a path is meant", op.Request{Op: "syscall.connect", Syscall: "unix", Target: "@x"},
			"a unix socket's path starts with no @ and has at most 107 bytes"},
		{"path where an abstract name is meant", op.Request{Op: "scope.abstract_unix_socket", Target: "/x"},
			`scope.abstract_unix_socket needs an abstract unix socket as its target, such as @name, not "/x"`},
		{"long abstract name", op.Request{Op: "scope.abstract_unix_socket", Syscall: "sendto", Target: "@" + strings.Repeat("x", 108)},
			"scope.abstract_unix_socket needs a name of at most 107 bytes behind the @, not of 108"},
		{"no process", op.Request{Op: "scope.signal", Target: "init"},
			`scope.signal needs a process as its target: self, child, parent or a process id, not "init"`},
		{"every process", op.Request{Op: "scope.signal", Syscall: "kill_term", Target: "-1"},
			`scope.signal needs a process as its target: self, child, parent or a process id, not "-1"`},
		{"end itself", op.Request{Op: "scope.signal", Syscall: "kill_term", Target: "self"},
			"the target self cannot be told to end; use child or a process id"},
		{"end itself by its id", op.Request{Op: "scope.signal", Syscall: "kill_term", Target: strconv.Itoa(os.Getpid())},
			"the target " + strconv.Itoa(os.Getpid()) + " cannot be told to end; use child or a process id"},
		{"end what started it", op.Request{Op: "scope.signal", Syscall: "kill_term", Target: "parent"},
			"the target parent cannot be told to end; use child or a process id"},
		{"end the host's first process", op.Request{Op: "scope.signal", Syscall: "kill_term", Target: "1"},
			"the target 1 cannot be told to end; use child or a process id"},
		{"trace itself", op.Request{Op: "ptrace", Target: "self"}, "the target self cannot be traced by itself; use child or a process id"},
		{"unknown keyword", op.Request{Op: "syscall.socket", Syscall: "raw", Target: "sctp"},
			`syscall.socket by raw has no target "sctp"; it has icmp, tcp, udp, raw`},
		{"AF_UNSPEC with an address", op.Request{Op: "net.bind_tcp", Syscall: "bind_unspec", Target: "127.0.0.1:80"},
			`target "127.0.0.1:80" has an address that the kernel does not take with AF_UNSPEC; use 0.0.0.0:80`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := op.Attempt(tt.req)
			if res.Err != tt.err || res.Call != "" {
				t.Errorf("Attempt(%+v) = %q after %q, want %q after no call", tt.req, res.Err, res.Call, tt.err)
			}
			if decision, kind := op.Classify(&op.Variant{}, res); decision != "" || kind != op.KindError {
				t.Errorf("decision = %q, %q", decision, kind)
			}
		})
	}
}

// Errnos that no policy gives are handed on and decide nothing.
func TestUndecidedErrnos(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink("loop", loop); err != nil {
		t.Fatal(err)
	}
	no := filepath.Join(dir, "no")
	for _, tt := range []struct {
		req   op.Request
		errno syscall.Errno
	}{
		{op.Request{Op: "fs.read_file", Target: no}, syscall.ENOENT},
		{op.Request{Op: "fs.read_file", Syscall: "open", Target: no}, syscall.ENOENT},
		{op.Request{Op: "fs.read_file", Syscall: "openat2", Target: no}, syscall.ENOENT},
		{op.Request{Op: "fs.read_file", Target: loop}, syscall.ELOOP},
		{op.Request{Op: "fs.read_dir", Target: file}, syscall.ENOTDIR},
		{op.Request{Op: "fs.write_file", Target: dir}, syscall.EISDIR},
		{op.Request{Op: "fs.make_dir", Target: file}, syscall.EEXIST},
		{op.Request{Op: "fs.make_dir", Syscall: "mkdir", Target: file}, syscall.EEXIST},
		{op.Request{Op: "fs.make_reg", Target: file}, syscall.EEXIST},
		{op.Request{Op: "fs.make_reg", Syscall: "open_creat", Target: file}, syscall.EEXIST},
		{op.Request{Op: "fs.make_sock", Syscall: "bind", Target: file}, syscall.EADDRINUSE},
		{op.Request{Op: "fs.make_sym", Target: file, Source: "x"}, syscall.EEXIST},
		{op.Request{Op: "fs.remove_file", Target: no}, syscall.ENOENT},
		{op.Request{Op: "fs.remove_dir", Target: file}, syscall.ENOTDIR},
		{op.Request{Op: "fs.refer", Target: no, Source: "/proc/self/status"}, syscall.EXDEV},
		{op.Request{Op: "fs.truncate", Target: no}, syscall.ENOENT},
		{op.Request{Op: "fs.ioctl_dev", Target: "/dev/null"}, syscall.ENOTTY},
		{op.Request{Op: "syscall.stat", Target: no}, syscall.ENOENT},
		{op.Request{Op: "syscall.access", Target: no}, syscall.ENOENT},
		{op.Request{Op: "syscall.chmod", Target: no}, syscall.ENOENT},
		{op.Request{Op: "syscall.rename", Syscall: "rename", Target: file, Source: no}, syscall.ENOENT},
		{op.Request{Op: "net.connect_tcp", Target: "127.255.1.1:9"}, syscall.ECONNREFUSED},
		{op.Request{Op: "net.bind_tcp", Target: "192.0.2.1:80"}, syscall.EADDRNOTAVAIL},
	} {
		t.Run(tt.req.Op+"/"+tt.errno.Error(), func(t *testing.T) {
			skipUnavailable(t, tt.req.Op, tt.req.Syscall)
			res := op.Attempt(tt.req)
			if syscall.Errno(res.Errno) != tt.errno || res.Err != "" {
				t.Errorf("%s = %v %s, want %v", res.Call, syscall.Errno(res.Errno), res.Err, tt.errno)
			}
		})
	}
}

// An open for reading or writing leaves the file as it is; O_EXCL and friends
// are not hidden in it.
func TestOpenChangesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("content"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := openDescriptors(t)
	for _, name := range []string{"fs.read_file", "fs.write_file"} {
		for _, syscallName := range []string{"openat", "open", "openat2"} {
			t.Run(name+"/"+syscallName, func(t *testing.T) {
				skipUnavailable(t, name, syscallName)
				if res := op.Attempt(op.Request{Op: name, Syscall: syscallName, Target: file}); res.Errno != 0 || res.Err != "" {
					t.Errorf("%s = %v %s", res.Call, syscall.Errno(res.Errno), res.Err)
				}
			})
		}
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "content" {
		t.Errorf("file = %q, %v", data, err)
	}
	if after := openDescriptors(t); after != before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
}

func openDescriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Symbolic links are judged at their target, and the path shows it.
func TestObservedPath(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "fïle"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("fïle", link); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{file, link, dir + "/./../" + filepath.Base(dir) + "/link"} {
		var res op.Result
		landlock.Throwaway(func() { res = op.Attempt(op.Request{Op: "fs.read_file", Target: target}) })
		if res.ObservedPath != file {
			t.Errorf("ObservedPath of %q = %q, want %q", target, res.ObservedPath, file)
		}
	}
}

// A move that would give the file a right it lacks is EXDEV, as if refer were
// missing.
func TestReferGains(t *testing.T) {
	abi, err := landlock.ABI()
	if err != nil || abi < 2 {
		t.Skipf("needs Landlock ABI 2: %d, %v", abi, err)
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	for _, d := range []string{from, to} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	source := filepath.Join(from, "f")
	if err := os.WriteFile(source, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	move := landlock.Refer | landlock.RemoveFile | landlock.MakeReg
	rs := landlock.Ruleset{HandledFS: move | landlock.ReadFile, Paths: []landlock.PathRule{
		{Parent: from, Access: move}, {Parent: to, Access: move | landlock.ReadFile},
	}}
	res := attemptUnder(t, []landlock.Ruleset{rs}, op.Request{Op: "fs.refer", Source: source, Target: filepath.Join(to, "f")})
	want(t, variant(t, "fs.refer", ""), res, op.Deny, exdev)
}

// Landlock answers EACCES for the open and leaves the file: why probes record
// the state after.
func TestDeniedCreationLeavesTheFile(t *testing.T) {
	if _, err := landlock.ABI(); err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	dir := t.TempDir()
	rs := landlock.Ruleset{HandledFS: landlock.MakeReg | landlock.WriteFile, Paths: []landlock.PathRule{{Parent: dir, Access: landlock.MakeReg}}}
	target := filepath.Join(dir, "new")
	res := attemptUnder(t, []landlock.Ruleset{rs}, op.Request{Op: "fs.make_reg", Syscall: "open_creat", Target: target})
	want(t, variant(t, "fs.make_reg", "open_creat"), res, op.Deny, eacces)
	state, err := op.StateOf(target, "")
	if err != nil || !state.TargetExists || state.TargetType != "file" {
		t.Errorf("state after = %+v, %v, want a file", state, err)
	}
}

func BenchmarkAttempt(b *testing.B) {
	file := filepath.Join(b.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		b.Fatal(err)
	}
	b.Run("bare openat and close", func(b *testing.B) {
		for b.Loop() {
			fd, err := syscall.Open(file, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				b.Fatal(err)
			}
			syscall.Close(fd)
		}
	})
	for _, name := range []string{"fs.read_file", "syscall.stat", "fs.execute"} {
		b.Run(name, func(b *testing.B) {
			req := op.Request{Op: name, Target: file}
			if name == "fs.execute" {
				req.Target = "/bin/true"
			}
			b.ReportAllocs()
			for b.Loop() {
				if res := op.Attempt(req); res.Errno != 0 || res.Err != "" {
					b.Fatal(res)
				}
			}
		})
	}
}
