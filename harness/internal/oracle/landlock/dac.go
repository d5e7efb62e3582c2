package landlock

import "slices"

// Cred is who asks, for the plain permission check that the kernel makes
// besides Landlock. Nil is a caller that may do everything, as root may.
type Cred struct {
	UID    int
	GID    int
	Groups []int
	Caps   Caps
	// Contained says that the capabilities are those of a user namespace that
	// is not the host's own.
	Contained bool
}

// Caps is a set of capabilities, the kernel's own bits (linux/capability.h).
type Caps uint64

// The capabilities that can decide a question.
const (
	CapDACOverride    Caps = 1 << 1
	CapDACReadSearch  Caps = 1 << 2
	CapFowner         Caps = 1 << 3
	CapKill           Caps = 1 << 5
	CapNetBindService Caps = 1 << 10
	CapNetRaw         Caps = 1 << 13
	CapSysChroot      Caps = 1 << 18
	CapSysPtrace      Caps = 1 << 19
	CapSysAdmin       Caps = 1 << 21
	CapMknod          Caps = 1 << 27
	CapPerfmon        Caps = 1 << 38
)

var capNames = map[Caps]string{
	CapNetRaw: "CAP_NET_RAW", CapSysChroot: "CAP_SYS_CHROOT",
	CapSysAdmin: "CAP_SYS_ADMIN", CapMknod: "CAP_MKNOD",
}

// What a caller may want of a node.
const (
	permRead   = 4
	permWrite  = 2
	permExec   = 1
	permSearch = 1 // of a directory
)

func (c *Cred) has(caps Caps) bool { return c == nil || c.Caps&caps == caps }

// may is generic_permission of fs/namei.c without access control lists.
func (c *Cred) may(n Node, want uint32) bool {
	if n.Perm == nil {
		return true
	}
	if c.has(CapDACOverride) {
		// Even root executes only what somebody may execute.
		return want&permExec == 0 || n.Kind == Dir || n.Perm.Mode&0o111 != 0
	}
	if c.has(CapDACReadSearch) && (want == permRead || n.Kind == Dir && want&permWrite == 0) {
		return true
	}
	mode := n.Perm.Mode
	switch {
	case n.Perm.UID == Asker || n.Perm.UID == c.UID:
		mode >>= 6
	case n.Perm.GID == c.GID || slices.Contains(c.Groups, n.Perm.GID):
		mode >>= 3
	}
	return mode&want == want
}

// owns says whether the caller may do with n what its owner may.
func (c *Cred) owns(n Node) bool {
	return c.has(CapFowner) || n.Perm == nil || c.is(n.Perm.UID)
}

// mayRemove says whether the sticky bit of dir leaves the caller free to remove n:
// check_sticky of linux/fs.h.
func (c *Cred) mayRemove(dir, n Node) bool {
	if dir.Perm == nil || n.Perm == nil || dir.Perm.Mode&0o1000 == 0 {
		return true
	}
	return c.owns(n) || c.is(dir.Perm.UID)
}

func (c *Cred) is(uid int) bool { return uid == Asker || uid == c.UID }
