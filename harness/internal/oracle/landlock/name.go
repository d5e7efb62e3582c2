package landlock

import (
	"path"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// create makes a name: mkdir, mknod, symlink, and bind of a unix socket.
func (a *asker) create(k Kind) (Answer, error) {
	if k == Symlink {
		switch {
		case a.Source == "":
			return Answer{}, fails(enoent, "a link needs a text")
		case len(a.Source) >= maxPath:
			return Answer{}, fails(enametoolong, "link text of %d bytes", len(a.Source))
		}
	}
	bind := k == Socket && (a.variant == "bind" || a.variant == "bind_dgram")
	if bind && len(a.Target) > maxSunPath {
		return Answer{}, unknowable("a unix socket's path has at most %d bytes", maxSunPath)
	}
	dir, err := a.newSlot(k == Dir)
	if isErrno(err, eexist) && bind {
		return Answer{}, fails(eaddrinuse, "%s is there already", a.Target)
	}
	if err != nil {
		return Answer{}, err
	}
	if err := a.d.whiteout(k); err != nil { // the attempt makes the device 0:0
		return Answer{}, err
	}
	answer, err := a.judge(dir, nil, makeRight(k))
	answer, err = besides(answer, err, a.permit(dir, permWrite|permExec))
	if err == nil && answer.Decision == Allow && k == Block {
		return answer, a.needs(CapMknod)
	}
	return answer, err
}

// maxSunPath is what sun_path holds besides its NUL (unix(7)).
const maxSunPath = 107

// newSlot is filename_create of fs/namei.c: it returns the directory that the
// new name goes into.
func (a *asker) newSlot(directory bool) (*place, error) {
	dir, l, at, err := a.slot()
	switch {
	case err != nil:
		return nil, err
	case l.special():
		return nil, fails(eexist, "%s is there already", a.Target)
	case at != nil:
		return nil, fails(eexist, "%s is there already", at.path)
	case l.slash && !directory:
		return nil, fails(enoent, "%s asks for a directory that does not exist", a.Target)
	case dir.node.Mount.ReadOnly:
		return nil, readOnly(dir)
	}
	return dir, nil
}

// besides adds the plain permission check that the kernel makes after
// Landlock. Where it denies too, what Landlock says cannot be told apart.
func besides(answer Answer, err, plain error) (Answer, error) {
	switch {
	case err != nil || plain == nil:
		return answer, err
	case answer.Decision == Deny:
		return answer, fails(answer.Errno, "Landlock denies it, and so would plain permissions: %v", plain)
	}
	return answer, plain
}

func (a *asker) unlink() (Answer, error) {
	dir, l, at, err := a.oldSlot()
	switch {
	case err != nil:
		return Answer{}, err
	case l.special():
		return Answer{}, fails(eisdir, "%s is a directory", a.Target)
	case l.slash && at.node.Kind == Dir:
		return Answer{}, fails(eisdir, "%s is a directory", at.path)
	case l.slash:
		return Answer{}, fails(enotdir, "%s is no directory", at.path)
	}
	answer, err := a.judge(dir, nil, sandbox.RemoveFile)
	answer, err = besides(answer, err, a.mayRemove(dir, at))
	switch {
	case err != nil || answer.Decision != Allow:
		return answer, err
	case at.node.Kind == Dir:
		return answer, fails(eisdir, "granted, but %s is a directory", at.path)
	}
	return answer, busy(dir, at)
}

// busy says that something is mounted on a name, which vfs_unlink and vfs_rmdir
// of fs/namei.c look at once Landlock has spoken.
func busy(dir, at *place) error {
	if at.node.Mount.ID != dir.node.Mount.ID {
		return fails(ebusy, "granted, but %s is a mount point", at.path)
	}
	return nil
}

func (a *asker) rmdir() (Answer, error) {
	dir, l, at, err := a.oldSlot()
	switch {
	case err != nil:
		return Answer{}, err
	case l.name == "":
		return Answer{}, fails(ebusy, "%s is the root", a.Target)
	case l.name == "..":
		return Answer{}, fails(enotempty, "%s is not empty", a.Target)
	case l.name == ".":
		return Answer{}, fails(einval, "%s ends in a dot", a.Target)
	}
	answer, err := a.judge(dir, nil, sandbox.RemoveDir)
	answer, err = besides(answer, err, a.mayRemove(dir, at))
	if err != nil || answer.Decision != Allow {
		return answer, err
	}
	if at.node.Kind != Dir {
		return answer, fails(enotdir, "granted, but %s is no directory", at.path)
	}
	if err := busy(dir, at); err != nil {
		return answer, err
	}
	return answer, a.wantEmpty(at)
}

// oldSlot finds a name that a call is about to take away. It is nil, without
// an error, where the path ends in no name.
func (a *asker) oldSlot() (*place, last, *place, error) {
	dir, l, at, err := a.slot()
	switch {
	case err != nil || l.special():
		return dir, l, nil, err
	case at == nil:
		return nil, l, nil, fails(enoent, "%s does not exist", l.in(dir.path))
	case dir.node.Mount.ReadOnly:
		return nil, l, nil, readOnly(dir)
	}
	return dir, l, at, nil
}

func (a *asker) mayRemove(dir, at *place) error {
	if err := a.permit(dir, permWrite|permExec); err != nil {
		return err
	}
	if !a.w.cred.mayRemove(dir.node, at.node) {
		return fails(eperm, "not Landlock's: %s is sticky and %s has another owner", dir.path, at.path)
	}
	return nil
}

func (a *asker) wantEmpty(dir *place) error {
	detail, err := a.tree.Inspect(dir.path)
	switch {
	case err != nil:
		return unknowable("granted, but whether %s is empty is not known: %v", dir.path, err)
	case !detail.Empty:
		return fails(enotempty, "granted, but %s is not empty", dir.path)
	}
	return nil
}

// sameDirText is how the op table tells that fs.refer would not be asked for.
func sameDirText(source, target string) bool {
	return path.Dir(source) == path.Dir(target)
}
