package op

import "syscall"

// What Classify answers.
const (
	Allow = "allow"
	Deny  = "deny"

	KindErrno = "probe_errno" // the call failed with an errno that Landlock never gives for it
	KindError = "probe_error" // the attempt was not made
)

// Classify reads a result: decision is Allow or Deny, or empty when nothing
// was decided, and then kind says why.
func Classify(v *Variant, r Result) (decision, kind string) {
	// A result without a call is one that no attempt has filled in: its zero
	// errno is not a success.
	if v == nil || r.Err != "" || r.Call == "" {
		return "", KindError
	}
	if r.Errno == 0 {
		return Allow, ""
	}
	for _, e := range v.Denied {
		if syscall.Errno(r.Errno) == e {
			return Deny, ""
		}
	}
	return "", KindErrno
}
