package landlock

import "golang.org/x/sys/unix"

// RestrictSelfRaw enforces a small ruleset with whatever flags, on a thread
// that is thrown away.
func RestrictSelfRaw(flags RestrictFlags) error {
	var rep Report
	fd, err := rep.create(0, &Ruleset{HandledFS: MakeSym})
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return sysRestrictSelf(fd, flags)
}
