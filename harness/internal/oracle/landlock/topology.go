package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// topology answers for mounts: the hook_sb_mount family of
// security/landlock/fs.c denies all of them under any layer that handles a
// right of files, and no rule lifts it. The attempt's thread has a mount
// namespace of its own, and whatever it moves or takes away it mounted there.
func (a *asker) topology() (Answer, error) {
	if err := a.needs(CapSysAdmin); err != nil {
		return Answer{}, err
	}
	target, passed, err := a.wayTo(a.Target, a.variant != "move_mount")
	if target != nil {
		a.resolved = target.path
	}
	// Where something is mounted before the policy.
	var prepared *place
	switch a.variant {
	case "umount", "remount", "pivot_root":
		prepared = target
	case "move_mount":
		source, more, err := a.wayTo(a.Source, true)
		if err != nil {
			return Answer{}, err
		}
		prepared, passed = source, append(passed, more...)
		if target != nil {
			passed = append(passed, target)
		}
	}
	if prepared != nil {
		if err := mountedOver(prepared, passed); err != nil {
			return Answer{}, err
		}
	}
	switch {
	case err != nil:
		return Answer{}, err
	case target.up == nil:
		return Answer{}, unknowable("what a mount on the root does is not modelled")
	}
	answer := a.d.limit("fs.change_topology", "no layer handles rights of files", func(l sandbox.Ruleset) bool { return l.HandledFS != 0 })
	if answer.Decision == Deny {
		return answer, nil
	}
	return answer, a.mountable(target)
}

// mountedOver says what keeps a file system from being mounted on a place
// before the policy, and from leaving the way to the places of the call open.
func mountedOver(at *place, passed []*place) error {
	switch {
	case at.up == nil:
		return unknowable("what a mount on the root does is not modelled")
	case at.node.Kind != Dir:
		return fails(enotdir, "%s is no directory, and nothing is mounted there", at.path)
	}
	for _, dir := range passed {
		if isAbove(at, dir) {
			return unknowable("the mount on %s hides %s", at.path, dir.path)
		}
	}
	return nil
}

// wayTo finds a place and every directory on the way to it. A link at the end
// is followed as follow says.
func (a *asker) wayTo(path string, follow bool) (at *place, passed []*place, err error) {
	w := newWalker(a.tree, a.w.cred)
	w.through = func(dir *place) { passed = append(passed, dir) }
	if at, err = w.locate(path, follow); err != nil {
		at = nil
	}
	return at, passed, err
}

// mountable is what the calls check after Landlock.
func (a *asker) mountable(target *place) error {
	switch a.variant {
	case "mount":
		if target.node.Kind != Dir {
			return fails(enotdir, "%s is no directory", target.path)
		}
	case "move_mount": // follows no link at the end of its paths
		source, err := a.w.locate(a.Source, false)
		switch {
		case err != nil:
			return err
		case source.node.Kind != Dir:
			return fails(einval, "%s is a link, and not what is mounted", source.path)
		case target.node.Kind != Dir:
			return fails(einval, "%s is no directory", target.path)
		}
	case "bind":
		source, err := a.w.locate(a.Source, true)
		if err != nil {
			return err
		}
		if (source.node.Kind == Dir) != (target.node.Kind == Dir) {
			return fails(enotdir, "one of %s and %s is a directory", source.path, target.path)
		}
	}
	return nil
}

// limit answers for what a layer denies without a rule that could grant it.
func (d *domain) limit(right, otherwise string, by func(sandbox.Ruleset) bool) Answer {
	answer := Answer{Decision: Allow, Reason: otherwise}
	for i, l := range d.layers {
		if by(l) {
			answer.Missing = append(answer.Missing, Missing{Layer: i, Right: right})
			answer.Record = &Record{Layer: i, Blockers: []string{right}}
		}
	}
	if len(answer.Missing) > 0 {
		answer.Decision, answer.Errno, answer.Reason = Deny, eperm, "denied by every such layer, and no rule grants it"
	}
	return answer
}
