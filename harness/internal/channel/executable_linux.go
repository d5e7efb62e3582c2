package channel

// executable names the running program itself rather than its path, which may
// by now be another file or none.
func executable() (string, error) { return "/proc/self/exe", nil }
