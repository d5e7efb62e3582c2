package op

import (
	"slices"
	"strings"
	"syscall"
)

// Intended returns the audit names of rights one of which must be among the
// kernel's blockers for a denial of the variant to be about the operation: its
// own name when the audit log prints that, else the variant's Rights. Empty:
// Landlock does not mediate the variant.
func Intended(o *Op, v *Variant) []string {
	switch {
	case len(v.Denied) == 0:
		return nil
	case strings.HasPrefix(o.Name, "syscall."):
		return slices.Clone(v.Rights)
	}
	return []string{o.Name}
}

// Meant reports whether a denial is about the operation, by the rights the
// kernel's record says were missing.
//
// EXDEV is about moving between folders whatever the record lists: the kernel
// gives it when fs.refer alone is missing, or when the file would gain rights,
// and then lists those instead (landlock(7), LANDLOCK_ACCESS_FS_REFER).
func Meant(o *Op, v *Variant, errno int, blockers []string) bool {
	if syscall.Errno(errno) == syscall.EXDEV && slices.Contains(v.Denied, syscall.EXDEV) {
		return len(blockers) > 0
	}
	intended := Intended(o, v)
	return slices.ContainsFunc(blockers, func(right string) bool { return slices.Contains(intended, right) })
}
