package bundle_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"golang.org/x/sys/unix"
)

// onSmallDisk runs f with an empty 256 KiB file system. Only f's thread sees
// the mount, and it ends with the thread.
func onSmallDisk(t *testing.T, f func(dir string)) {
	t.Helper()
	dir := t.TempDir()
	var skip error
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread's mounts are not ours to share
		if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
			skip = err
			return
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			skip = err
			return
		}
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
			skip = err
			return
		}
		f(dir)
	}()
	<-done
	if skip != nil {
		t.Skipf("no file system of our own: %v", skip)
	}
}

func TestDiskFull(t *testing.T) {
	onSmallDisk(t, func(dir string) {
		out := filepath.Join(dir, "out")
		create := func(id string) (*bundle.Stage, error) { return bundle.Create(out, options(id)) }
		loads := func(want string) {
			t.Helper()
			if b, err := bundle.Load(out); err != nil || b.RunID() != want {
				t.Errorf("Load = %v, %v, want run %s", b, err, want)
			}
		}
		st, err := create("before")
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(st.Commit(bundle.StatusOK), st.Close()); err != nil {
			t.Error(err)
		}

		st, err = create("during")
		if err != nil {
			t.Error(err)
			return
		}
		err = st.Write("runtime_results.json", nil, bytes.Repeat([]byte("x"), 1<<20))
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free some space") || !strings.Contains(err.Error(), "runtime_results.json") {
			t.Errorf("Write = %v, want ENOSPC, the file and the fix", err)
		}
		if err := errors.Join(st.Fail(err), st.Close()); err != nil {
			t.Errorf("the failure could not be recorded: %v", err)
		}
		if v, err := bundle.Validate(st.Dir()); err != nil || !v.OK() || v.Status != bundle.IndexFailed {
			t.Errorf("Validate = %+v, %v, want an honest failed bundle", v, err)
		}
		loads("before")

		filler := filepath.Join(dir, "filler")
		if err := os.WriteFile(filler, make([]byte, 1<<20), 0o644); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("fill the disk: %v", err)
		}
		if _, err := create("full"); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Create = %v, want ENOSPC", err)
		}
		if _, err := bundle.Emit(out, filepath.Join(out, "packet.json"), false); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("Emit = %v, want ENOSPC", err)
		}
		loads("before")
		if err := os.Remove(filler); err != nil {
			t.Error(err)
		}
		st, err = create("after")
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(st.Commit(bundle.StatusOK), st.Close()); err != nil {
			t.Error(err)
		}
		loads("after")
	})
}

func TestReadOnlyFileSystem(t *testing.T) {
	onSmallDisk(t, func(dir string) {
		out := filepath.Join(dir, "out")
		st, err := bundle.Create(out, options("before"))
		if err != nil {
			t.Error(err)
			return
		}
		if err := errors.Join(st.Commit(bundle.StatusOK), st.Close()); err != nil {
			t.Error(err)
		}
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Error(err)
			return
		}
		_, err = bundle.Create(out, options("r1"))
		if !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "choose an out folder that can be written") {
			t.Errorf("Create = %v, want EROFS and the fix", err)
		}
		if _, err := bundle.Load(out); err != nil {
			t.Errorf("Load needs no writing: %v", err)
		}
	})
}
