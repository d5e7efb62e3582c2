package landlock

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// FromFixture returns rest with what a fixture would make laid over it, so
// that a question can be asked before anything is made, or on a host where it
// never is. The vars are those of a fixture.Site; scratch, home and workspace
// are there in any case, and everything in scratch is the fixture's.
func FromFixture(spec fixture.Spec, vars map[string]string, rest Tree) (Tree, error) {
	if rest == nil {
		rest = Nothing{}
	}
	if faults := fixture.Validate(spec); len(faults) > 0 {
		return nil, fmt.Errorf("fixture: %w", errors.Join(faults...))
	}
	scratch := vars[fixture.VarScratch]
	for _, name := range []string{fixture.VarScratch, fixture.VarHome, fixture.VarWorkspace} {
		at := vars[name]
		if !path.IsAbs(at) || path.Clean(at) != at || at == "/" || !within(at, scratch) {
			return nil, fmt.Errorf("fixture: variable %s: %q is not an absolute clean path in scratch", name, at)
		}
	}
	f := fixtureTree{vars: vars, spelt: scratch}
	mount, err := f.settle(rest)
	if err != nil {
		return nil, err
	}
	entries := f.parents(mount)
	for _, name := range []string{fixture.VarHome, fixture.VarWorkspace} {
		entries = append(entries, Entry{Path: f.place(vars[name]), Kind: Dir, Perm: made(0o755)})
	}
	var faults []error
	for i, n := range spec.Tree {
		e, err := f.entry(n)
		if err != nil {
			faults = append(faults, fmt.Errorf("fixture tree[%d]: %w", i, err))
		}
		entries = append(entries, e)
	}
	if network, address := fixture.SplitListen(spec.Listen); strings.HasPrefix(network, "unix") && !strings.HasPrefix(address, "@") {
		at, err := f.path(address)
		if err != nil {
			faults = append(faults, fmt.Errorf("fixture listen: %w", err))
		}
		entries = append(entries, Entry{Path: at, Kind: Socket, Perm: made(0o755)})
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	top, err := NewData(true, entries...)
	if err != nil {
		return nil, fmt.Errorf("fixture: %w", err)
	}
	return Overlay{Top: top, Root: f.root, Under: rest}, nil
}

type fixtureTree struct {
	vars  map[string]string
	spelt string // scratch as the variables spell it
	root  string // scratch with the links on the way to it resolved
}

// settle finds the canonical path that scratch will have once its missing
// parents are made, and the mount it will lie in.
func (f *fixtureTree) settle(rest Tree) (Mount, error) {
	w := newWalker(rest, nil)
	missing := ""
	for prefix := f.spelt; ; prefix = path.Dir(prefix) {
		at, err := w.locate(prefix, true)
		switch {
		case err == nil && at.node.Kind != Dir:
			return Mount{}, fmt.Errorf("fixture: %s is no directory", at.path)
		case err == nil:
			f.root = path.Join(at.path, missing)
			return at.node.Mount, nil
		case prefix == "/" || isErrno(err, 0):
			f.root = f.spelt // not known: taken as it is spelt
			return Mount{}, nil
		case !isErrno(err, enoent):
			return Mount{}, fmt.Errorf("fixture: scratch %s: %w", f.spelt, err)
		}
		missing = path.Join(path.Base(prefix), missing)
	}
}

// parents is scratch and the folders it lies in. What else those hold is for
// the tree below to say.
func (f *fixtureTree) parents(mount Mount) []Entry {
	var entries []Entry
	for i := 1; i < len(f.root); i++ {
		if f.root[i] == '/' {
			entries = append(entries, Entry{Path: f.root[:i], Kind: Dir, Mount: mount, Partial: true})
		}
	}
	return append(entries, Entry{Path: f.root, Kind: Dir, Mount: mount, Perm: made(0o755)})
}

// place moves a path in scratch to where scratch really is.
func (f *fixtureTree) place(spelt string) string {
	return path.Clean(f.root + spelt[len(f.spelt):])
}

func (f *fixtureTree) path(template string) (string, error) {
	spelt, err := fixture.Expand(template, f.vars)
	return f.place(path.Clean(spelt)), err
}

func (f *fixtureTree) entry(n fixture.Node) (e Entry, err error) {
	if e.Path, err = f.path(n.Path); err != nil {
		return e, err
	}
	mode := uint32(0o644)
	switch n.Kind {
	case fixture.File:
		e.Kind = File
		if e.Content, err = fixture.Expand(n.Content, f.vars); err != nil {
			return e, err
		}
	case fixture.Dir:
		e.Kind, mode = Dir, 0o755
	case fixture.FIFO:
		e.Kind = FIFO
	case fixture.Socket:
		e.Kind = Socket
	case fixture.Char:
		e.Kind = Char
	case fixture.Block:
		e.Kind = Block
	case fixture.Symlink:
		e.Kind, mode = Symlink, 0o777
		if e.To, err = fixture.Expand(n.To, f.vars); err != nil {
			return e, err
		}
	case fixture.Hardlink:
		e.Hardlink = true
		if e.To, err = f.path(n.To); err != nil {
			return e, err
		}
	case fixture.Absent:
		return Entry{Path: path.Dir(e.Path), Kind: Dir}, nil
	}
	if n.Mode != "" {
		bits, err := strconv.ParseUint(n.Mode, 8, 12)
		if err != nil {
			return e, err
		}
		mode = uint32(bits)
	}
	e.Perm = made(mode)
	return e, nil
}

// made is the permissions of something the asker makes.
func made(mode uint32) *Perm { return &Perm{Mode: mode, UID: Asker, GID: Asker} }
