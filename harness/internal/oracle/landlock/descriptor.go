package landlock

import (
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// ftruncate is decided by the rights the descriptor got when it was opened.
func (a *asker) ftruncate() (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	open, err := a.openAt(at, openCall{write: true})
	switch {
	case err != nil:
		return open, err
	case open.Decision != Allow:
		return open, fails(open.Errno, "the open for writing is denied, and ftruncate not reached")
	}
	if err := mayTruncate(at); err != nil {
		return open, err
	}
	answer, err := a.judge(at, at, sandbox.Truncate)
	answer.Granting = mergeGrants(open.Granting, answer.Granting)
	return answer, err
}

// ftruncateHeld is ftruncate on a descriptor that no rights stick to.
func (a *asker) ftruncateHeld() (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.mayOpen(at, openCall{write: true}); err != nil {
		return Answer{}, err
	}
	if err := mayTruncate(at); err != nil {
		return Answer{}, err
	}
	return Answer{Decision: Allow, Reason: heldReason}, nil
}

func mayTruncate(at *place) error {
	if err := opened(at); err != nil {
		return err
	}
	if at.node.Kind != File {
		return fails(einval, "granted, but %s is no regular file", at.path)
	}
	return nil
}

// ioctl opens with access mode 3, which asks for no right, and sends a command
// that only ioctl_dev lets through to a device.
func (a *asker) ioctl() (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	if err := a.mayOpenIoctl(at); err != nil {
		return Answer{}, err
	}
	device := at.node.Kind == Char || at.node.Kind == Block
	switch {
	case at.node.Kind == FIFO:
		return Answer{}, fails(einval, "a FIFO such as %s is opened for reading or writing", at.path)
	case at.node.Kind == Socket:
		return Answer{}, fails(enxio, "%s is a socket", at.path)
	case a.variant == "ioctl_nonblock":
		return Answer{Decision: Allow, Reason: "the command is about the descriptor: Landlock does not mediate it"}, nil
	case !device:
		return Answer{}, fails(enotty, "%s is no device, and Landlock is not asked", at.path)
	case a.variant == "ioctl_held":
		return Answer{Decision: Allow, Reason: heldReason}, nil
	}
	return a.judge(at, at, sandbox.IoctlDev)
}

func (a *asker) mayOpenIoctl(at *place) error {
	n := at.node
	switch {
	case n.Kind == Dir:
		return fails(eisdir, "%s is a directory", at.path)
	case n.Mount.NoDev && (n.Kind == Char || n.Kind == Block):
		return fails(eacces, "not Landlock's: %s lies on a mount without devices", at.path)
	case n.Mount.ReadOnly && n.Kind == File:
		// Access mode 3 asks for permission to write, which a file system refuses,
		// and does not write, which a mount refuses.
		return unknowable("%s lies on a read-only mount, and whether its file system is read-only too is not known", at.path)
	}
	return a.permit(at, permRead|permWrite)
}
