package op

import (
	"strings"

	"golang.org/x/sys/unix"
)

// look sees where the target of a variant leads, following the last name as the
// attempt itself will. It is for a thread that no policy confines.
//
// O_PATH opens no file: nothing is read and no access time set, a FIFO does not
// wait for its peer, a device is not told, and no watch, lease or lock is
// disturbed. As by the attempt, links on the way are followed and what is
// mounted on demand above the last name is mounted; a last name that is itself
// mounted on demand is not, and its place is what is seen.
func look(o *Op, v *Variant, target string, view *View) *Sight {
	if v.Target != TargetPath || target[0] != '/' {
		return nil
	}
	s := new(Sight)
	follow := Follows(o, v)
	flags := unix.O_PATH | unix.O_CLOEXEC
	if !follow {
		flags |= unix.O_NOFOLLOW
	}
	name := target
	if OnName(o) {
		// A name to be made or removed keeps its link also when a slash follows.
		if name = strings.TrimRight(target, "/"); name == "" {
			name = "/"
		}
	}
	fd, e := openPath(name, flags)
	if s.Errno = int(e); e == unix.ENOENT {
		s.inFolder(name, follow, view)
	}
	if e != 0 {
		return s
	}
	defer unix.Close(fd)
	s.File = new(File)
	s.Path, s.Errno = s.File.describe(fd, view, false)
	return s
}

// inFolder finds the path that a missing name will have: its folder's, with the
// name. A link that leads nowhere is not missing, and what it leads to has
// another folder.
func (s *Sight) inFolder(target string, follow bool, view *View) {
	target = strings.TrimRight(target, "/")
	i := strings.LastIndexByte(target, '/')
	if i < 0 {
		return
	}
	dir, name := target[:i+1], target[i+1:]
	if name == "." || name == ".." {
		return
	}
	fd, e := openPath(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if e != 0 {
		return
	}
	defer unix.Close(fd)
	if follow {
		var st unix.Stat_t
		if e := retry(func() error { return unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) }); e != unix.ENOENT {
			return
		}
	}
	var folder File
	if path, e := folder.describe(fd, view, false); path != "" && e == 0 {
		s.Path, s.New = strings.TrimSuffix(path, "/")+"/"+name, true
	}
}

func openPath(path string, flags int) (fd int, errno unix.Errno) {
	errno = retry(func() (err error) { fd, err = unix.Open(path, flags, 0); return err })
	return fd, errno
}
