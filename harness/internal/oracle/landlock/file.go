package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// openCall is an open(2) without O_CREAT.
type openCall struct {
	read, write, truncate, directory bool
	exec                             bool // the kernel opens a program to run it
}

// need is get_required_file_open_access of security/landlock/fs.c, with the
// truncation that open makes after the hook.
func (c openCall) need(k Kind) sandbox.AccessFS {
	var need sandbox.AccessFS
	switch {
	case c.read && k == Dir:
		return sandbox.ReadDir
	case c.read:
		need = sandbox.ReadFile
	}
	if c.write {
		need |= sandbox.WriteFile
	}
	if c.exec {
		need |= sandbox.Execute
	}
	if c.truncate && k == File { // of other kinds O_TRUNC is ignored
		need |= sandbox.Truncate
	}
	return need
}

func (a *asker) open(c openCall) (Answer, error) {
	at, err := a.w.locate(a.Target, true)
	if err != nil {
		return Answer{}, err
	}
	answer, err := a.openAt(at, c)
	if err != nil || answer.Decision != Allow {
		return answer, err
	}
	switch at.node.Kind {
	case FIFO:
		return answer, unknowable("granted, and the open waits until the other end of the FIFO %s is opened", at.path)
	case Socket:
		return answer, fails(enxio, "granted, but %s is a socket", at.path)
	}
	return answer, nil
}

// openAt is do_open of fs/namei.c: the checks of may_open, then Landlock.
func (a *asker) openAt(at *place, c openCall) (Answer, error) {
	if err := a.mayOpen(at, c); err != nil {
		return Answer{}, err
	}
	return a.judge(c.need(at.node.Kind), at, at)
}

func (a *asker) mayOpen(at *place, c openCall) error {
	n := at.node
	device := n.Kind == Char || n.Kind == Block
	switch {
	case c.directory && n.Kind != Dir:
		return fails(enotdir, "%s is no directory", at.path)
	case n.Kind == Dir && c.write:
		return fails(eisdir, "%s is a directory", at.path)
	case c.exec && n.Kind != File:
		return fails(eacces, "not Landlock's: %s is no regular file", at.path)
	case c.exec && n.Mount.NoExec:
		return fails(eacces, "not Landlock's: %s lies on a mount without exec", at.path)
	case device && n.Mount.NoDev:
		return fails(eacces, "not Landlock's: %s lies on a mount without devices", at.path)
	case c.write && n.Kind == File && n.Mount.ReadOnly:
		return readOnly(at)
	}
	var want uint32
	if c.read && !c.exec {
		want |= permRead
	}
	if c.write {
		want |= permWrite
	}
	if c.exec {
		want |= permExec
	}
	return a.permit(at, want)
}

// permit is the plain permission check. Where it denies, nothing that Landlock
// says can be seen.
func (a *asker) permit(at *place, want uint32) error {
	if want == 0 || a.w.cred.may(at.node, want) {
		return nil
	}
	return fails(eacces, "not Landlock's: plain permissions deny %s", at.path)
}

func readOnly(at *place) error { return fails(erofs, "%s lies on a read-only mount", at.path) }

func (a *asker) truncate() (Answer, error) {
	at, err := a.w.locate(a.Target, true)
	switch {
	case err != nil:
		return Answer{}, err
	case at.node.Kind == Dir:
		return Answer{}, fails(eisdir, "%s is a directory", at.path)
	case at.node.Kind != File:
		return Answer{}, fails(einval, "%s is no regular file", at.path)
	case at.node.Mount.ReadOnly:
		return Answer{}, readOnly(at)
	}
	if err := a.permit(at, permWrite); err != nil {
		return Answer{}, err
	}
	return a.judge(sandbox.Truncate, at, at)
}

// ftruncate is decided by the rights the descriptor got when it was opened.
func (a *asker) ftruncate() (Answer, error) {
	at, err := a.w.locate(a.Target, true)
	if err != nil {
		return Answer{}, err
	}
	opened, err := a.openAt(at, openCall{write: true})
	switch {
	case err != nil:
		return opened, err
	case opened.Decision != Allow:
		return opened, fails(opened.Errno, "the open for writing is denied, and ftruncate not reached")
	case at.node.Kind == FIFO:
		return opened, unknowable("the open waits until the other end of the FIFO %s is opened", at.path)
	case at.node.Kind == Socket:
		return opened, fails(enxio, "%s is a socket", at.path)
	case at.node.Kind != File:
		return opened, fails(einval, "%s is no regular file", at.path)
	}
	answer, err := a.judge(sandbox.Truncate, at, at)
	answer.Granting = mergeGrants(opened.Granting, answer.Granting)
	return answer, err
}

// ioctl opens with access mode 3, which asks for no right, and sends a command
// that only ioctl_dev lets through to a device.
func (a *asker) ioctl() (Answer, error) {
	at, err := a.w.locate(a.Target, true)
	if err != nil {
		return Answer{}, err
	}
	n := at.node
	switch {
	case n.Kind == Dir:
		return Answer{}, fails(eisdir, "%s is a directory", at.path)
	case n.Mount.NoDev && (n.Kind == Char || n.Kind == Block):
		return Answer{}, fails(eacces, "not Landlock's: %s lies on a mount without devices", at.path)
	case n.Mount.ReadOnly && n.Kind == File:
		return Answer{}, readOnly(at)
	}
	if err := a.permit(at, permRead|permWrite); err != nil {
		return Answer{}, err
	}
	switch n.Kind {
	case Char, Block:
	case Socket:
		return Answer{}, fails(enxio, "%s is a socket", at.path)
	default:
		return Answer{}, unknowable("%s is no device, and Landlock is not asked", at.path)
	}
	return a.judge(sandbox.IoctlDev, at, at)
}

// unmediated answers for what Landlock does not look at.
func (a *asker) unmediated(follow bool, want uint32) (Answer, error) {
	at, err := a.w.locate(a.Target, follow)
	if err != nil {
		return Answer{}, err
	}
	if want&permWrite != 0 { // chmod
		if at.node.Mount.ReadOnly {
			return Answer{}, readOnly(at)
		}
		if c := a.w.cred; !c.skips() && at.node.Perm != nil && !c.is(at.node.Perm.UID) {
			return Answer{}, fails(eperm, "not Landlock's: %s has another owner", at.path)
		}
	}
	return Answer{Decision: Allow, Reason: "Landlock does not mediate it"}, nil
}
