package op_test

import (
	"errors"
	"os"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// What mounts make of a path: the mount point and the other path behind a bind
// mount, and no path at all where none leads.
func TestMounted(t *testing.T) {
	if !capable(t, capSysAdmin) {
		t.Skip("mounting needs CAP_SYS_ADMIN")
	}
	dir := t.TempDir()
	var fault error
	landlock.Throwaway(func() {
		fault = errors.Join(unix.Unshare(unix.CLONE_NEWNS), unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
			unix.Mount("t", dir, "tmpfs", 0, ""), os.MkdirAll(dir+"/data/sub", 0o755), os.Mkdir(dir+"/bind", 0o755),
			os.Mkdir(dir+"/over", 0o755), os.WriteFile(dir+"/over/f", nil, 0o600), os.Mkdir(dir+"/lazy", 0o755),
			os.WriteFile(dir+"/data/f", nil, 0o600), os.WriteFile(dir+"/data/f (deleted)", nil, 0o600), os.WriteFile(dir+"/data/sub/g", nil, 0o600),
			unix.Mount(dir+"/data", dir+"/bind", "", unix.MS_BIND, ""), unix.Mount("t", dir+"/lazy", "tmpfs", 0, ""),
			os.WriteFile(dir+"/lazy/f", nil, 0o600))
		if fault != nil {
			return
		}
		v := op.OpenView()
		defer v.Close()
		open := func(name string) (fd int) {
			fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
			fault = errors.Join(fault, err)
			return fd
		}
		check := func(what string, r op.Result, path, mount, elsewhere, noPath string) {
			t.Helper()
			f := r.File
			if r.ObservedPath != path || f.Mount != mount || f.Elsewhere != elsewhere || f.NoPath != noPath || f.MountID == 0 {
				t.Errorf("%s: path %q of %+v, want %q in %q, elsewhere %q, %q", what, r.ObservedPath, f, path, mount, elsewhere, noPath)
			}
		}
		// The mount table is read when it is asked for, and again when it has changed.
		plain, bound, under := open(dir+"/data/f"), open(dir+"/bind/f"), open(dir+"/over/f")
		deep, lazy := open(dir+"/bind/sub/g"), open(dir+"/lazy/f")
		check("plain", op.Observe(plain, v, false), dir+"/data/f", dir, "", "")
		check("bound", op.Observe(bound, v, false), dir+"/bind/f", dir+"/bind", dir+"/data/f", "")
		if s := look("fs.read_file", "", dir+"/bind/f", v); s.Path != dir+"/bind/f" || s.File.Elsewhere != dir+"/data/f" || s.File.FSType != "tmpfs" {
			t.Errorf("the look saw %+v %+v", s, s.File)
		}
		odd := open(dir + "/bind/f (deleted)")
		check("called so", op.Observe(odd, v, false), dir+"/bind/f (deleted)", dir+"/bind", dir+"/data/f (deleted)", "")
		fault = errors.Join(fault, os.Remove(dir+"/data/f (deleted)"))
		check("deleted", op.Observe(odd, v, false), "", dir+"/bind", "", "deleted")
		check("mounted", op.Observe(lazy, v, false), dir+"/lazy/f", dir+"/lazy", "", "")
		fault = errors.Join(fault, unix.Unmount(dir+"/lazy", unix.MNT_DETACH))
		check("detached", op.Observe(lazy, v, false), "", "", "", "unreachable")
		if s := look("fs.read_file", "", "/proc/self/fd/"+strconv.Itoa(lazy), v); s.Path != "" || s.File.NoPath != "unreachable" {
			t.Errorf("the look saw %+v %+v", s, s.File)
		}
		// A mount over its folder hides a file, and its path is what it was.
		fault = errors.Join(fault, unix.Mount("t", dir+"/over", "tmpfs", 0, ""))
		check("hidden", op.Observe(under, v, false), dir+"/over/f", dir, "", "")
		if s := look("fs.read_file", "", dir+"/over/f", v); s.Errno != int(unix.ENOENT) || s.Path != dir+"/over/f" || !s.New {
			t.Errorf("the look saw %+v through the mount", s)
		}
		// Out of the part that the bind mount shows: no path leads there any more.
		fault = errors.Join(fault, os.Rename(dir+"/data/sub", dir+"/moved"))
		if r := op.Observe(deep, v, false); r.ObservedPath != "" || r.File.NoPath != "unreachable" {
			t.Errorf("moved out of a bind mount: path %q of %+v", r.ObservedPath, r.File)
		}
		for _, fd := range []int{plain, bound, under, deep, lazy, odd} {
			unix.Close(fd)
		}
	})
	if fault != nil {
		t.Fatal(fault)
	}
}
