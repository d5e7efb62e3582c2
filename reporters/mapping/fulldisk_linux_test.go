package mapping

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// fullEnv makes TestFullDisk the one that has a small file system to itself.
const fullEnv = "MAPPING_TEST_FULL"

// However little room there is: while it does not do, the old mappings and a receipt
// are there, whole, and nothing else.
func TestFullDisk(t *testing.T) {
	if os.Getenv(fullEnv) == "" {
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run=^TestFullDisk$", "-test.v")
		cmd.Env = append(os.Environ(), fullEnv+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		switch {
		case errors.Is(err, syscall.EPERM), strings.Contains(string(out), "--- SKIP"):
			t.Skipf("no file system of our own: %v\n%s", err, out)
		case err != nil:
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	g := newGenerations(t)
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=400k"); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, 0) })
	if _, err := promote(disk{}, Options{Root: g.w.root, Out: filepath.Join(dir, "m"), Packets: g.old}); err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	refused := 0
	for free := 0; ; free++ {
		if err := fillBut(filepath.Join(dir, "fill"), free*page); err != nil {
			t.Fatal(err)
		}
		_, failed := promote(disk{}, g.second(dir))
		n, err := g.reader(dir, false)
		if err != nil {
			t.Errorf("%d pages free: %v", free, err)
		}
		root, err := os.OpenRoot(filepath.Join(dir, "m"))
		if err == nil {
			err = errors.Join(checkIsReceipt(root, ReceiptFile), root.Close())
		}
		if err != nil {
			t.Errorf("%d pages free: the receipt: %v", free, err)
		}
		if entries, _ := os.ReadDir(dir); len(entries) != 3 { // with the lock and what fills it
			t.Errorf("%d pages free: beside the mappings are %v", free, entries)
		}
		if failed == nil {
			if n != 2 || refused == 0 {
				t.Errorf("%d pages free: mappings of %d packets, after %d failures", free, n, refused)
			}
			t.Logf("%d pages do", free)
			return
		}
		refused++
		if n != 1 || !errors.Is(failed, syscall.ENOSPC) || !strings.Contains(failed.Error(), "free some space") || strings.Contains(failed.Error(), "\n") {
			t.Errorf("%d pages free: %d packets, %v", free, n, failed)
		}
	}
}

// fillBut makes a file as large as its file system lets it be, but for some bytes.
func fillBut(file string, free int) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	size := int64(0)
	for page := make([]byte, os.Getpagesize()); err == nil; size += int64(len(page)) {
		_, err = f.WriteAt(page, size)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		return err
	}
	// The last one did not fit.
	return f.Truncate(max(0, size-int64(os.Getpagesize())-int64(free)))
}
