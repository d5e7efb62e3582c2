//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// What is read becomes evidence when it is text, and no more than the first part.
func TestReadContent(t *testing.T) {
	target := filepath.Join(folder(t), "f")
	for _, tt := range []struct{ name, content, want string }{
		{"text", "line\tone\nzwölf\n", "line\tone\nzwölf\n"},
		{"empty", "", ""},
		{"long", strings.Repeat("0123456789abcdef", 300), strings.Repeat("0123456789abcdef", 256)},
		{"cut in a character", strings.Repeat("x", 4095) + "ö", strings.Repeat("x", 4095)},
		{"binary", "\x7fELF\x02\x01\x01\x00", ""},
		{"an escape", "\x1b[2J", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			write(t, target, tt.content)
			res, _ := attempt(seatbelt.Request{Operation: "file-read*", Target: target})
			if res.Errno != 0 || res.Err != "" || res.Stdout != tt.want {
				t.Errorf("read %q, want %q: %+v", res.Stdout, tt.want, res)
			}
		})
	}
}

// Reading a folder is allowed once it is open: that it cannot be read so is no
// answer of a policy.
func TestReadFolder(t *testing.T) {
	dir := folder(t)
	res, _ := attempt(seatbelt.Request{Operation: "file-read-data", Target: dir})
	if decision, _ := seatbelt.Classify(res); decision != op.Allow || !strings.HasPrefix(res.Call, `open("`) || res.File.Type != "dir" {
		t.Errorf("read a folder: %+v", res)
	}
	// Opening one for writing is refused by the kernel whatever a policy says.
	res, _ = attempt(seatbelt.Request{Operation: "file-write*", Target: dir})
	if decision, kind := seatbelt.Classify(res); decision != "" || kind != op.KindErrno {
		t.Errorf("wrote a folder: %+v", res)
	}
}

// The calls before the one that a variant is named for are its attempt, too.
func TestCallsOfVariants(t *testing.T) {
	dir := folder(t)
	target := filepath.Join(dir, "f")
	write(t, target, "x")
	for _, tt := range []struct {
		syscall, target, call string
	}{
		{"open", target, `open("` + target + `", O_RDONLY|O_CLOEXEC)`},
		{"openat", target, `, "f", O_RDONLY|O_CLOEXEC)`},
		{"openat", target + "x", `, "fx", O_RDONLY|O_CLOEXEC)`},
		{"openat", dir + "/none/f", `open("` + dir + `/none", O_RDONLY|O_DIRECTORY|O_CLOEXEC)`},
		{"openat_rootrel", target[1:], `, "` + target[1:] + `", O_RDONLY|O_CLOEXEC)`},
	} {
		res, _ := attempt(seatbelt.Request{Operation: "file-read*", Target: tt.target, Syscall: tt.syscall})
		if !strings.HasSuffix(res.Call, tt.call) {
			t.Errorf("%s of %s called %s, want …%s", tt.syscall, tt.target, res.Call, tt.call)
		}
	}
	res, _ := attempt(seatbelt.Request{Operation: "file-write*", Target: target, Driver: "metadata_runner", Syscall: "chmod"})
	if want := `chmod("` + target + `", 0640)`; res.Call != want {
		t.Errorf("called %s, want %s", res.Call, want)
	}
}

func TestSplitLeaf(t *testing.T) {
	for path, want := range map[string][2]string{
		"/a":       {"/", "a"},
		"/a/b":     {"/a", "b"},
		"/a//b/":   {"/a", "b/"},
		"//b":      {"/", "b"},
		"/a/../b/": {"/a/..", "b/"},
	} {
		if dir, leaf := seatbelt.SplitLeaf(path); dir != want[0] || leaf != want[1] {
			t.Errorf("SplitLeaf(%q) = %q, %q, want %q", path, dir, leaf, want)
		}
	}
}

