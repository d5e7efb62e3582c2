package differential

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// compare says what is wrong with the model's answer, nothing when the kernel
// bears it out; mounts says that the world has some.
func compare(answer oracle.Answer, q Question, v *op.Variant, res op.Result, mounts bool) string {
	decision, kind := op.Classify(v, res)
	excused := slices.Contains(excuses(q, v, mounts), syscall.Errno(res.Errno))
	switch {
	case kind == op.KindError && excused: // the call under test was not reached
	case answer.Decision == oracle.Unknown:
		// An errno that the model names has to be the kernel's.
		if answer.Errno != 0 && res.Call != "" && res.Errno != answer.Errno && !excused {
			return fmt.Sprintf("errno %d, and the model says %d", res.Errno, answer.Errno)
		}
	case kind == op.KindErrno && answer.Decision == oracle.Allow:
		if excused {
			return ""
		}
		return fmt.Sprintf("allowed, and the call fails with errno %d", res.Errno)
	case string(answer.Decision) != decision:
		return fmt.Sprintf("the kernel says %q", decision+kind)
	case answer.Errno != res.Errno:
		return fmt.Sprintf("errno %d, and the model says %d", res.Errno, answer.Errno)
	case answer.Decision == oracle.Allow && len(answer.Missing) > 0:
		return "allowed with rights missing"
	case answer.Decision == oracle.Deny && answer.Record == nil:
		return "denied without a record"
	}
	return ""
}

// excuses is what a call may fail with once Landlock let it through, for
// reasons that no tree knows: nobody listens, the port is taken, the device
// has no such command or no driver, the file system no attributes. Nor does a
// tree that has mounts know of what is mounted on another name of a place.
func excuses(q Question, v *op.Variant, mounts bool) []syscall.Errno {
	switch {
	case v.Target == op.TargetAddr:
		return []syscall.Errno{unix.ECONNREFUSED, unix.EADDRINUSE, unix.EADDRNOTAVAIL}
	case strings.HasSuffix(v.Name, "xattr"):
		return []syscall.Errno{unix.EOPNOTSUPP}
	case v.Target != op.TargetPath:
		return nil
	case q.Op == "fs.execute":
		// A process that was just started may hold the program open for writing,
		// as this one did while it made it.
		return []syscall.Errno{unix.ETXTBSY}
	case mounts && (strings.HasPrefix(q.Op, "fs.remove_") || v.TwoPaths):
		// The name is a mount point as seen by another path.
		return []syscall.Errno{unix.EBUSY}
	case strings.HasPrefix(v.Name, "ioctl"):
		return []syscall.Errno{unix.ENOTTY, unix.EINVAL, unix.ENXIO}
	}
	if st, err := os.Stat(q.Target); err == nil && st.Mode()&os.ModeDevice != 0 {
		return []syscall.Errno{unix.ENXIO}
	}
	return nil
}
