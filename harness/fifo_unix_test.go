//go:build unix

package harness_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// makeFIFO makes one that nobody writes to.
func makeFIFO(t *testing.T, file string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
}
