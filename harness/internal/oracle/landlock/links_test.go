package landlock_test

import (
	"errors"
	"io/fs"
	"strconv"
	"testing"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// TestWithLinks asks where paths lead through links that are laid over a tree.
func TestWithLinks(t *testing.T) {
	for _, r := range []struct {
		name         string
		tree         oracle.Tree
		links        map[string]string
		target, want string
	}{
		{"beside a file", home(t), map[string]string{"/w/l": "src/a"}, "/w/l", "/w/src/a"},
		{"in the place of a folder", home(t), map[string]string{"/w/src": "/home"}, "/w/src/key", "/home/key"},
		{"below a folder that is not there", home(t), map[string]string{"/private/deep/l": "/home"}, "/private/deep/l/key", "/home/key"},
		{"spelled through a link of the tree", home(t), map[string]string{"/w/up/l": "/w/src/a"}, "/l", "/w/src/a"},
		{"spelled through another", home(t), map[string]string{"/b/l": "/w/src/a", "/b": "/c", "/c": "/w/dst"}, "/w/dst/l", "/w/src/a"},
		{"over another", home(t), map[string]string{"/a": "/b", "/b": "/home"}, "/a/key", "/home/key"},
		{"over nothing that is known", oracle.Nothing{}, map[string]string{"/a": "/b/c", "/b/c": "/d"}, "/b/c", ""},
	} {
		t.Run(r.name, func(t *testing.T) {
			tree, err := oracle.WithLinks(r.tree, r.links)
			if err != nil {
				t.Fatal(err)
			}
			a := oracle.Ask(oracle.Question{Op: "fs.read_file", Target: r.target, Tree: tree})
			if a.Resolved != r.want {
				t.Errorf("%s leads to %q, want %q: %s", r.target, a.Resolved, r.want, a.Reason)
			}
		})
	}
}

func TestWithLinksKnowledge(t *testing.T) {
	tree, err := oracle.WithLinks(home(t), map[string]string{"/private/l": "/home", "/w/l": "/home"})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		"/private": nil, "/private/l": nil, "/w/l": nil, "/w/src/a": nil,
		"/private/other": oracle.ErrUnknown, "/w/other": fs.ErrNotExist, "/other": fs.ErrNotExist,
	} {
		if _, err := tree.Lookup(path); !errors.Is(err, want) {
			t.Errorf("Lookup(%s) = %v, want %v", path, err, want)
		}
	}
	if _, err := tree.Inspect("/private"); !errors.Is(err, oracle.ErrUnknown) {
		t.Errorf("Inspect of a folder that is only said to be there = %v", err)
	}
	if detail, err := tree.Inspect("/w/empty"); err != nil || !detail.Empty {
		t.Errorf("Inspect(/w/empty) = %+v, %v", detail, err)
	}
	if same, err := oracle.WithLinks(tree, nil); same != tree || err != nil {
		t.Errorf("no links made another tree: %v", err)
	}
}

func TestWithLinksFaults(t *testing.T) {
	for _, r := range []struct {
		name  string
		links map[string]string
		want  string
	}{
		{"paths", map[string]string{"a": "/b", "/c/../d": "/b", "/": "/b", "/e": "", "/f\x00": "/b"}, `symlink "/": the root is no link; name a path below it
symlink "/c/../d": not an absolute clean path; write it as /a/b
symlink "/e": leads nowhere; say where to
symlink "/f\x00": holds a NUL byte, which no path can
symlink "a": not an absolute clean path; write it as /a/b`},
		{"one place by two spellings", map[string]string{"/w/up/l": "/a", "/l": "/b"}, `symlink "/w/up/l": /l is given twice; keep one`},
	} {
		t.Run(r.name, func(t *testing.T) {
			_, err := oracle.WithLinks(home(t), r.links)
			if got := text(err); got != r.want {
				t.Errorf("got %s\nwant %s", got, r.want)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestCachedForgets holds that a cache neither grows without end nor answers
// otherwise when it forgets.
func TestCachedForgets(t *testing.T) {
	counting := &counter{Tree: home(t)}
	c := oracle.NewCached(counting)
	lookup := func(i int) {
		if _, err := c.Lookup("/w/" + strconv.Itoa(i)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	for i := range oracle.MaxCached + 1 {
		lookup(i)
	}
	before := counting.n
	lookup(0)
	lookup(0)
	if got := counting.n - before; got != 1 {
		t.Errorf("the tree was asked %d times for what was forgotten, want once", got)
	}
}
