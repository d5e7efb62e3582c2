package landlock

import (
	"path"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// makeReg is fs.make_reg.
func (a *asker) makeReg() (Answer, error) {
	switch a.variant {
	case "open_creat":
		return a.createByOpen(sandbox.WriteFile)
	case "creat_rdonly":
		return a.createByOpen(sandbox.ReadFile)
	case "tmpfile":
		return a.nameTmpfile()
	}
	return a.create(File)
}

// createByOpen is open(O_CREAT|O_EXCL). The right to create is asked for first,
// the right to open once the file is there.
func (a *asker) createByOpen(open sandbox.AccessFS) (Answer, error) {
	dir, l, at, err := a.slot()
	switch {
	case err != nil:
		return Answer{}, err
	case l.special():
		return Answer{}, fails(eexist, "%s is there already", a.Target)
	case l.slash:
		return Answer{}, fails(eisdir, "%s asks for a directory", a.Target)
	case at != nil:
		return Answer{}, fails(eexist, "%s is there already", at.path)
	}
	return a.createIn(dir, open)
}

// createIn is an open that makes the file it opens.
func (a *asker) createIn(dir *place, open sandbox.AccessFS) (Answer, error) {
	if dir.node.Mount.ReadOnly {
		return Answer{}, readOnly(dir)
	}
	answer, err := a.judge(dir, nil, sandbox.MakeReg, open)
	answer, err = besides(answer, err, a.permit(dir, permWrite|permExec))
	if err != nil || answer.Decision != Deny {
		return answer, err
	}
	if made := a.d.check(dir, sandbox.MakeReg); made.lacks.empty() {
		answer.Reason = "the file is created and stays, but cannot be opened"
	}
	return answer, nil
}

// creat is open(O_WRONLY|O_CREAT|O_TRUNC) of a regular file that is there, maybe
// through a link.
func (a *asker) creat() (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.stickyCreat(at); err != nil {
		return Answer{}, err
	}
	answer, err := a.openAt(at, openCall{write: true, truncate: true})
	if err != nil || answer.Decision != Allow {
		return answer, err
	}
	return answer, opened(at)
}

// stickyCreat is may_create_in_sticky of fs/namei.c, which looks at root too.
// The sysctls behind it are not known.
func (a *asker) stickyCreat(at *place) error {
	dir := at.up
	if dir == nil || at.node.Kind == Dir || at.node.Perm == nil || dir.node.Perm == nil {
		return nil
	}
	shared := dir.node.Perm.Mode&0o1000 != 0 && dir.node.Perm.Mode&0o022 != 0
	uid := at.node.Perm.UID
	mine := uid == Asker || (a.w.cred != nil && uid == a.w.cred.UID) || (a.w.cred == nil && uid == 0)
	if shared && uid != dir.node.Perm.UID && !mine {
		return unknowable("fs.protected_regular may forbid to open %s with O_CREAT: it has another owner in a sticky directory", at.path)
	}
	return nil
}

// tmpDir is where open(O_TMPFILE) makes a file without a name: vfs_tmpfile of
// fs/namei.c asks for the right to write in the directory, and Landlock for no
// right to make anything.
func (a *asker) tmpDir(dir *place) error {
	switch {
	case dir.node.Kind != Dir:
		return fails(enotdir, "%s is no directory", dir.path)
	case dir.node.Mount.ReadOnly:
		return readOnly(dir)
	}
	return a.permit(dir, permWrite|permExec)
}

// openTmpfile is open(O_WRONLY|O_TMPFILE).
func (a *asker) openTmpfile() (Answer, error) {
	dir, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.tmpDir(dir); err != nil {
		return Answer{}, err
	}
	return a.judge(dir, nil, sandbox.WriteFile)
}

// nameTmpfile links a file that was made with O_TMPFILE, before the policy, in
// the directory that its name goes into: no refer is needed.
func (a *asker) nameTmpfile() (Answer, error) {
	// The attempt finds the directory by the text of the target.
	beside, err := a.w.locate(path.Dir(a.Target), true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.tmpDir(beside); err != nil {
		return Answer{}, err
	}
	dir, err := a.newSlot(false)
	switch {
	case err != nil:
		return Answer{}, err
	case dir.node.Inode != beside.node.Inode:
		return Answer{}, unknowable("the file would move from %s to %s", beside.path, dir.path)
	}
	return a.judge(dir, nil, sandbox.MakeReg)
}
