package landlock

import (
	"errors"
	"fmt"
	"syscall"
)

// Why a host has no Landlock. Both mean that scenarios are blocked, not that
// anything was decided.
var (
	// ErrAbsent: the kernel was built without Landlock (ENOSYS).
	ErrAbsent = errors.New("landlock is not built into this kernel")
	// ErrDisabled: the kernel has Landlock, and it was not enabled at boot
	// (EOPNOTSUPP). The lsm= boot parameter or CONFIG_LSM must list it.
	ErrDisabled = errors.New(`landlock is built in but disabled at boot: add "landlock" to the kernel's lsm= parameter`)
	// ErrNoErrata: the kernel does not report its errata, which says nothing
	// about whether they are fixed.
	ErrNoErrata = errors.New("kernel does not report landlock errata")
)

// ABIError says that a ruleset handles what the kernel lacks. Scenarios under
// it are blocked: enforcing the rest of it would be another policy.
type ABIError struct {
	Got, Wanted int
	Rights      []string // what the kernel lacks, by audit name
}

func (e *ABIError) Error() string {
	return fmt.Sprintf("landlock abi %d, want %d for %v", e.Got, e.Wanted, e.Rights)
}

// ParentError says that a rule's parent cannot be used: a fault of the
// profile on this host, not of the engine.
type ParentError struct {
	Layer  int // from 0
	Parent string
	Err    error
}

func (e *ParentError) Error() string {
	return fmt.Sprintf("layer %d: parent %q: %v", e.Layer, e.Parent, e.Err)
}

// Unwrap gives the errno of the call that failed.
func (e *ParentError) Unwrap() error { return e.Err }

// CallError is a system call the kernel refused.
type CallError struct {
	API   string // the call's name
	Layer int    // from 0; -1 when the call is about none
	Errno syscall.Errno
}

func (e *CallError) Error() string {
	if e.Layer < 0 {
		return fmt.Sprintf("%s: %v", e.API, e.Errno)
	}
	return fmt.Sprintf("layer %d: %s: %v", e.Layer, e.API, e.Errno)
}

// Unwrap gives the errno.
func (e *CallError) Unwrap() error { return e.Errno }

// CanaryHalf names the part of the canary that failed.
type CanaryHalf string

// The parts of the canary, in the order they are tried.
const (
	CanarySetup CanaryHalf = "setup" // its files cannot be read even without a policy
	CanaryApply CanaryHalf = "apply" // the policy was refused
	CanaryAllow CanaryHalf = "allow" // what the policy grants was not seen allowed
	CanaryDeny  CanaryHalf = "deny"  // what the policy withholds was not seen denied
)

// CanaryError says that Landlock was not seen to work here, whatever the
// kernel claims.
type CanaryError struct {
	Half CanaryHalf
	Err  error
}

func (e *CanaryError) Error() string {
	return fmt.Sprintf("landlock canary: %s: %v", e.Half, e.Err)
}

// Unwrap gives what went wrong in that half.
func (e *CanaryError) Unwrap() error { return e.Err }
