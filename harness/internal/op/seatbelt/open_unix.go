//go:build darwin || seatbelt_fake

package seatbelt

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// openMode is a set of open flags and its text.
type openMode struct {
	flags int
	text  string
}

var (
	openRead   = openMode{unix.O_RDONLY | unix.O_CLOEXEC, "O_RDONLY|O_CLOEXEC"}
	openFolder = openMode{unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, "O_RDONLY|O_DIRECTORY|O_CLOEXEC"}
	openAppend = openMode{unix.O_WRONLY | unix.O_APPEND | unix.O_CLOEXEC, "O_WRONLY|O_APPEND|O_CLOEXEC"}
	openCreate = openMode{unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_CLOEXEC, "O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC"}
)

// newFileMode is the mode of a file that a probe makes.
const newFileMode = 0o644

func (m openMode) perm() uint32 {
	if m.flags&unix.O_CREAT != 0 {
		return newFileMode
	}
	return 0
}

func (m openMode) end(c op.Call) string {
	c = c.Raw(m.text)
	if perm := m.perm(); perm != 0 {
		c = c.Octal(perm)
	}
	return c.End()
}

// opener opens a target, records the call that it came to, and returns -1 when
// that failed.
type opener func(target string, m openMode, res *op.Result) int

func openPath(path string, m openMode, res *op.Result) int {
	res.Call = m.end(op.NewCall("open").Path(path))
	fd := -1
	res.Errno = try(func() (err error) { fd, err = unix.Open(path, m.flags, m.perm()); return err })
	if res.Errno != 0 {
		return -1
	}
	return fd
}

func openAt(folder int, name string, m openMode, res *op.Result) int {
	res.Call = m.end(op.NewCall("openat").Int(folder).Path(name))
	fd := -1
	res.Errno = try(func() (err error) { fd, err = unix.Openat(folder, name, m.flags, m.perm()); return err })
	if res.Errno != 0 {
		return -1
	}
	return fd
}

// openLeaf opens the folder, and by its descriptor the name in it. Both are the
// attempt: a folder that may not be read is a denial of the whole.
func openLeaf(target string, m openMode, res *op.Result) int {
	folder, leaf := splitLeaf(target)
	at := openPath(folder, openFolder, res)
	if at < 0 {
		return -1
	}
	defer unix.Close(at)
	return openAt(at, leaf, m, res)
}

// splitLeaf cuts a path before its last name; slashes behind that stay with it.
func splitLeaf(path string) (folder, leaf string) {
	i := strings.LastIndexByte(strings.TrimRight(path, "/"), '/')
	if folder = strings.TrimRight(path[:i], "/"); folder == "" {
		folder = "/"
	}
	return folder, path[i+1:]
}

// opening attempts to open and then to use what was opened.
func opening(open opener, m openMode, use func(int, *op.Result)) preparer {
	return after(func(req Request, res *op.Result) { openAndUse(open, req.Target, m, res, use) })
}

func openAndUse(open opener, target string, m openMode, res *op.Result, use func(int, *op.Result)) {
	fd := open(target, m, res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	observe(fd, res)
	use(fd, res)
}

// fromRoot is opening relative to "/", which is opened before the policy.
func fromRoot(m openMode, use func(int, *op.Result)) preparer {
	return func(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
		root := openPath("/", openFolder, res)
		if root < 0 {
			notMade("openat", res)
			return nil, nil
		}
		open := func(target string, m openMode, res *op.Result) int { return openAt(root, target, m, res) }
		return func(res *op.Result, _ Announce) { openAndUse(open, req.Target, m, res, use) }, func() { unix.Close(root) }
	}
}

// readMost is how much of a file is read, and may become evidence.
const readMost = 4096

// readSome reads the beginning of what is there, which is evidence when it is
// text. The policy was asked when the file was opened: that a folder cannot be
// read so is no answer of its.
func readSome(fd int, res *op.Result) {
	buf := make([]byte, readMost)
	n := 0
	errno := try(func() (err error) { n, err = unix.Read(fd, buf); return err })
	switch errno {
	case 0:
		res.Stdout, _ = readable(buf[:n], n == len(buf))
	case int(unix.EISDIR):
	default:
		res.Call = op.NewCall("read").Int(fd).Raw("{...}").Int(len(buf)).End()
		res.Errno = errno
	}
}

// line is what a probe writes into a file.
const line = "rtgen\n"

func appendLine(fd int, res *op.Result) {
	errno := try(func() error { _, err := unix.Write(fd, []byte(line)); return err })
	if errno != 0 {
		res.Call = op.NewCall("write").Int(fd).Path(line).Int(len(line)).End()
		res.Errno = errno
	}
}
