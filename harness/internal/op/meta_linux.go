package op

import "golang.org/x/sys/unix"

// Landlock mediates none of these; they are there for policies that do, and to
// show what a Landlock policy leaves open.

func fstatat(flags int, text string) func(Request, *Result) {
	return func(req Request, res *Result) {
		var st unix.Stat_t
		res.Call = newCall("newfstatat").raw("AT_FDCWD").path(req.Target).raw("{...}").raw(text).end()
		res.Errno = int(retry(func() error { return unix.Fstatat(unix.AT_FDCWD, req.Target, &st, flags) }))
	}
}

func faccessat(req Request, res *Result) {
	res.Call = newCall("faccessat").raw("AT_FDCWD").path(req.Target).raw("F_OK").end()
	res.Errno = int(retry(func() error { return unix.Faccessat(unix.AT_FDCWD, req.Target, unix.F_OK, 0) }))
}

// fchmodat sets the mode that the file has, so that nothing but its ctime
// changes. A file that cannot be looked at gets a call all the same: its errno
// is the answer.
func fchmodat(req Request, res *Result) {
	mode := uint32(newFileMode)
	var st unix.Stat_t
	if retry(func() error { return unix.Fstatat(unix.AT_FDCWD, req.Target, &st, 0) }) == 0 {
		mode = st.Mode & 0o7777
	}
	res.Call = newCall("fchmodat").raw("AT_FDCWD").path(req.Target).octal(mode).end()
	res.Errno = int(retry(func() error { return unix.Fchmodat(unix.AT_FDCWD, req.Target, mode, 0) }))
}