// A link is followed before the policy as it is by the attempt.
func TestSightOfLinks(t *testing.T) {
	dir := folder(t)
	target, link, lost := filepath.Join(dir, "f"), filepath.Join(dir, "link"), filepath.Join(dir, "lost")
	write(t, target, "x")
	for name, to := range map[string]string{link: "f", lost: "nothing"} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	lstat := seatbelt.Request{Operation: "file-read-metadata", Driver: "metadata_runner", Syscall: "lstat"}
	for _, tt := range []struct {
		name string
		req  seatbelt.Request
		at   string
		want string
		kind string
	}{
		{"followed", seatbelt.Request{Operation: "file-read*"}, link, target, "file"},
		{"not followed", lstat, link, link, "symlink"},
		{"leads nowhere", seatbelt.Request{Operation: "file-read*"}, lost, "", ""},
		{"leads nowhere, not followed", lstat, lost, lost, "symlink"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.req.Target = tt.at
			_, sight := attempt(tt.req)
			kind := ""
			if sight.File != nil {
				kind = sight.File.Type
			}
			if sight.Path != tt.want || sight.New || kind != tt.kind {
				t.Errorf("the look saw %+v", sight)
			}
		})
	}
}

// Details have the keys that the format has for the operation.
func TestFileDetails(t *testing.T) {
	dir := folder(t)
	target, missing := filepath.Join(dir, "f"), filepath.Join(dir, "none")
	write(t, target, "x")
	for _, tt := range []struct{ name, operation, driver, syscall, payload, target, want string }{
		{"a reader has none", "file-read*", "", "", "", target, ``},
		{"read", "file-read*", "file_probe", "", "", target, `{"op":"read","path":"TARGET","rc":0,"errno":0}`},
		{"read nothing", "file-read-data", "file_probe", "", "", missing, `{"op":"read","path":"TARGET","rc":-1,"errno":2}`},
		{"write", "file-write-data", "file_probe", "", "", target, `{"op":"write","path":"TARGET","rc":0,"errno":0}`},
		{"metadata", "file-read-metadata", "metadata_runner", "", "", target, `{"op":"file-read-metadata","path":"TARGET","syscall":"lstat","status":"ok"}`},
		{"attributes", "file-read-metadata", "metadata_runner", "getattrlist", "", target,
			`{"op":"file-read-metadata","path":"TARGET","syscall":"getattrlist","attr_payload":"cmn","status":"ok"}`},
		{"no metadata", "file-write*", "metadata_runner", "chmod", "", missing,
			`{"op":"file-write*","path":"TARGET","syscall":"chmod","status":"op_failed","errno":2,"errno_name":"ENOENT","message":"no such file or directory"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res, _ := attempt(seatbelt.Request{Operation: tt.operation, Driver: tt.driver, Syscall: tt.syscall, AttrPayload: tt.payload, Target: tt.target})
			if want := strings.Replace(tt.want, "TARGET", tt.target, 1); string(res.Details) != want {
				t.Errorf("details %s, want %s", res.Details, want)
			}
		})
	}
	res, _ := attempt(seatbelt.Request{Operation: "file-search", Driver: "file_probe", Target: dir})
	var keys map[string]any
	if err := json.Unmarshal(res.Details, &keys); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"op", "path", "rc", "errno", "search_rc", "search_errno", "matches", "search_name"} {
		if _, ok := keys[key]; !ok {
			t.Errorf("a search tells no %s: %s", key, res.Details)
		}
	}
	if keys["search_name"] != filepath.Base(dir) {
		t.Errorf("searched for %v", keys["search_name"])
	}
}

func TestXattrs(t *testing.T) {
	target := filepath.Join(folder(t), "f")
	write(t, target, "x")
	for _, operation := range []string{"file-read-xattr", "file-write-xattr"} {
		res, _ := attempt(seatbelt.Request{Operation: operation, Target: target})
		if res.Errno == int(unix.ENOTSUP) {
			t.Skip("no extended attributes below /tmp")
		}
		if want := `{"decision":"allow","attribute":"user.rtgen"}`; string(res.Details) != want {
			t.Errorf("%s: details %s, want %s", operation, res.Details, want)
		}
		buf := make([]byte, 8)
		n, err := unix.Getxattr(target, seatbelt.Attribute, buf)
		if err != nil || !bytes.Equal(buf[:n], []byte("1")) {
			t.Errorf("%s: the file has %q, %v", operation, buf[:max(n, 0)], err)
		}
	}
}
