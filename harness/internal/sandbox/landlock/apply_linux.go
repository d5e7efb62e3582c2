package landlock

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// The names of the calls as a Report gives them.
const (
	apiOpenat        = "openat"
	apiFstat         = "fstat"
	apiPrctl         = "prctl"
	apiCreateRuleset = "landlock_create_ruleset"
	apiAddRule       = "landlock_add_rule"
	apiRestrictSelf  = "landlock_restrict_self"
)

func onMainThread() bool { return unix.Gettid() == unix.Getpid() }

func abiVersion() (int, error) {
	abi, err := sysQuery(unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch {
	case errors.Is(err, unix.ENOSYS):
		return 0, fmt.Errorf("%w: %w", ErrAbsent, err)
	case errors.Is(err, unix.EOPNOTSUPP):
		return 0, fmt.Errorf("%w: %w", ErrDisabled, err)
	case err != nil:
		return 0, fmt.Errorf("ask for the landlock abi: %w", err)
	}
	return abi, nil
}

func errataMask() (int, error) {
	if _, err := abiVersion(); err != nil {
		return 0, err
	}
	mask, err := sysQuery(unix.LANDLOCK_CREATE_RULESET_ERRATA)
	switch {
	case errors.Is(err, unix.EINVAL):
		return 0, fmt.Errorf("%w: %w", ErrNoErrata, err)
	case err != nil:
		return 0, fmt.Errorf("ask for the landlock errata: %w", err)
	}
	return mask, nil
}

func (rep *Report) create(layer int, r *Ruleset) (int, error) {
	fd, err := sysCreateRuleset(&unix.LandlockRulesetAttr{
		Handled_access_fs:  uint64(r.HandledFS),
		Handled_access_net: uint64(r.HandledNet),
		Scoped:             uint64(r.Scoped),
	})
	return fd, rep.call(apiCreateRuleset, layer, err)
}

// parent is where a rule is tied to: an open descriptor, and the rights that
// what stands there can have.
type parent struct {
	fd     int
	access AccessFS
	absent bool // an optional parent that this host lacks
	// dev and ino tell what was opened.
	dev, ino uint64
}

// open opens a rule's parent.
func (rep *Report) open(layer int, rule *PathRule, path string) (parent, error) {
	faulty := func(err error) error { return &ParentError{Layer: layer, Parent: path, Err: err} }
	fd, err := openPath(path)
	if err != nil {
		switch err {
		case unix.ENOENT, unix.ENOTDIR:
			if rule.Optional {
				return parent{fd: -1, absent: true}, nil
			}
		case unix.EMFILE, unix.ENFILE, unix.ENOMEM: // not the parent's fault
			return parent{}, fmt.Errorf("parent %q: %w", path, rep.call(apiOpenat, layer, err))
		}
		*rep = rep.after(apiOpenat, err)
		return parent{}, faulty(err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return parent{}, fmt.Errorf("parent %q: %w", path, rep.call(apiFstat, layer, err))
	}
	p := parent{fd: fd, access: rule.Access, dev: uint64(st.Dev), ino: st.Ino}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		p.access &= AccessFile
	}
	if p.access == 0 && rule.Access != 0 {
		unix.Close(fd)
		return parent{}, faulty(fmt.Errorf("is no directory, and the rule grants only directory rights (%v)", rule.Access))
	}
	return p, nil
}

// addPath ties a rule to its parent.
func (rep *Report) addPath(layer, ruleset int, path string, p parent) error {
	attr := unix.LandlockPathBeneathAttr{Allowed_access: uint64(p.access), Parent_fd: int32(p.fd)}
	err := sysAddPathRule(ruleset, &attr)
	switch {
	case err == unix.EBADFD:
		// Files of the kernel's own, such as pipes reached through /proc.
		*rep = rep.after(apiAddRule, err)
		return &ParentError{Layer: layer, Parent: path, Err: fmt.Errorf("lies on a file system that rules cannot name: %w", err)}
	case err != nil:
		return fmt.Errorf("parent %q: %w", path, rep.call(apiAddRule, layer, err))
	}
	return nil
}

func (rep *Report) addPorts(layer, ruleset int, ports []PortRule) error {
	for _, p := range ports {
		if err := sysAddPortRule(ruleset, &netPortAttr{allowedAccess: uint64(p.Access), port: p.Port}); err != nil {
			return fmt.Errorf("port %d: %w", p.Port, rep.call(apiAddRule, layer, err))
		}
	}
	return nil
}

// openPath opens with O_PATH, which Landlock does not mediate and which
// neither blocks on a FIFO nor wakes a device.
func openPath(name string) (int, error) {
	for {
		fd, err := unix.Open(name, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != unix.EINTR {
			return fd, err
		}
	}
}

// call records a call in the report and turns its errno into a CallError.
func (rep *Report) call(api string, layer int, err error) error {
	*rep = rep.after(api, err)
	if err == nil {
		return nil
	}
	return &CallError{API: api, Layer: layer, Errno: syscall.Errno(rep.Errno)}
}

// after is the report with api as its last call and the errno err carries.
func (rep Report) after(api string, err error) Report {
	var errno syscall.Errno
	errors.As(err, &errno)
	rep.API, rep.Errno = api, int(errno)
	return rep
}

// layersHere counts the layers on the calling thread, and leaves it under the
// most the kernel allows: only for a thread that is thrown away.
func layersHere() (int, error) {
	if _, err := abiVersion(); err != nil {
		return 0, err
	}
	// The kernel refuses a ruleset that handles nothing (ENOMSG), so the
	// layers handle one right of ABI 1 that nothing on this thread will need.
	var rep Report
	fd, err := rep.create(-1, &Ruleset{HandledFS: MakeBlock})
	if err != nil {
		return 0, fmt.Errorf("count layers: %w", err)
	}
	defer unix.Close(fd)
	if err := rep.call(apiPrctl, -1, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); err != nil {
		return 0, fmt.Errorf("count layers: %w", err)
	}
	for added := 0; added <= MaxLayers; added++ {
		err := sysRestrictSelf(fd, 0)
		if errors.Is(err, unix.E2BIG) {
			return MaxLayers - added, nil
		}
		if err := rep.call(apiRestrictSelf, -1, err); err != nil {
			return 0, fmt.Errorf("count layers: %d added: %w", added, err)
		}
	}
	return 0, fmt.Errorf("count layers: the kernel took %d, its limit was %d", MaxLayers+1, MaxLayers)
}
