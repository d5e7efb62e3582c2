package op_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// Which calls follow a link is the kernel's to say: those that do cannot get to
// the end of one that leads to itself, and neither can the look before them.
func TestFollows(t *testing.T) {
	for _, o := range op.All() {
		for _, v := range o.Variants {
			if v.Target != op.TargetPath || op.Available(&o, &v) != "" {
				continue
			}
			if strings.HasPrefix(o.Name, "fs.change_") && !capable(t, capSysAdmin) {
				continue
			}
			t.Run(o.Name+"/"+v.Name, func(t *testing.T) {
				dir := shortDir(t)
				loop, source := dir+"/loop", dir+"/d/source"
				must(t, os.Mkdir(dir+"/d", 0o755), os.Symlink("loop", loop))
				switch {
				case o.Name == "fs.change_topology":
					must(t, os.Mkdir(source, 0o755))
				case v.TwoPaths && o.Name != "fs.make_sym":
					must(t, os.WriteFile(source, nil, 0o600))
				}
				var res op.Result
				var sight *op.Sight
				landlock.Throwaway(func() {
					trial := op.Prepare(op.Request{Op: o.Name, Syscall: v.Name, Target: loop, Source: source}, nil)
					sight, res = trial.Sight(), trial.Attempt()
				})
				follows := op.Follows(&o, &v)
				if stuck := syscall.Errno(res.Errno) == syscall.ELOOP; stuck != follows && !(v.Name == "creat" && res.Call == "") {
					t.Errorf("%s = %v %s, and it is said to follow links: %t", res.Call, syscall.Errno(res.Errno), res.Err, follows)
				}
				if stuck := syscall.Errno(sight.Errno) == syscall.ELOOP; stuck != follows {
					t.Errorf("the look saw %+v, and the call is said to follow links: %t", sight, follows)
				}
				if !follows && sight.Path != loop {
					t.Errorf("the look saw %+v, not the link itself", sight)
				}
			})
		}
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func view(t *testing.T) *op.View {
	t.Helper()
	v := op.OpenView()
	t.Cleanup(v.Close)
	return v
}

// look is what is seen before the attempt, which is not made.
func look(o, variant, target string, v *op.View) *op.Sight {
	trial := op.Prepare(op.Request{Op: o, Syscall: variant, Target: target, Source: "/x"}, v)
	defer trial.Close()
	return trial.Sight()
}

func TestLook(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err,
		os.MkdirAll(dir+"/real/sub", 0o755), os.WriteFile(dir+"/real/f", []byte("x"), 0o600),
		os.Symlink("real", dir+"/door"), os.Symlink("f", dir+"/real/link"), os.Symlink("nowhere", dir+"/real/dangling"),
		os.Link(dir+"/real/f", dir+"/hard"), unix.Mkfifo(dir+"/fifo", 0o600),
		os.WriteFile(dir+"/f (deleted)", nil, 0o600), os.Symlink("door/..", dir+"/up"))
	const read, unlink, rmdir, mkdir, stat = "fs.read_file", "fs.remove_file", "fs.remove_dir", "fs.make_dir", "syscall.stat"
	for _, tt := range []struct {
		op, variant, target string
		path, kind          string
		errno               syscall.Errno
		isNew               bool
	}{
		{op: read, target: "/real/f", path: "/real/f", kind: "file"},
		{op: read, target: "//real/./f", path: "/real/f", kind: "file"},
		{op: read, target: "/door/link", path: "/real/f", kind: "file"},
		{op: read, target: "/real/sub/../f", path: "/real/f", kind: "file"},
		{op: read, target: "/up/real/f", path: "/real/f", kind: "file"},
		{op: read, target: "/hard", path: "/hard", kind: "file"},
		{op: read, target: "/fifo", path: "/fifo", kind: "fifo"},
		{op: read, target: "/f (deleted)", path: "/f (deleted)", kind: "file"},
		{op: read, target: "/real/dangling", errno: syscall.ENOENT},
		{op: read, target: "/door/new", path: "/real/new", errno: syscall.ENOENT, isNew: true},
		{op: read, target: "/no/new", errno: syscall.ENOENT},
		{op: read, target: "/real/f/new", errno: syscall.ENOTDIR},
		{op: unlink, target: "/door/link", path: "/real/link", kind: "symlink"},
		{op: unlink, target: "/real/dangling", path: "/real/dangling", kind: "symlink"},
		{op: rmdir, target: "/door", path: "/door", kind: "symlink"},
		{op: rmdir, target: "/door//", path: "/door", kind: "symlink"},
		{op: rmdir, target: "/door/sub/", path: "/real/sub", kind: "dir"},
		{op: mkdir, target: "/door/new/", path: "/real/new", errno: syscall.ENOENT, isNew: true},
		{op: mkdir, target: "/real/sub/../../up/new", path: "/new", errno: syscall.ENOENT, isNew: true},
		{op: mkdir, target: "/real/nosuch/..", errno: syscall.ENOENT},
		{op: stat, target: "/door", path: "/door", kind: "symlink"},
		{op: stat, target: "/door/", path: "/real", kind: "dir"}, // lstat goes on where a slash follows
		{op: stat, variant: "stat", target: "/door", path: "/real", kind: "dir"},
		{op: "fs.make_reg", variant: "open_creat", target: "/real/link", path: "/real/link", kind: "symlink"},
	} {
		t.Run(strings.Trim(strings.ReplaceAll(tt.op+tt.target, "/", "_"), "_")+tt.variant, func(t *testing.T) {
			s := look(tt.op, tt.variant, dir+tt.target, view(t))
			want := tt.path
			if want != "" {
				want = dir + want
			}
			if s.Path != want || syscall.Errno(s.Errno) != tt.errno || s.New != tt.isNew || (s.File == nil) != (tt.kind == "") {
				t.Fatalf("%+v (%v), want %q and %v", s, syscall.Errno(s.Errno), want, tt.errno)
			}
			if s.File != nil && (s.File.Type != tt.kind || s.File.NoPath != "" || s.File.Mount == "" || s.File.Ino == 0) {
				t.Errorf("%+v, want a %s", s.File, tt.kind)
			}
		})
	}
	one, other := look(read, "", dir+"/real/f", view(t)), look(read, "", dir+"/hard", view(t))
	if *one.File != *other.File || one.Path == other.Path {
		t.Errorf("two names of one file: %+v %+v and %+v %+v", one, one.File, other, other.File)
	}
	for _, target := range []string{"relative", "./relative"} {
		if s := look(read, "", target, nil); s != nil {
			t.Errorf("%q was looked at: %+v", target, s)
		}
	}
	if s := look("net.connect_tcp", "", "127.0.0.1:9", nil); s != nil {
		t.Errorf("an address was looked at: %+v", s)
	}
	if s := look(read, "", "/", nil); s == nil || s.Path != "/" || s.File.MountErr == "" {
		t.Errorf("without a mount table: %+v", s)
	}
}

// Looking leaves the file as it was.
func TestLookLeavesNoTrace(t *testing.T) {
	file := t.TempDir() + "/f"
	old := time.Unix(1000, 0)
	must(t, os.WriteFile(file, []byte("x"), 0o600), os.Chtimes(file, old, old))
	var before, after unix.Stat_t
	must(t, unix.Stat(file, &before))
	watch, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	must(t, err)
	defer unix.Close(watch)
	if _, err := unix.InotifyAddWatch(watch, file, unix.IN_ALL_EVENTS); err != nil {
		t.Fatal(err)
	}
	fds := openDescriptors(t)
	v := op.OpenView()
	for range 3 {
		look("fs.write_file", "", file, v)
		look("fs.remove_file", "", file, v)
		look("fs.make_dir", "", file+"-new", v)
	}
	v.Close()
	must(t, unix.Stat(file, &after))
	if before != after {
		t.Errorf("%+v became %+v", before, after)
	}
	var buf [256]byte
	if n, err := unix.Read(watch, buf[:]); err != unix.EAGAIN {
		t.Errorf("a watch on the file was told %d bytes, %v", n, err)
	}
	if now := openDescriptors(t); now != fds {
		t.Errorf("%d descriptors are open, %d were before", now, fds)
	}
}

// A held lease is not broken, which every other open for writing would wait for.
func TestLookBreaksNoLease(t *testing.T) {
	file := t.TempDir() + "/f"
	must(t, os.WriteFile(file, nil, 0o600))
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		t.Skipf("no leases here: %v", err)
	}
	if s := look("fs.write_file", "", file, nil); s.Path != file {
		t.Errorf("%+v", s)
	}
	if kind, err := unix.FcntlInt(uintptr(fd), unix.F_GETLEASE, 0); err != nil || kind != unix.F_RDLCK {
		t.Errorf("the lease is %d, %v", kind, err)
	}
}

