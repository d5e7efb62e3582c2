package op_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// An answer to a question that the kernel does not ask is no answer: such targets
// are refused before the attempt.
func TestSubject(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"a", "a/f", "link"} {
		var err error
		switch name {
		case "a":
			err = os.Mkdir(at(name), 0o755)
		case "a/f":
			err = os.WriteFile(at(name), []byte("x"), 0o644)
		case "link":
			err = os.Symlink("a", at(name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		op, syscall, target, source string
		want                        string // empty: attempted
	}{
		{"fs.read_file", "", at("a"), "", "is a directory: opening one for reading asks for fs.read_dir"},
		{"fs.read_file", "openat2", at("link"), "", "is a directory"},
		{"fs.read_file", "", at("a/f"), "", ""},
		{"fs.truncate", "open_trunc", "/dev/null", "", "is no regular file"},
		{"fs.truncate", "creat", "/dev/null", "", "is no regular file"},
		{"fs.truncate", "creat", at("none"), "", "is not there: creat would make it"},
		{"fs.truncate", "truncate", at("link"), "", "is no regular file"},
		{"fs.truncate", "truncate", at("a/f"), "", ""},
		{"fs.refer", "rename", at("link/g"), at("a/f"), "in different directories; use syscall.rename within one"},
		{"fs.refer", "link", at("link/g"), at("a/f"), "use syscall.link within one"},
		{"fs.refer", "link", at("g"), at("a/f"), ""},
	} {
		res := op.Attempt(op.Request{Op: tt.op, Syscall: tt.syscall, Target: tt.target, Source: tt.source})
		switch {
		case tt.want == "" && (res.Err != "" || res.Call == ""):
			t.Errorf("%s %s %s: %q, want it attempted", tt.op, tt.syscall, tt.target, res.Err)
		case tt.want != "" && (!strings.Contains(res.Err, tt.want) || res.Call != ""):
			t.Errorf("%s %s %s: %q after %q, want %q", tt.op, tt.syscall, tt.target, res.Err, res.Call, tt.want)
		}
	}
	if _, err := os.Lstat(at("none")); err == nil {
		t.Error("creat made a file that it was not to make")
	}
}
