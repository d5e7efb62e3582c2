package landlock

import "slices"

// Cred is who asks, for the plain permission check that the kernel makes
// besides Landlock. Nil is a caller that skips it, as root does.
type Cred struct {
	UID    int
	GID    int
	Groups []int
	// Capable callers skip the check: CAP_DAC_OVERRIDE and CAP_FOWNER.
	Capable bool
}

// What a caller may want of a node.
const (
	permRead   = 4
	permWrite  = 2
	permExec   = 1
	permSearch = 1 // of a directory
)

func (c *Cred) skips() bool { return c == nil || c.Capable }

// may is generic_permission of fs/namei.c without access control lists.
func (c *Cred) may(n Node, want uint32) bool {
	if n.Perm == nil {
		return true
	}
	if c.skips() {
		// Even root executes only what somebody may execute.
		return want&permExec == 0 || n.Kind == Dir || n.Perm.Mode&0o111 != 0
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

// mayRemove says whether the sticky bit of dir leaves the caller free to remove n:
// check_sticky of linux/fs.h.
func (c *Cred) mayRemove(dir, n Node) bool {
	if c.skips() || dir.Perm == nil || n.Perm == nil || dir.Perm.Mode&0o1000 == 0 {
		return true
	}
	return c.is(n.Perm.UID) || c.is(dir.Perm.UID)
}

func (c *Cred) is(uid int) bool { return uid == Asker || uid == c.UID }
