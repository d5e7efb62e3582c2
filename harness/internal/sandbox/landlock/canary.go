package landlock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// sightings is what the canary saw: the errors of opening two files before and
// after the policy, nil where the file was opened.
type sightings struct {
	grantedBefore, withheldBefore error
	apply                         error
	grantedAfter, withheldAfter   error
}

// Canary proves that Landlock works here, not that the kernel says so: in a
// folder of its own under dir it applies a small policy to a thread made for
// it, and wants to see one file opened and the other refused with EACCES, both
// of which opened before. The error is a [CanaryError] naming the half that
// failed. Kernels and containers that say yes and enforce nothing exist.
func Canary(dir string) (err error) {
	own, err := os.MkdirTemp(dir, "canary-")
	if err != nil {
		return &CanaryError{Half: CanarySetup, Err: err}
	}
	defer func() {
		if rmErr := os.RemoveAll(own); err == nil && rmErr != nil {
			err = &CanaryError{Half: CanarySetup, Err: rmErr}
		}
	}()
	granted, withheld := filepath.Join(own, "granted"), filepath.Join(own, "withheld")
	for _, name := range []string{granted, withheld} {
		if err := os.WriteFile(name, []byte("canary\n"), 0o600); err != nil {
			return &CanaryError{Half: CanarySetup, Err: err}
		}
	}
	var seen sightings
	Throwaway(func() { seen = canaryHere(granted, withheld) })
	return seen.judge()
}

// judge concludes from what was seen.
func (s sightings) judge() error {
	switch {
	case s.grantedBefore != nil:
		return &CanaryError{CanarySetup, fmt.Errorf("openat before the policy: %w", s.grantedBefore)}
	case s.withheldBefore != nil:
		return &CanaryError{CanarySetup, fmt.Errorf("openat before the policy: %w", s.withheldBefore)}
	case s.apply != nil:
		return &CanaryError{CanaryApply, s.apply}
	case s.grantedAfter != nil:
		return &CanaryError{CanaryAllow, fmt.Errorf("openat of the granted file: %w", s.grantedAfter)}
	case s.withheldAfter == nil:
		return &CanaryError{CanaryDeny, errors.New("openat of the withheld file succeeded: this kernel accepts policies and does not enforce them")}
	case !errors.Is(s.withheldAfter, syscall.EACCES):
		return &CanaryError{CanaryDeny, fmt.Errorf("openat of the withheld file: %w, want %w", s.withheldAfter, syscall.EACCES)}
	}
	return nil
}
