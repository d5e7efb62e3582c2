package landlock

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// WithLinks returns a tree with further symbolic links: links is the text of
// each by its own path, which may be spelled through links, those given
// included. A link takes the place of what tree has under its name, and folders
// on the way to it that tree lacks are there.
func WithLinks(tree Tree, links map[string]string) (Tree, error) {
	var faults []error
	for _, from := range slices.Sorted(maps.Keys(links)) {
		if why := wrongLink(from, links[from]); why != "" {
			faults = append(faults, fmt.Errorf("symlink %q: %s", from, why))
		}
	}
	if err := errors.Join(faults...); err != nil || len(links) == 0 {
		return tree, err
	}
	// One link may lie behind another, wherever it stands among them.
	placed := links
	for range len(links) + 1 {
		t := newLinked(tree, placed)
		next := make(map[string]string, len(links))
		for _, from := range slices.Sorted(maps.Keys(links)) {
			at := join(settled(t, path.Dir(from)), path.Base(from))
			if _, taken := next[at]; taken {
				return nil, fmt.Errorf("symlink %q: %s is given twice; keep one", from, at)
			}
			next[at] = links[from]
		}
		if maps.Equal(next, placed) {
			return t, nil
		}
		placed = next
	}
	return nil, errors.New("the symlinks lie behind each other in a circle; give them by the paths they really have")
}

func wrongLink(from, to string) string {
	switch {
	case !path.IsAbs(from) || path.Clean(from) != from:
		return "not an absolute clean path; write it as /a/b"
	case from == "/":
		return "the root is no link; name a path below it"
	case to == "":
		return "leads nowhere; say where to"
	case strings.ContainsRune(from+to, 0):
		return "holds a NUL byte, which no path can"
	}
	return ""
}

// settled is the canonical path of a folder, of which the end may be missing.
func settled(tree Tree, dir string) string {
	missing := ""
	for prefix := dir; ; prefix = path.Dir(prefix) {
		if at, err := newWalker(tree, nil).locate(prefix, true); err == nil {
			return path.Join(at.path, missing)
		}
		if prefix == "/" {
			return dir
		}
		missing = path.Join(path.Base(prefix), missing)
	}
}

// linked is a tree with links laid over it.
type linked struct {
	under Tree
	links map[string]string
	made  map[string]Node // folders that under lacks
}

func newLinked(under Tree, links map[string]string) *linked {
	t := &linked{under: under, links: links, made: map[string]Node{}}
	for from := range links {
		for dir := path.Dir(from); ; dir = path.Dir(dir) {
			if _, err := under.Lookup(dir); err != nil {
				t.made[dir] = Node{Inode: "link:" + dir, Kind: Dir}
			}
			if dir == "/" {
				break
			}
		}
	}
	return t
}

// Lookup implements Tree.
func (t *linked) Lookup(name string) (Node, error) {
	if to, ok := t.links[name]; ok {
		dir, err := t.Lookup(path.Dir(name))
		return Node{Inode: "link:" + name, Kind: Symlink, To: to, Mount: dir.Mount}, err
	}
	if dir, ok := t.made[name]; ok {
		return dir, nil
	}
	node, err := t.under.Lookup(name)
	if _, ok := t.made[path.Dir(name)]; ok && errors.Is(err, fs.ErrNotExist) {
		return Node{}, unknownPath(name) // what else a folder holds that is only said to be there
	}
	return node, err
}

// Inspect implements Tree.
func (t *linked) Inspect(name string) (Detail, error) {
	if _, ok := t.made[name]; ok {
		return Detail{}, unknownPath(name)
	}
	return t.under.Inspect(name)
}