// What has no path is said to have none, and what it is instead.
func TestNoPath(t *testing.T) {
	dir := t.TempDir()
	v := view(t)
	open := func(name string, flags int) int {
		t.Helper()
		fd, err := unix.Open(name, flags|unix.O_CLOEXEC, 0o600)
		must(t, err)
		t.Cleanup(func() { unix.Close(fd) })
		return fd
	}
	must(t, os.WriteFile(dir+"/gone", nil, 0o600), os.WriteFile(dir+"/named (deleted)", nil, 0o600), os.Mkdir(dir+"/folder", 0o700))
	gone, named, folder := open(dir+"/gone", unix.O_RDONLY), open(dir+"/named (deleted)", unix.O_RDONLY), open(dir+"/folder", unix.O_RDONLY)
	must(t, os.Remove(dir+"/gone"), os.Remove(dir+"/folder"))
	memory, err := unix.MemfdCreate("m", unix.MFD_CLOEXEC)
	must(t, err)
	defer unix.Close(memory)
	var pipe [2]int
	must(t, unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	socket, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(socket)
	event, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	must(t, err)
	defer unix.Close(event)
	for _, tt := range []struct {
		name         string
		fd           int
		noPath, kind string
		fs           string
	}{
		{"deleted", gone, "deleted", "file", ""},
		{"deleted_folder", folder, "deleted", "dir", ""},
		{"called_so", named, "", "file", ""},
		{"memfd", memory, "memfd", "file", "tmpfs"},
		{"pipe", pipe[0], "pipe", "fifo", "pipefs"},
		{"socket", socket, "socket", "socket", "sockfs"},
		{"eventfd", event, "anon_inode", "", "anon_inodefs"},
		{"namespace", open("/proc/self/ns/mnt", unix.O_RDONLY), "mnt", "file", "nsfs"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := op.Observe(tt.fd, v, false)
			f := r.File
			if f.NoPath != tt.noPath || (f.NoPath == "") != (r.ObservedPath != "") || (f.NoPath == "") != (f.Text == "") || (f.NoPath == "" || f.NoPath == "deleted") != (f.Mount != "") {
				t.Errorf("%+v, path %q: want no path for being %q", f, r.ObservedPath, tt.noPath)
			}
			if tt.kind != "" && f.Type != tt.kind || tt.fs != "" && f.FSType != tt.fs || f.StatErrno != 0 || f.FSErrno != 0 || f.Ino == 0 {
				t.Errorf("%+v, want a %s of %s", f, tt.kind, tt.fs)
			}
			if tt.name == "socket" || tt.name == "eventfd" {
				return // no open leads to one
			}
			s := look("fs.read_file", "", "/proc/self/fd/"+strconv.Itoa(tt.fd), v)
			if tt.name == "namespace" {
				s = look("fs.read_file", "", "/proc/self/ns/mnt", v)
			}
			if s.File == nil || s.File.NoPath != tt.noPath || s.Path != r.ObservedPath {
				t.Errorf("the look saw %+v %+v", s, s.File)
			}
		})
	}
	if r := op.Observe(9999, v, false); r.ObservedPath != "" || r.PathErrno != int(unix.ENOENT) || r.File.StatErrno != int(unix.EBADF) || r.File.FSErrno != int(unix.EBADF) || r.File.FSType != "" {
		t.Errorf("a descriptor that is not open: %+v %+v", r, r.File)
	}
	if r := op.Observe(named, v, true); r.ObservedPath != "" || r.File.NoPath != "other_namespace" || r.File.Mount != "" || r.File.Ino == 0 {
		t.Errorf("by a thread with mounts of its own: %+v %+v", r, r.File)
	}
}

func TestFSName(t *testing.T) {
	for magic, want := range map[uint32]string{
		unix.TMPFS_MAGIC: "tmpfs", unix.EXT4_SUPER_MAGIC: "ext2/ext3/ext4", unix.BTRFS_SUPER_MAGIC: "btrfs",
		unix.CIFS_SUPER_MAGIC: "cifs", 0xdeadbeef: "0xdeadbeef", 0: "0x0",
	} {
		if got := op.FSName(magic); got != want {
			t.Errorf("%#x is %q, want %q", magic, got, want)
		}
	}
}
