package differential

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// envMounts tells a process that its mounts are its own.
const envMounts = "RTGEN_DIFFERENTIAL_MOUNTS"

// OwnMounts says whether this process has mounts of its own, because WithMounts
// started it.
func OwnMounts() bool { return os.Getenv(envMounts) == "1" }

// WithMounts is this very program, to be run once more with mounts of its own:
// as root in a mount namespace, otherwise in a user namespace as well, in which
// the user stays who it is and may mount.
func WithMounts(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), envMounts+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
	}
	return cmd
}

// Isolate keeps what this process mounts from being seen outside, and tries
// whether it may mount at all, in dir.
func Isolate(dir string) error {
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount in %s: %w", dir, err)
	}
	return unix.Unmount(dir, 0)
}
