//go:build !seatbelt_fake

package world

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func survey() (Facts, error) {
	// The files of /proc/thread-self must all speak of one thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return Facts{}, fmt.Errorf("survey: uname: %w", err)
	}
	k := Kernel{
		OS:      runtime.GOOS,
		Release: unix.ByteSliceToString(uts.Release[:]),
		Version: unix.ByteSliceToString(uts.Version[:]),
		Arch:    unix.ByteSliceToString(uts.Machine[:]),
	}
	k.LandlockABI, k.LandlockErr = landlock.ABI()
	k.Errata, k.ErrataErr = landlock.Errata()
	return Read(os.DirFS("/"), k)
}
