package libsystem

import (
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// As public code declares it: char *builtin, unsigned char *data, size_t size.
func TestSandboxProfileLayout(t *testing.T) {
	const word = unsafe.Sizeof(uintptr(0))
	var p SandboxProfile
	for _, tt := range []struct {
		field     string
		got, want uintptr
	}{
		{"builtin", unsafe.Offsetof(p.Builtin), 0},
		{"data", unsafe.Offsetof(p.Data), word},
		{"size", unsafe.Offsetof(p.Size), 2 * word},
		{"all of it", unsafe.Sizeof(p), 3 * word},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %d, want %d", tt.field, tt.got, tt.want)
		}
	}
}

func TestSandboxParameters(t *testing.T) {
	got := sandboxParameters(map[string]string{"WORK": "/private/tmp/w", "": "", "HOME": "/Users/me"})
	if want := []string{"", "", "HOME", "/Users/me", "WORK", "/private/tmp/w"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := sandboxParameters(nil); len(got) != 0 {
		t.Errorf("%q of none", got)
	}
}

// A library would take a text up to a NUL for all of it.
func TestNoNUL(t *testing.T) {
	if err := noNUL("", "(version 1)"); err != nil {
		t.Error(err)
	}
	err := noNUL("(version 1)", "(allow default)\x00(deny file-read*)")
	if err == nil || !strings.Contains(err.Error(), "a NUL byte at offset 15 of a text of 33 bytes; remove it") {
		t.Errorf("error %v", err)
	}
}
