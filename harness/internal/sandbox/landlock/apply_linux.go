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

func apply(layers []Ruleset) (rep Report, err error) {
	rep.API = apiCreateRuleset
	abi, err := abiVersion()
	if err != nil {
		return rep.after(apiCreateRuleset, err), err
	}
	for i := range layers {
		if err := layers[i].CheckABI(abi); err != nil {
			return rep, fmt.Errorf("layer %d: %w", i, err)
		}
	}

	rulesets := make([]int, 0, len(layers))
	defer func() {
		for _, fd := range rulesets {
			unix.Close(fd)
		}
	}()
	for i := range layers {
		fd, err := rep.create(i, &layers[i])
		if err != nil {
			return rep, err
		}
		rulesets = append(rulesets, fd)
		if err := rep.addRules(i, fd, &layers[i]); err != nil {
			return rep, err
		}
	}

	if err := rep.call(apiPrctl, -1, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); err != nil {
		return rep, err
	}
	for i, fd := range rulesets {
		if err := rep.call(apiRestrictSelf, i, sysRestrictSelf(fd)); err != nil {
			return rep, err
		}
		rep.Layers++
	}
	return rep, nil
}

func (rep *Report) create(layer int, r *Ruleset) (int, error) {
	fd, err := sysCreateRuleset(&unix.LandlockRulesetAttr{
		Handled_access_fs:  uint64(r.HandledFS),
		Handled_access_net: uint64(r.HandledNet),
		Scoped:             uint64(r.Scoped),
	})
	return fd, rep.call(apiCreateRuleset, layer, err)
}

func (rep *Report) addRules(layer, ruleset int, r *Ruleset) error {
	for i := range r.Paths {
		if err := rep.addPath(layer, ruleset, &r.Paths[i]); err != nil {
			return err
		}
	}
	for _, p := range r.Ports {
		if err := sysAddPortRule(ruleset, &netPortAttr{allowedAccess: uint64(p.Access), port: p.Port}); err != nil {
			return fmt.Errorf("port %d: %w", p.Port, rep.call(apiAddRule, layer, err))
		}
	}
	return nil
}

func (rep *Report) addPath(layer, ruleset int, rule *PathRule) error {
	faulty := func(err error) error { return &ParentError{Layer: layer, Parent: rule.Parent, Err: err} }
	fd, err := openPath(rule.Parent)
	if err != nil {
		switch err {
		case unix.ENOENT, unix.ENOTDIR:
			if rule.Optional {
				rep.Skipped = append(rep.Skipped, rule.Parent)
				return nil
			}
		case unix.EMFILE, unix.ENFILE, unix.ENOMEM: // not the parent's fault
			return fmt.Errorf("parent %q: %w", rule.Parent, rep.call(apiOpenat, layer, err))
		}
		*rep = rep.after(apiOpenat, err)
		return faulty(err)
	}
	defer unix.Close(fd)

	access := rule.Access
	if access&^AccessFile != 0 {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return fmt.Errorf("parent %q: %w", rule.Parent, rep.call(apiFstat, layer, err))
		}
		if st.Mode&unix.S_IFMT != unix.S_IFDIR {
			access &= AccessFile
		}
		if access == 0 {
			return faulty(fmt.Errorf("is no directory, and the rule grants only directory rights (%v)", rule.Access))
		}
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: uint64(access), Parent_fd: int32(fd)}
	if err := sysAddPathRule(ruleset, &attr); err == unix.EBADFD {
		// Files of the kernel's own, such as pipes reached through /proc.
		*rep = rep.after(apiAddRule, err)
		return faulty(fmt.Errorf("lies on a file system that rules cannot name: %w", err))
	} else if err != nil {
		return fmt.Errorf("parent %q: %w", rule.Parent, rep.call(apiAddRule, layer, err))
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

// maxLayers is LANDLOCK_MAX_NUM_LAYERS of the kernel's
// security/landlock/limits.h: the call that would exceed it gives E2BIG.
const maxLayers = 16

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
	for added := 0; added <= maxLayers; added++ {
		err := sysRestrictSelf(fd)
		if errors.Is(err, unix.E2BIG) {
			return maxLayers - added, nil
		}
		if err := rep.call(apiRestrictSelf, -1, err); err != nil {
			return 0, fmt.Errorf("count layers: %d added: %w", added, err)
		}
	}
	return 0, fmt.Errorf("count layers: the kernel took %d, its limit was %d", maxLayers+1, maxLayers)
}
