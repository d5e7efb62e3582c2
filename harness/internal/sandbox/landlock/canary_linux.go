package landlock

import "golang.org/x/sys/unix"

// canaryHere tries both files before and under the policy, on the calling
// thread, by one raw openat each.
func canaryHere(granted, withheld string) sightings {
	s := sightings{grantedBefore: tryOpen(granted), withheldBefore: tryOpen(withheld)}
	if s.grantedBefore != nil || s.withheldBefore != nil {
		return s
	}
	policy := Ruleset{HandledFS: ReadFile, Paths: []PathRule{{Parent: granted, Access: ReadFile}}} // all of it ABI 1
	if _, s.apply = Apply([]Ruleset{policy}); s.apply != nil {
		return s
	}
	s.grantedAfter, s.withheldAfter = tryOpen(granted), tryOpen(withheld)
	return s
}

func tryOpen(name string) error {
	for {
		fd, err := unix.Openat(unix.AT_FDCWD, name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		switch err {
		case nil:
			return unix.Close(fd)
		case unix.EINTR:
		default:
			return err
		}
	}
}
