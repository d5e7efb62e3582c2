package capability

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// capability is one of the kernel's (capabilities(7)), with something that
// takes it: being effective is not all, a container's device rules, security
// modules and seccomp filters have a say as well.
type capability struct {
	bit    uint
	name   string
	counts namespace
	use    func(scratch string) error
}

// namespace says in which user namespaces a capability counts.
type namespace int

const (
	anyNamespace namespace = iota
	initialOnly
)

func (c capability) missing(h host) string {
	effective, err := strconv.ParseUint(h.facts.CapEffective, 16, 64)
	switch {
	case err != nil:
		return fmt.Sprintf("the effective capabilities are not known: %q", h.facts.CapEffective)
	case effective&(1<<c.bit) == 0:
		return fmt.Sprintf("%s is not among the effective capabilities (%s)", c.name, h.facts.CapEffective)
	case c.counts == initialOnly && !h.facts.InitialUserNamespace:
		return c.name + " counts in the initial user namespace alone, and this is another"
	}
	// On a thread that ends: some of it changes the thread.
	landlock.Throwaway(func() { err = c.use(h.scratch) })
	return reason(err)
}

// makeDevice makes what /dev/null is.
func makeDevice(scratch string) error {
	dir, err := os.MkdirTemp(scratch, "mknod")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return failed("mknod(S_IFCHR)", unix.Mknod(filepath.Join(dir, "null"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
}

func openRaw(string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return failed("socket(AF_INET, SOCK_RAW)", err)
	}
	return unix.Close(fd)
}

// ownMount mounts a file system where nobody else sees it.
func ownMount(scratch string) error {
	dir, err := os.MkdirTemp(scratch, "mount")
	if err != nil {
		return err
	}
	defer os.Remove(dir)
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return failed("unshare(CLONE_NEWNS)", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return failed("mount(MS_PRIVATE)", err)
	}
	if err := unix.Mount("rtgen", dir, "tmpfs", 0, ""); err != nil {
		return failed("mount(tmpfs)", err)
	}
	return failed("umount2", unix.Unmount(dir, unix.MNT_DETACH))
}

// changeRoot makes the root of the calling thread what it is.
func changeRoot(string) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return failed("unshare(CLONE_FS)", err)
	}
	return failed("chroot", unix.Chroot("/"))
}
