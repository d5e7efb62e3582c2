package landlock

// refer is fs.refer: a link or a move from one directory into another.
func (a *asker) refer() (Answer, error) {
	if a.variant == "link" {
		return a.link()
	}
	return a.rename()
}

// rename is do_renameat2 of fs/namei.c.
func (a *asker) rename() (Answer, error) {
	oldDir, oldLast, err := a.w.parent(a.Source)
	if err != nil {
		return Answer{}, err
	}
	newDir, newLast, err := a.w.parent(a.Target)
	if err != nil {
		return Answer{}, err
	}
	if !newLast.special() {
		a.resolved = newLast.in(newDir.path)
	}
	noreplace := a.variant == "noreplace"
	switch {
	case oldDir.node.Mount.ID != newDir.node.Mount.ID:
		return Answer{}, fails(exdev, "not Landlock's: %s and %s lie on different mounts", oldDir.path, newDir.path)
	case oldLast.special():
		return Answer{}, fails(ebusy, "the source ends in no name")
	case newLast.special() && noreplace:
		return Answer{}, fails(eexist, "the target is there already")
	case newLast.special():
		return Answer{}, fails(ebusy, "the target ends in no name")
	case oldDir.node.Mount.ReadOnly:
		return Answer{}, readOnly(oldDir)
	}
	old, err := a.w.step(oldDir, oldLast.bare(), false)
	if err != nil {
		return Answer{}, err
	}
	target, err := a.w.step(newDir, newLast.bare(), false)
	exchange := a.variant == "exchange"
	switch {
	case err != nil && (exchange || !isErrno(err, enoent)):
		return Answer{}, err
	case noreplace && target != nil:
		return Answer{}, fails(eexist, "%s is there already", target.path)
	}
	move := referral{object: old, dir: newDir, target: target, rename: true, exchange: exchange}
	if err := a.renameable(move, oldLast, newLast); err != nil {
		return Answer{}, err
	}
	answer, err := a.referTo(move)
	if target != nil && target.node.Inode == old.node.Inode {
		return answer, err // two names for one inode: the kernel does nothing
	}
	answer, err = besides(answer, err, a.mayMove(old, newDir, target))
	if err != nil || answer.Decision != Allow {
		return answer, err
	}
	return answer, a.replaceable(move)
}

// replaceable is what vfs_rename checks last.
func (a *asker) replaceable(r referral) error {
	oldIsDir, targetIsDir := r.object.node.Kind == Dir, r.target != nil && r.target.node.Kind == Dir
	switch {
	case r.target == nil, r.exchange:
	case oldIsDir && !targetIsDir:
		return fails(enotdir, "granted, but a directory does not replace %s", r.target.path)
	case !oldIsDir && targetIsDir:
		return fails(eisdir, "granted, but only a directory replaces %s", r.target.path)
	}
	if r.object.up.node.Inode != r.dir.node.Inode { // the ".." of a directory changes
		if oldIsDir {
			if err := a.permit(r.object, permWrite); err != nil {
				return err
			}
		}
		if targetIsDir && r.exchange {
			if err := a.permit(r.target, permWrite); err != nil {
				return err
			}
		}
	}
	if oldIsDir && targetIsDir && !r.exchange {
		return a.wantEmpty(r.target)
	}
	return nil
}

// renameable is what the kernel checks before Landlock.
func (a *asker) renameable(r referral, oldLast, newLast last) error {
	old, target := r.object, r.target
	switch {
	// What would be renamed is what the mount hides.
	case old.node.Mount.ID != old.up.node.Mount.ID:
		return unknowable("%s is a mount point", old.path)
	case target != nil && target.node.Mount.ID != r.dir.node.Mount.ID:
		return unknowable("%s is a mount point", target.path)
	case r.exchange && newLast.slash && target.node.Kind != Dir:
		return fails(enotdir, "%s is no directory", target.path)
	case old.node.Kind != Dir && oldLast.slash:
		return fails(enotdir, "%s is no directory", old.path)
	case old.node.Kind != Dir && newLast.slash && !r.exchange:
		return fails(enotdir, "%s is no directory", old.path)
	case isAbove(old, r.dir):
		return fails(einval, "%s would move into itself", old.path)
	case target != nil && isAbove(target, old.up) && r.exchange:
		return fails(einval, "%s would move into itself", target.path)
	case target != nil && isAbove(target, old.up):
		return fails(enotempty, "%s holds %s", target.path, old.path)
	}
	return nil
}

// mayMove is the plain permission check of vfs_rename on the directories.
func (a *asker) mayMove(old, newDir, target *place) error {
	if err := a.mayRemove(old.up, old); err != nil {
		return err
	}
	if target != nil {
		return a.mayRemove(newDir, target)
	}
	return a.permit(newDir, permWrite|permExec)
}

// isAbove says whether dir is node or lies beneath it. A directory that is mounted
// in two places is above what lies beneath it in the same mount.
func isAbove(node, dir *place) bool {
	if node.node.Kind != Dir {
		return false
	}
	for at := dir; at != nil; at = at.up {
		if at.node.Inode == node.node.Inode && at.node.Mount.ID == node.node.Mount.ID {
			return true
		}
	}
	return false
}

// link is do_linkat of fs/namei.c without flags: a link at the end of the
// source is linked itself.
func (a *asker) link() (Answer, error) {
	old, err := a.w.locate(a.Source, false)
	if err != nil {
		return Answer{}, err
	}
	dir, err := a.newSlot(false)
	if err != nil {
		return Answer{}, err
	}
	switch {
	case old.node.Mount.ID != dir.node.Mount.ID:
		return Answer{}, fails(exdev, "not Landlock's: %s and %s lie on different mounts", old.path, dir.path)
	case old.up == nil || old.node.Mount.ID != old.up.node.Mount.ID:
		// It fails in any case, but which directory the kernel takes for the
		// parent depends on what lies beneath the mount.
		return Answer{}, unknowable("%s is the root of a mount, and no file to link", old.path)
	case !a.mayLink(old.node):
		return Answer{}, unknowable("fs.protected_hardlinks, which is not known, may forbid to link %s", old.path)
	}
	answer, err := a.referTo(referral{object: old, dir: dir})
	answer, err = besides(answer, err, a.permit(dir, permWrite|permExec))
	if err == nil && answer.Decision == Allow && old.node.Kind == Dir {
		return answer, fails(eperm, "granted, but %s is a directory", old.path)
	}
	return answer, err
}

// mayLink is may_linkat of fs/namei.c under fs.protected_hardlinks=1.
func (a *asker) mayLink(n Node) bool {
	c := a.w.cred
	if c.owns(n) {
		return true
	}
	return n.Kind == File && n.Perm.Mode&0o4000 == 0 && n.Perm.Mode&0o2010 != 0o2010 && c.may(n, permRead|permWrite)
}

// referTo asks Landlock for a link or a rename.
func (a *asker) referTo(r referral) (Answer, error) {
	if err := a.d.blurred(r.object); err != nil {
		return Answer{}, err
	}
	if err := a.d.whiteout(r.kinds()...); err != nil {
		return Answer{}, err
	}
	if r.object.up.node.Inode != r.dir.node.Inode && len(a.d.lost) > 0 {
		lost := a.d.lost[0]
		return Answer{}, unknowable("what the move would gain depends on the rule on %q in layer %d: %v", lost.parent, lost.layer, lost.why)
	}
	found, errno, reason := a.d.refer(r)
	return a.verdict(found, errno, reason)
}
