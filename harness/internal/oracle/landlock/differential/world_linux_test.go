package differential_test

import (
	"math/rand/v2"
	"path"
	"strings"
	"testing"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/oracle/landlock/differential"
)

// TestWorlds holds that everything that can make a tree hard to judge comes up.
func TestWorlds(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(400) {
		w := differential.MakeUp(rand.New(rand.NewPCG(seed, 0)))
		features(w, seen)
		entries := w.Entries()
		if _, err := oracle.NewData(true, entries...); err != nil {
			t.Fatalf("seed %d: %v\n%+v", seed, err, w.Steps)
		}
	}
	for _, want := range []string{
		"hard link", "absolute link", "relative link", "dangling link", "chain of links", "loop of links",
		"tmpfs", "bind mount of a directory", "bind mount of a file", "mount over something", "three mounts deep", "another file system",
		"file", "dir", "fifo", "char", "block", "socket", "program", "script",
	} {
		if want == "block" && !differential.Root() {
			continue // only root makes those
		}
		if seen[want] == 0 {
			t.Errorf("no %s in 400 worlds", want)
		}
	}
	t.Logf("%v", seen)
}

func features(w *differential.World, seen map[string]int) {
	there := map[string]differential.Step{}
	var tops []string
	for _, s := range w.Steps {
		switch {
		case s.Mount != "":
			seen[mountName(there[s.To], s)]++
			deep := 1
			for _, top := range tops {
				if strings.HasPrefix(s.Path, top+"/") {
					deep++
				}
			}
			if deep >= 3 {
				seen["three mounts deep"]++
			}
			for at := range there {
				if strings.HasPrefix(at, s.Path+"/") {
					seen["mount over something"]++
					break
				}
			}
			tops = append(tops, s.Path)
		case s.Hardlink:
			seen["hard link"]++
		case s.Kind == oracle.Symlink:
			seen[linkName(there, s)]++
			if path.IsAbs(s.To) {
				seen["absolute link"]++
			} else {
				seen["relative link"]++
			}
		case s.Program:
			seen["program"]++
		case strings.HasPrefix(s.Content, "#!"):
			seen["script"]++
		case strings.HasPrefix(s.Path, "/far/"):
			seen["another file system"]++
		default:
			seen[string(s.Kind)]++
		}
		there[s.Path] = s
	}
}

func mountName(from, s differential.Step) string {
	switch {
	case s.Mount == differential.Tmpfs:
		return "tmpfs"
	case from.Kind == oracle.Dir:
		return "bind mount of a directory"
	}
	return "bind mount of a file"
}

func linkName(there map[string]differential.Step, s differential.Step) string {
	to := s.To
	if !path.IsAbs(to) {
		to = path.Join(path.Dir(s.Path), to)
	}
	switch other, ok := there[to]; {
	case to == s.Path:
		return "loop of links"
	case !ok:
		return "dangling link"
	case other.Kind == oracle.Symlink:
		return "chain of links"
	}
	return "plain link"
}

// TestMissing holds that a cell that should have both answers, and has one, is
// named.
func TestMissing(t *testing.T) {
	c := differential.NewCoverage()
	all := c.MissingFor("fs.remove_dir", 7)
	if len(all) != 2*5 {
		t.Fatalf("missing of nothing: %v", all)
	}
	for i, k := range all {
		c.Count(k, differential.Count{Allow: 1, Deny: i})
	}
	if got := c.MissingFor("fs.remove_dir", 7); len(got) != 1 || got[0] != all[0] {
		t.Errorf("missing %v, want %v", got, all[:1])
	}
	// What Landlock does not mediate is only ever allowed.
	for _, k := range c.MissingFor("syscall.stat", 7) {
		c.Count(k, differential.Count{Allow: 1})
	}
	if got := c.MissingFor("syscall.stat", 7); len(got) != 0 {
		t.Errorf("missing %v", got)
	}
}
