package mounts_test

import (
	"errors"
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/mounts"
)

// inOwnMounts runs f on a thread with a mount namespace of its own, which ends
// with it.
func inOwnMounts(t *testing.T, f func()) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends
		err := unix.Unshare(unix.CLONE_NEWNS)
		if err == nil {
			err = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
		}
		if err == nil {
			f()
		}
		done <- err
	}()
	if err := <-done; errors.Is(err, unix.EPERM) {
		t.Skip("a mount namespace of one's own needs CAP_SYS_ADMIN")
	} else if err != nil {
		t.Fatal(err)
	}
}

// mountOf is what the table says of the mount that a path leads to.
func mountOf(t *testing.T, live *mounts.Live, path string) (id uint64, m mounts.Mount, err error) {
	t.Helper()
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_MNT_ID, &st); err != nil {
		t.Error(err)
	}
	if st.Mask&unix.STATX_MNT_ID == 0 {
		t.Skip("this kernel gives no mount ids (Linux 5.8 does)")
	}
	m, err = live.Of(st.Mnt_id, path)
	return st.Mnt_id, m, err
}

func TestHostTable(t *testing.T) {
	live, err := mounts.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	for range 2 {
		if _, m, err := mountOf(t, live, "/proc"); err != nil || m.Path != "/proc" || m.FSType != "proc" {
			t.Errorf("/proc is in %+v, %v", m, err)
		}
	}
	if m, err := live.Of(1<<40, "/"); err == nil {
		t.Errorf("a mount that nobody has is %+v", m)
	}
	var none *mounts.Live
	if _, err := none.Of(1, "/"); err == nil {
		t.Error("no table knows a mount")
	}
	none.Close()
}

// The table follows what is mounted, also where an id is given out again.
func TestTableFollows(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"/a", "/b", "/c"} {
		if err := os.Mkdir(dir+name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	inOwnMounts(t, func() {
		live, err := mounts.Open()
		if err != nil {
			t.Error(err)
			return
		}
		defer live.Close()
		expect := func(path, mount, elsewhere string) uint64 {
			t.Helper()
			id, m, err := mountOf(t, live, path)
			if err != nil || m.Path != mount || m.Elsewhere != elsewhere {
				t.Errorf("%s is in %+v, %v, want the mount on %s and %q", path, m, err, mount, elsewhere)
			}
			return id
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}
		must(unix.Mount("t", dir+"/a", "tmpfs", 0, ""))
		old := expect(dir+"/a", dir+"/a", "")
		must(unix.Unmount(dir+"/a", 0))
		if m, err := live.Of(old, dir+"/a"); err == nil {
			t.Errorf("a mount that is gone is %+v", m)
		}
		// The kernel gives the lowest id that is free.
		must(unix.Mount("t", dir+"/b", "tmpfs", 0, ""))
		if id := expect(dir+"/b", dir+"/b", ""); id != old {
			t.Logf("ids are not given out again here: %d and %d", old, id)
		}
		must(unix.Mount(dir+"/b", dir+"/c", "", unix.MS_BIND, ""))
		must(os.WriteFile(dir+"/b/f", nil, 0o644))
		expect(dir+"/c/f", dir+"/c", dir+"/b/f")
		expect(dir+"/b/f", dir+"/b", "")
		must(unix.Mount("t", dir+"/b", "tmpfs", 0, "")) // over it
		expect(dir+"/b", dir+"/b", "")
		expect(dir+"/c/f", dir+"/c", "")
		// A folder above a mount point is renamed: nobody is told.
		must(os.Rename(dir, dir+"-new"))
		expect(dir+"-new/c/f", dir+"-new/c", "")
		must(os.Rename(dir+"-new", dir))
	})
}
