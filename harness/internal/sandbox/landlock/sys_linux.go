package landlock

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The three Landlock system calls on the calling thread, which decide nothing.
// They are made here rather than through go-landlock's landlock/syscall, which
// brings in libpsx for the calls on all threads at once that must never be
// made here.

// ruleNetPort is LANDLOCK_RULE_NET_PORT of linux/landlock.h.
const ruleNetPort = 2

// netPortAttr is struct landlock_net_port_attr of linux/landlock.h.
type netPortAttr struct {
	allowedAccess uint64
	port          uint64
}

// sysQuery asks landlock_create_ruleset a question instead of a ruleset.
func sysQuery(flag uintptr) (int, error) {
	n, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, flag)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// sysCreateRuleset returns a close-on-exec descriptor. A kernel that knows a
// shorter attr accepts this one as long as what it does not know is zero.
func sysCreateRuleset(attr *unix.LandlockRulesetAttr) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET,
		uintptr(unsafe.Pointer(attr)), unsafe.Sizeof(*attr), 0)
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}

func sysAddPathRule(ruleset int, attr *unix.LandlockPathBeneathAttr) error {
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset),
		unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(attr)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func sysAddPortRule(ruleset int, attr *netPortAttr) error {
	_, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(ruleset),
		ruleNetPort, uintptr(unsafe.Pointer(attr)), 0, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// sysRestrictSelf refuses no flag: the kernel answers EINVAL to those it does
// not know. A caller must never pass LANDLOCK_RESTRICT_SELF_TSYNC (ABI 8).
func sysRestrictSelf(ruleset int, flags RestrictFlags) error {
	_, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(ruleset), uintptr(flags), 0)
	if errno != 0 {
		return errno
	}
	return nil
}
