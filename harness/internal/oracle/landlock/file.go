package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// openCall is an open(2) without O_CREAT.
type openCall struct {
	read, write, truncate, directory bool
	exec                             bool // the kernel opens a program to run it
	bytes                            bool // and one byte is read or written
}

// need is get_required_file_open_access of security/landlock/fs.c.
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
	return need
}

// cut is what the truncation after the open needs; O_TRUNC is ignored for all
// but files.
func (c openCall) cut(k Kind) sandbox.AccessFS {
	if c.truncate && k == File {
		return sandbox.Truncate
	}
	return 0
}

// read is fs.read_file.
func (a *asker) read() (Answer, error) {
	switch a.variant {
	case "held":
		return a.held(openCall{read: true, bytes: true})
	case "creat_rdonly":
		return a.createByOpen(sandbox.ReadFile)
	}
	return a.open(openCall{read: true})
}

// write is fs.write_file.
func (a *asker) write() (Answer, error) {
	switch a.variant {
	case "held":
		return a.held(openCall{write: true, bytes: true})
	case "open_creat":
		return a.createByOpen(sandbox.WriteFile)
	case "tmpfile":
		return a.openTmpfile()
	}
	return a.open(openCall{write: true})
}

// truncation is fs.truncate.
func (a *asker) truncation() (Answer, error) {
	switch a.variant {
	case "open_trunc":
		return a.open(openCall{write: true, truncate: true})
	case "creat":
		return a.creat()
	case "ftruncate":
		return a.ftruncate()
	case "ftruncate_held":
		return a.ftruncateHeld()
	}
	return a.truncate()
}

func (a *asker) open(c openCall) (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	answer, err := a.openAt(at, c)
	if err != nil || answer.Decision != Allow {
		return answer, err
	}
	return answer, opened(at)
}

// opened says what ends an open that Landlock lets through.
func opened(at *place) error {
	switch at.node.Kind {
	case FIFO:
		return unknowable("granted, and the open waits until the other end of the FIFO %s is opened", at.path)
	case Socket:
		return fails(enxio, "granted, but %s is a socket", at.path)
	}
	return nil
}

// openAt is do_open of fs/namei.c: the checks of may_open, then Landlock, once
// for the open and once more for the truncation that follows it.
func (a *asker) openAt(at *place, c openCall) (Answer, error) {
	if err := a.mayOpen(at, c); err != nil {
		return Answer{}, err
	}
	return a.judge(at, at, c.need(at.node.Kind), c.cut(at.node.Kind))
}

// held is a call on a descriptor that was opened before the policy: Landlock
// judges opens, not reads and writes.
func (a *asker) held(c openCall) (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.mayOpen(at, c); err != nil {
		return Answer{}, err
	}
	if err := opened(at); err != nil {
		return Answer{}, err
	}
	switch kind := at.node.Kind; {
	case c.bytes && kind == Dir:
		return Answer{}, fails(eisdir, "%s is a directory", at.path)
	case c.bytes && kind != File:
		return Answer{}, unknowable("Landlock judges opens, and what the device %s does with a byte is not known", at.path)
	}
	return Answer{Decision: Allow, Reason: heldReason}, nil
}

const heldReason = "the descriptor was opened before the policy, and Landlock judges opens"

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
	at, err := a.object(true)
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
	return a.judge(at, at, sandbox.Truncate)
}
