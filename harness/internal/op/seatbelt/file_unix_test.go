//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// fileRow is a row of the table that is about files.
type fileRow struct {
	operation, driver string
	call              seatbelt.Syscall
}

func (r fileRow) String() string {
	return r.operation + "," + r.driver + "," + r.call.Name
}

func (r fileRow) request(target, payload string) seatbelt.Request {
	if r.call.RootRel {
		target = target[1:]
	}
	return seatbelt.Request{Operation: r.operation, Target: target, Driver: r.driver, Syscall: r.call.Name, AttrPayload: payload}
}

// asks is false of the rows whose call is not asked about their operation.
func (r fileRow) asks() bool { return r.call.Name != "readdir" && r.call.Name != "setattrlist" }

func fileRows() (rows []fileRow) {
	for _, o := range seatbelt.All() {
		if !strings.HasPrefix(o.Name, "file-") {
			continue
		}
		for _, d := range o.Drivers {
			for _, s := range d.Syscalls {
				rows = append(rows, fileRow{o.Name, d.Name, s})
			}
		}
	}
	return rows
}

// folder is one that probes may change things in, by its own path.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rtgen-files-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func attempt(req seatbelt.Request) (op.Result, *op.Sight) {
	trial := seatbelt.Prepare(req)
	return trial.Attempt(func(op.Result) error { return errors.New("nothing is started") }), trial.Sight()
}

// noXattrs skips where the file system has no extended attributes.
func noXattrs(t *testing.T, r fileRow, res op.Result) {
	t.Helper()
	if strings.HasSuffix(r.call.Name, "xattr") && res.Errno == int(unix.ENOTSUP) {
		t.Skip("no extended attributes below /tmp")
	}
}

// Without a policy everything is allowed on a file of one's own, and only what
// the row says of itself is changed.
func TestFileAttemptsAllowed(t *testing.T) {
	for _, r := range fileRows() {
		for _, payload := range append([]string{""}, r.call.Payloads...) {
			t.Run(r.String()+","+payload, func(t *testing.T) {
				dir := folder(t)
				target := filepath.Join(dir, "f")
				write(t, target, "there\n")
				then := time.Date(2020, 2, 3, 4, 5, 6, 789000, time.UTC)
				if err := os.Chtimes(target, then, then); err != nil {
					t.Fatal(err)
				}
				if r.call.Name == "readdir" {
					target = dir
				}
				res, sight := attempt(r.request(target, payload))
				noXattrs(t, r, res)
				if refused := payload == "cmn-name" || payload == "file-size"; r.asks() {
					if decision, kind := seatbelt.Classify(res); decision != op.Allow {
						t.Fatalf("decided %q, %q: %+v", decision, kind, res)
					}
				} else if decision, kind := seatbelt.Classify(res); decision != "" || kind != op.KindError || res.Call == "" || res.Errno != 0 && !refused {
					t.Fatalf("decided %q, %q: %+v", decision, kind, res)
				}
				if res.Syscall != r.call.Name || !strings.HasSuffix(res.Call, ")") {
					t.Errorf("syscall %q, call %q", res.Syscall, res.Call)
				}
				if sight == nil || sight.Path != target || sight.New || sight.File == nil || sight.File.Ino == 0 {
					t.Errorf("the look saw %+v", sight)
				}
				if res.File != nil && (!sight.Is(res.ObservedPath, res.File) || res.NoFirmlink == "") {
					t.Errorf("the look saw %+v, the attempt %+v at %q", sight, res.File, res.ObservedPath)
				}
				unchanged(t, r, dir, then)
			})
		}
	}
}

// unchanged checks what an allowed attempt left behind.
func unchanged(t *testing.T, r fileRow, dir string, then time.Time) {
	t.Helper()
	target := filepath.Join(dir, "f")
	fi, err := os.Lstat(target)
	if err != nil {
		t.Fatal(err)
	}
	writes := strings.HasPrefix(r.operation, "file-write") && strings.HasPrefix(r.call.Name, "open")
	want := "there\n"
	if writes {
		want += "rtgen\n"
	} else if !fi.ModTime().Equal(then) {
		t.Errorf("changed at %v, was at %v", fi.ModTime(), then)
	}
	if got := read(t, target); got != want {
		t.Errorf("holds %q, want %q", got, want)
	}
	if fi.Mode() != 0o640 {
		t.Errorf("mode is %v", fi.Mode())
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
		t.Errorf("the folder has %v, %v", all, err)
	}
}

// A file that is not there decides nothing, but for the call that makes it.
func TestFileAttemptsMissing(t *testing.T) {
	for _, r := range fileRows() {
		t.Run(r.String(), func(t *testing.T) {
			target := filepath.Join(folder(t), "f")
			res, sight := attempt(r.request(target, ""))
			if sight == nil || !sight.New || sight.Path != target || sight.Errno != int(unix.ENOENT) {
				t.Errorf("the look saw %+v", sight)
			}
			decision, kind := seatbelt.Classify(res)
			if r.operation == "file-write*" && r.driver != "metadata_runner" {
				if decision != op.Allow || read(t, target) != "rtgen\n" {
					t.Errorf("decided %q, %q: %+v", decision, kind, res)
				}
				return
			}
			if decision != "" || res.Errno != int(unix.ENOENT) || r.asks() && kind != op.KindErrno {
				t.Errorf("decided %q, %q: %+v", decision, kind, res)
			}
			if _, err := os.Lstat(target); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("it was made: %v", err)
			}
		})
	}
}

// Whatever an attempt opened is closed when it is over, also when it is not made.
func TestDescriptorsAreClosed(t *testing.T) {
	dir := folder(t)
	target := filepath.Join(dir, "f")
	write(t, target, "x")
	open := func() int {
		all, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Skipf("descriptors cannot be listed: %v", err)
		}
		return len(all)
	}
	attempt(seatbelt.Request{Operation: "file-read*", Target: target}) // whatever is opened once is open now
	before := open()
	for _, r := range fileRows() {
		for _, target := range []string{target, dir, target + "x", target + "/x"} {
			attempt(r.request(target, ""))
			seatbelt.Prepare(r.request(target, "")).Close()
		}
		if got := open(); got != before {
			t.Fatalf("%s leaves %d descriptors open", r, got-before)
		}
		os.Remove(target + "x")
	}
}

// A search that was not done in its time was let through; its errno stays beside.
func TestSearched(t *testing.T) {
	for _, tt := range []struct {
		errno    unix.Errno
		decision string
		details  string
	}{
		{0, op.Allow, `{"op":"search","path":"/a","rc":0,"errno":0,"search_rc":0,"search_errno":0,"matches":0,"search_name":"a"}`},
		{unix.EAGAIN, op.Allow, fmt.Sprintf(`{"op":"search","path":"/a","rc":0,"errno":0,"search_rc":-1,"search_errno":%d,"matches":0,"search_name":"a"}`, unix.EAGAIN)},
		{unix.EPERM, op.Deny, `{"op":"search","path":"/a","rc":-1,"errno":1,"search_rc":-1,"search_errno":1,"matches":0,"search_name":"a"}`},
		{unix.ENOENT, "", `{"op":"search","path":"/a","rc":-1,"errno":2,"search_rc":-1,"search_errno":2,"matches":0,"search_name":"a"}`},
	} {
		res := seatbelt.Searched(int(tt.errno))
		if decision, _ := seatbelt.Classify(res); decision != tt.decision || string(res.Details) != tt.details {
			t.Errorf("%v: decided %q, details %s, want %q and %s", tt.errno, decision, res.Details, tt.decision, tt.details)
		}
	}
}
