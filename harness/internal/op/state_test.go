package op_test

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
)

func TestStateOf(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("12345"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("nowhere", link); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	if l, err := net.Listen("unix", socket); err != nil {
		t.Fatal(err)
	} else {
		defer l.Close()
	}
	yes, no := true, false
	for _, tt := range []struct {
		name, target, source string
		want                 op.State
	}{
		{"file", file, "", op.State{TargetExists: true, TargetType: "file", TargetSize: 5}},
		{"dir", dir, "", op.State{TargetExists: true, TargetType: "dir"}},
		{"dangling symlink", link, "", op.State{TargetExists: true, TargetType: "symlink"}},
		{"socket", socket, "", op.State{TargetExists: true, TargetType: "socket"}},
		{"char", os.DevNull, "", op.State{TargetExists: true, TargetType: "char"}},
		{"absent", filepath.Join(dir, "no"), "", op.State{}},
		{"below a file", filepath.Join(file, "no"), "", op.State{}},
		{"source there", file, dir, op.State{TargetExists: true, TargetType: "file", TargetSize: 5, SourceExists: &yes}},
		{"source gone", file, filepath.Join(dir, "no"), op.State{TargetExists: true, TargetType: "file", TargetSize: 5, SourceExists: &no}},
		{"source is a link's text", dir, "../x", op.State{TargetExists: true, TargetType: "dir"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := op.StateOf(tt.target, tt.source)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got, err := op.StateOf("a\x00b", ""); err == nil {
		t.Errorf("StateOf(a path with NUL) = %+v, want an error: the state is unknown", got)
	}
}
