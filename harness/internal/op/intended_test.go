package op_test

import (
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// Which of the kernel's records is about the operation under test.
func TestMeant(t *testing.T) {
	for _, tt := range []struct {
		op, variant string
		errno       syscall.Errno
		blockers    []string
		want        bool
	}{
		{"fs.read_file", "", syscall.EACCES, []string{"fs.read_file"}, true},
		{"fs.execute", "", syscall.EACCES, []string{"fs.execute", "fs.read_file"}, true},
		{"fs.execute", "", syscall.EACCES, []string{"fs.read_file"}, false},
		{"fs.truncate", "open_trunc", syscall.EACCES, []string{"fs.write_file"}, false},
		{"fs.read_file", "", syscall.EACCES, nil, false},
		{"syscall.rename", "", syscall.EACCES, []string{"fs.make_reg"}, true},
		{"syscall.rename", "", syscall.EACCES, []string{"fs.read_file"}, false},
		// What the file would gain, by moving between folders.
		{"fs.refer", "", syscall.EXDEV, []string{"fs.execute", "fs.write_file"}, true},
		{"syscall.rename", "", syscall.EXDEV, []string{"fs.execute"}, true},
		{"fs.refer", "", syscall.EACCES, []string{"fs.execute"}, false},
		{"fs.refer", "", syscall.EXDEV, nil, false},
		{"fs.read_file", "", syscall.EXDEV, []string{"fs.execute"}, false},
		{"ptrace", "attach", syscall.EPERM, []string{"ptrace"}, true},
		{"syscall.stat", "", syscall.EACCES, []string{"fs.read_file"}, false},
	} {
		o, ok := op.Lookup(tt.op)
		if !ok {
			t.Fatalf("no operation %s", tt.op)
		}
		v, ok := o.Variant(tt.variant)
		if !ok {
			t.Fatalf("%s has no variant %s", tt.op, tt.variant)
		}
		if got := op.Meant(o, v, int(tt.errno), tt.blockers); got != tt.want {
			t.Errorf("%s %s, %v, %v: %v, want %v", tt.op, v.Name, tt.errno, tt.blockers, got, tt.want)
		}
	}
}
