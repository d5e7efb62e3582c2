package capability

import "fmt"

// What the survey of the world has measured already.

func abi(h host, want int) string {
	switch f := h.facts; {
	case f.LandlockABI >= want:
		return ""
	case f.LandlockReason != "":
		return fmt.Sprintf("this kernel has landlock abi %d: %s", f.LandlockABI, f.LandlockReason)
	default:
		return fmt.Sprintf("this kernel has landlock abi %d", f.LandlockABI)
	}
}

// erratum asks for a fix by its number in the kernel's documentation
// (Documentation/userspace-api/landlock.rst), which counts from one: bit N-1 of
// the mask.
func erratum(h host, n int) string {
	switch mask := h.facts.LandlockErrata; {
	case mask == nil && h.facts.LandlockErrataReason != "":
		return "which landlock errata this kernel has fixed is not known: " + h.facts.LandlockErrataReason
	case mask == nil:
		return "which landlock errata this kernel has fixed is not known"
	case *mask&(1<<(n-1)) == 0:
		return fmt.Sprintf("this kernel does not have the fix for landlock erratum %d; it has those of mask %#x", n, *mask)
	}
	return ""
}

func isRoot(h host) string {
	if h.facts.UID == 0 {
		return ""
	}
	return fmt.Sprintf("running as uid %d", h.facts.UID)
}

func isNotRoot(h host) string {
	if h.facts.UID != 0 {
		return ""
	}
	return "running as root"
}
