//go:build unix && (!linux || seatbelt_fake)

package world

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// surveyUnix learns what every such system tells: enough to tell worlds apart and
// to ask oracles.
func surveyUnix() (Facts, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return Facts{}, fmt.Errorf("survey of a %s world: uname: %w", runtime.GOOS, err)
	}
	groups, err := os.Getgroups()
	if err != nil {
		return Facts{}, fmt.Errorf("survey of a %s world: groups: %w", runtime.GOOS, err)
	}
	const linuxOnly = "not a Linux system"
	return Facts{
		OS:             runtime.GOOS,
		KernelRelease:  unix.ByteSliceToString(u.Release[:]),
		KernelVersion:  unix.ByteSliceToString(u.Version[:]),
		Arch:           unix.ByteSliceToString(u.Machine[:]),
		LandlockReason: fmt.Sprintf("landlock on %s: %v", runtime.GOOS, errors.ErrUnsupported), LandlockErrataReason: linuxOnly,
		Status:    Status{UID: os.Geteuid(), GID: os.Getegid(), Groups: groups, SeccompMode: "absent"},
		LSMReason: linuxOnly, LSMLabelReason: linuxOnly,
	}, nil
}
