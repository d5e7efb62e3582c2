package landlock

// metaCall is a call on a path that Landlock does not mediate, and what the
// plain permission check asks of it.
type metaCall struct {
	nofollow  bool // a link at the end is itself the object
	directory bool // the object must be one
	want      uint32
	owner     bool // it sets what only the owner may set
}

func (a *asker) meta(c metaCall) (Answer, error) {
	at, err := a.object(!c.nofollow)
	if err != nil {
		return Answer{}, err
	}
	if c.directory && at.node.Kind != Dir {
		return Answer{}, fails(enotdir, "%s is no directory", at.path)
	}
	if c.owner {
		if err := a.mayOwn(at); err != nil {
			return Answer{}, err
		}
	}
	if err := a.permit(at, c.want); err != nil {
		return Answer{}, err
	}
	return a.free()
}

// free answers for a call that Landlock does not mediate and that turns on
// nothing the model knows of.
func (a *asker) free() (Answer, error) {
	return Answer{Decision: Allow, Reason: "Landlock does not mediate it"}, nil
}

func (a *asker) mayOwn(at *place) error {
	if at.node.Mount.ReadOnly {
		return readOnly(at)
	}
	if !a.w.cred.owns(at.node) {
		return fails(eperm, "not Landlock's: %s has another owner", at.path)
	}
	return nil
}

// needs is for calls that take a capability.
func (a *asker) needs(capability Caps) error {
	c := a.w.cred
	switch {
	case !c.has(capability):
		return fails(eperm, "not Landlock's: it needs %s", capNames[capability])
	case c == nil || !c.Contained:
		return nil
	case capability == CapMknod: // asked for by capable() of kernel/capability.c
		return fails(eperm, "not Landlock's: %s counts in the host's own user namespace alone", capNames[capability])
	case capability == CapNetRaw:
		return unknowable("whether %s counts depends on whose the network is", capNames[capability])
	}
	return nil
}

// chmod is fchmodat, or fchmod on a descriptor that was opened for reading.
func (a *asker) chmod() (Answer, error) {
	if a.variant == "fchmod" {
		if answer, err := a.held(openCall{read: true}); err != nil {
			return answer, err
		}
	}
	return a.meta(metaCall{owner: true})
}

func (a *asker) chroot() (Answer, error) {
	answer, err := a.meta(metaCall{directory: true, want: permSearch})
	if err != nil {
		return answer, err
	}
	return answer, a.needs(CapSysChroot)
}

func (a *asker) readlink() (Answer, error) {
	at, err := a.object(false)
	if err != nil {
		return Answer{}, err
	}
	if at.node.Kind != Symlink {
		return Answer{}, fails(einval, "%s is no symbolic link", at.path)
	}
	return a.free()
}

// xattr is xattr_permission of fs/xattr.c for a user attribute that is set,
// which the variants that read and remove one do before the policy.
func (a *asker) xattr() (Answer, error) {
	at, err := a.object(true)
	if err != nil {
		return Answer{}, err
	}
	n := at.node
	switch {
	case n.Mount.ReadOnly:
		return Answer{}, readOnly(at)
	case n.Kind != File && n.Kind != Dir:
		return Answer{}, fails(eperm, "not Landlock's: %s has no user attributes", at.path)
	case n.Kind == Dir && n.Perm != nil && n.Perm.Mode&0o1000 != 0:
		if err := a.mayOwn(at); err != nil {
			return Answer{}, err
		}
	}
	want := uint32(permWrite)
	if a.variant == "getxattr" {
		want |= permRead
	}
	if err := a.permit(at, want); err != nil {
		return Answer{}, err
	}
	return a.free()
}

// clone starts a child in new namespaces.
func (a *asker) clone() (Answer, error) {
	answer, err := a.free()
	if a.variant == "pidns" {
		err = a.needs(CapSysAdmin)
	}
	return answer, err
}
