package world

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Kernel is what the kernel answers to system calls, as opposed to files.
type Kernel struct {
	OS, Release, Version, Arch string
	LandlockABI                int
	LandlockErr                error // why LandlockABI is 0
	Errata                     int
	ErrataErr                  error
}

// initialUserNamespace is the inode number of the user namespace the kernel
// starts with: USER_NS_INIT_INO of linux/nsfs.h, PROC_USER_INIT_INO before.
const initialUserNamespace = 0xEFFFFFFD

// Survey learns the facts of the calling thread, which must not be under a
// policy yet.
func Survey() (Facts, error) { return survey() }

// Read joins what the kernel answered with what the files under root say. What
// every Linux has must be there; what is a matter of configuration or mounts
// may be missing, with the reason.
func Read(root fs.FS, k Kernel) (Facts, error) {
	f := Facts{
		OS:            k.OS,
		KernelRelease: k.Release,
		KernelVersion: k.Version,
		Arch:          k.Arch,
		LandlockABI:   k.LandlockABI,
	}
	if k.LandlockErr != nil {
		f.LandlockABI, f.LandlockReason = 0, k.LandlockErr.Error()
	}
	if k.ErrataErr != nil {
		f.LandlockErrataReason = k.ErrataErr.Error()
	} else {
		f.LandlockErrata = &k.Errata
	}

	status, err := fs.ReadFile(root, "proc/thread-self/status")
	if err != nil {
		return Facts{}, fmt.Errorf("survey: %s", reason(err))
	}
	if f.Status, err = ParseStatus(string(status)); err != nil {
		return Facts{}, fmt.Errorf("survey: %w", err)
	}
	if f.Namespaces, err = namespaces(root); err != nil {
		return Facts{}, fmt.Errorf("survey: %w", err)
	}
	// A kernel without user namespaces has only the initial one.
	inode, ok := f.Namespaces["user"]
	f.InitialUserNamespace = !ok || inode == initialUserNamespace

	if list, err := fs.ReadFile(root, "sys/kernel/security/lsm"); err != nil {
		f.LSMReason = reason(err)
	} else {
		f.LSMs = strings.FieldsFunc(string(list), func(r rune) bool { return r == ',' || r == '\n' })
	}
	if label, err := fs.ReadFile(root, "proc/thread-self/attr/current"); err != nil {
		// EINVAL: no security module puts labels on threads.
		f.LSMLabelReason = reason(err)
	} else {
		text := strings.TrimRight(string(label), "\n\x00")
		f.LSMLabel = &text
	}
	f.Container = container(root)
	return f, nil
}

// reason is err with its path as the host spells it: below a fs.FS there is no
// leading slash.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return fmt.Sprintf("%s /%s: %v", at.Op, at.Path, at.Err)
	}
	return err.Error()
}

// namespaces reads the links of /proc/thread-self/ns, whose text is
// "kind:[inode]"; see namespaces(7). Kinds the kernel was built without have
// none.
func namespaces(root fs.FS) (map[string]uint64, error) {
	inodes := map[string]uint64{}
	for _, kind := range []string{"mnt", "net", "pid", "user"} {
		name := path.Join("proc/thread-self/ns", kind)
		link, err := fs.ReadLink(root, name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		digits, ok := strings.CutPrefix(link, kind+":[")
		digits, closed := strings.CutSuffix(digits, "]")
		inode, err := strconv.ParseUint(digits, 10, 64)
		if !ok || !closed || err != nil {
			return nil, fmt.Errorf("%s: %q is no namespace", name, link)
		}
		inodes[kind] = inode
	}
	return inodes, nil
}

// container looks for the marks that container engines leave. They prove
// nothing, in either direction.
func container(root fs.FS) string {
	for _, mark := range []struct{ file, name string }{
		{".dockerenv", "docker"},
		{"run/.containerenv", "podman"},
	} {
		if _, err := fs.Stat(root, mark.file); err == nil {
			return mark.name
		}
	}
	// Written by systemd inside a container, from what its manager said.
	if text, err := fs.ReadFile(root, "run/systemd/container"); err == nil {
		return strings.TrimSpace(string(text))
	}
	return ""
}
