package differential

import (
	"fmt"
	"path"
	"slices"
	"strings"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// onBase marks a bind mount of the file system that the world's folder is on.
const onBase = "base"

// entries is what the world shows once all its steps are made: each name with
// the inode behind it, and the mount that it is found in.
func (w *World) entries() []oracle.Entry {
	var list []oracle.Entry
	find := func(at string) (oracle.Entry, bool) {
		i := slices.IndexFunc(list, func(e oracle.Entry) bool { return e.Path == at })
		if i < 0 {
			return oracle.Entry{}, false
		}
		return list[i], true
	}
	for i := range w.Steps {
		s := &w.Steps[i]
		if s.Mount != "" {
			list = s.mountOver(i, list)
			continue
		}
		e := oracle.Entry{Path: s.Path, Inode: s.Path, Kind: s.Kind, To: s.To, Content: s.Content, Perm: s.perm()}
		if parent, ok := find(path.Dir(s.Path)); ok {
			e.Mount = parent.Mount
			if parent.Mount.ID != "" { // a name beneath a mount may stand for a hidden one's too
				e.Inode = parent.Mount.ID + ":" + s.Path
			}
		}
		if s.Hardlink {
			old, _ := find(s.To)
			old.Path = s.Path
			e = old
		}
		if s.Program {
			e.Detail = &oracle.Detail{}
		}
		list = append(list, e)
	}
	return list
}

// mountOver hides what lies beneath the step's path and shows what it mounts.
func (s *Step) mountOver(n int, list []oracle.Entry) []oracle.Entry {
	id := fmt.Sprintf("mount %d", n)
	var shown []oracle.Entry
	switch s.Mount {
	case Tmpfs:
		shown = []oracle.Entry{{Path: s.Path, Kind: oracle.Dir, Perm: s.perm(), Inode: id, Mount: oracle.Mount{ID: id, ReadOnly: s.ReadOnly, NoExec: s.NoExec}}}
	case Bind:
		for _, e := range list {
			if !within(e.Path, s.To) {
				continue
			}
			e.Path = s.Path + strings.TrimPrefix(e.Path, s.To)
			if e.Mount.ID == "" {
				e.Mount.FS = onBase
			}
			e.Mount.ID = id
			e.Mount.ReadOnly = e.Mount.ReadOnly || s.ReadOnly
			e.Mount.NoExec = e.Mount.NoExec || s.NoExec
			shown = append(shown, e)
		}
	}
	list = slices.DeleteFunc(list, func(e oracle.Entry) bool { return within(e.Path, s.Path) })
	return append(list, shown...)
}

// tree is the world as data, laid over the host.
func (w *World) tree(host oracle.Tree, program oracle.Detail) (oracle.Tree, error) {
	tree := host
	all := w.entries()
	for _, root := range w.roots() {
		parent, err := host.Lookup(path.Dir(root))
		if err != nil {
			return nil, err
		}
		var own []oracle.Entry
		for _, e := range all {
			if !within(e.Path, root) {
				continue
			}
			switch base := parent.Mount; {
			case e.Mount.ID == "":
				e.Mount = base
			case e.Mount.FS == onBase: // a bind mount is like what it shows
				e.Mount.FS, e.Mount.NoDev = base.FS, base.NoDev
				e.Mount.ReadOnly = e.Mount.ReadOnly || base.ReadOnly
				e.Mount.NoExec = e.Mount.NoExec || base.NoExec
			}
			if e.Detail != nil {
				e.Detail = &program
			}
			own = append(own, e)
		}
		top, err := oracle.NewData(true, own...)
		if err != nil {
			return nil, err
		}
		tree = oracle.Overlay{Top: top, Root: root, Under: tree}
	}
	return tree, nil
}
