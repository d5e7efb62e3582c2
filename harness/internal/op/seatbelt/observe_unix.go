//go:build darwin || seatbelt_fake

package seatbelt

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// observe records what fd is open on, and by what path. A policy may deny that
// too, which the errnos beside each say.
func observe(fd int, res *op.Result) {
	res.File = new(op.File)
	res.ObservedPath, res.PathErrno = describe(fd, res.File)
	res.NoFirmlink, res.NoFirmlinkErrno = pathWithoutFirmlinks(fd)
}

// describe fills in what a descriptor is open on, and returns its path.
func describe(fd int, f *op.File) (path string, errno int) {
	var st unix.Stat_t
	if f.StatErrno = try(func() error { return unix.Fstat(fd, &st) }); f.StatErrno == 0 {
		f.Type, f.Dev, f.Ino = op.KindName(uint32(st.Mode)), device(&st), st.Ino
	}
	fileSystem(fd, f)
	if path, errno = pathOf(fd); errno != 0 {
		f.NoPath = "unread"
	}
	return path, errno
}

// look sees where a target that is a path leads, following its last name as the
// attempt will. It is for a process that no policy confines.
func look(_ *Operation, s *Syscall, req Request) *op.Sight {
	name := req.Target
	if s.RootRel {
		name = "/" + name
	}
	sight, follow := new(op.Sight), !onLink(s)
	fd, errno := openSight(name, follow)
	if sight.Errno = errno; errno == int(unix.ENOENT) {
		inFolder(sight, name, follow)
	}
	if errno != 0 {
		return sight
	}
	defer unix.Close(fd)
	sight.File = new(op.File)
	sight.Path, sight.Errno = describe(fd, sight.File)
	return sight
}

// onLink says that a link at the end of the target is what the call is about.
func onLink(s *Syscall) bool {
	return s.Name == "lstat" || s.Name == "lchown" || s.Name == "lutimes"
}

// inFolder finds the path that a missing name will have: its folder's, with the
// name. A link that leads nowhere is not missing, and what it leads to has
// another folder.
func inFolder(s *op.Sight, target string, follow bool) {
	target = strings.TrimRight(target, "/")
	i := strings.LastIndexByte(target, '/')
	if i < 0 {
		return
	}
	folder, name := target[:i+1], target[i+1:]
	if name == "." || name == ".." {
		return
	}
	fd, errno := openSight(folder, true)
	if errno != 0 {
		return
	}
	defer unix.Close(fd)
	if follow {
		var st unix.Stat_t
		errno := try(func() error { return unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) })
		if errno != int(unix.ENOENT) {
			return
		}
	}
	if path, errno := pathOf(fd); errno == 0 {
		s.Path, s.New = strings.TrimSuffix(path, "/")+"/"+name, true
	}
}
