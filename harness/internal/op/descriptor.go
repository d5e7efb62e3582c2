package op

import "github.com/rtgen/rtgen/harness/internal/mounts"

// View is what a process holds to look at its own descriptors with, opened while
// no policy was there. A nil View knows no mounts.
type View struct {
	fds    int // open on /proc/self/fd; -1: it could not be opened
	mounts *mounts.Live
}

// File is what a descriptor is open on, by what the kernel says of the
// descriptor alone: no name is looked up for it, and no policy of Landlock's is
// asked.
type File struct {
	// NoPath says why no path of the host is known for it: "deleted", "memfd",
	// "pipe", "socket", another kind that the kernel has a word for, "unreachable"
	// or "other_namespace"; empty when one is.
	NoPath string `json:"no_path,omitempty"`
	Text   string `json:"text,omitempty"` // what the kernel calls it, when that is no path

	Type      string `json:"type,omitempty"` // as State has it
	Dev       uint64 `json:"dev,omitempty"`
	Ino       uint64 `json:"ino,omitempty"`
	StatErrno int    `json:"stat_errno,omitempty"` // the three above are not known then

	MountID   uint64 `json:"mount_id,omitempty"` // 0: not known
	Mount     string `json:"mount,omitempty"`    // the mount point; empty: MountErr says why
	MountErr  string `json:"mount_err,omitempty"`
	Elsewhere string `json:"elsewhere,omitempty"` // the file's other path, of which this is a bind mount

	FSType  string   `json:"fs,omitempty"` // "ext4", or the magic number in hex for one without a name here
	FSID    [2]int32 `json:"fsid,omitzero"`
	FSErrno int      `json:"fs_errno,omitempty"` // the two above are not known then
}

// Sight is where a target leads before the policy: an open that neither reads
// nor waits nor wakes a device, and that no watch on the file is told of.
type Sight struct {
	Path  string `json:"path,omitempty"`
	Errno int    `json:"errno,omitempty"` // of the open
	// New says that nothing has the name yet: Path is the name in its folder.
	New  bool  `json:"new,omitempty"`
	File *File `json:"file,omitempty"` // without the file system, unless the mount says
}

// Is reports whether what was seen is what a descriptor was then open on, by the
// same path.
func (s *Sight) Is(path string, f *File) bool {
	if s == nil || s.File == nil || f == nil || s.Path != path || s.Errno != 0 {
		return false
	}
	seen := *f
	seen.FSID, seen.FSErrno = s.File.FSID, s.File.FSErrno
	return seen == *s.File
}
