package op

import (
	"slices"
	"strings"
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
