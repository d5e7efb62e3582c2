package op

import (
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// subjectProblem says why the kernel would not ask for the operation's right on
// this target, whatever it answers: an open of a folder asks for fs.read_dir, and
// only regular files are truncated. Such an answer decides nothing about the
// operation. What cannot be looked at is left to the call.
func subjectProblem(o *Op, v *Variant, req Request, sight *Sight) string {
	switch o.Name {
	case "fs.read_file":
		if kind, ok := sight.kind(req.Target); ok && kind == "dir" {
			return strconv.Quote(req.Target) + " is a directory: opening one for reading asks for fs.read_dir"
		}
	case "fs.truncate":
		kind, ok := sight.kind(req.Target)
		switch {
		case ok && kind != "file":
			return strconv.Quote(req.Target) + " is no regular file, and no other kind is truncated: fs.truncate is not asked for"
		case !ok && v.Name == "creat":
			return strconv.Quote(req.Target) + " is not there: creat would make it, and fs.truncate is not asked for"
		}
	case "fs.refer":
		if sameFolder(req.Source, req.Target) {
			within := "syscall.rename"
			if v.Name == "link" {
				within = "syscall.link"
			}
			return "fs.refer needs a source and a target in different directories; use " + within + " within one"
		}
	}
	return ""
}

// kind is the file type that a path leads to: what was seen there, or else what
// is there.
func (s *Sight) kind(path string) (kind string, ok bool) {
	var st unix.Stat_t
	switch {
	case s != nil && s.File != nil && s.File.StatErrno == 0:
		return s.File.Type, true
	case s != nil || retry(func() error { return unix.Stat(path, &st) }) != 0:
		return "", false
	}
	return KindName(st.Mode), true
}

// sameFolder compares the folders that two names are in, by what they are: one
// may be reached through a link.
func sameFolder(a, b string) bool {
	a, b = filepath.Dir(a), filepath.Dir(b)
	var x, y unix.Stat_t
	if a == b {
		return true
	}
	for _, it := range []struct {
		path string
		st   *unix.Stat_t
	}{{a, &x}, {b, &y}} {
		if retry(func() error { return unix.Stat(it.path, it.st) }) != 0 {
			return false
		}
	}
	return x.Dev == y.Dev && x.Ino == y.Ino
}
