package differential

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// addMounts lays one to four mounts over a world: a file system of its own on a
// directory, which may hold something that is hidden then, or the world's own
// directories and files in a second place. Later ones may lie in earlier ones.
func addMounts(rng *rand.Rand, w *World) {
	for i := range 1 + rng.IntN(4) {
		p := w.places()
		// Most of them go where the last one is, so that mounts nest.
		dirs := p.dirs[1:]
		if len(p.tops) > 0 && rng.IntN(3) > 0 {
			last := p.tops[len(p.tops)-1]
			if beneath := slices.DeleteFunc(slices.Clone(dirs), func(d string) bool { return !within(d, last) || d == last }); len(beneath) > 0 {
				dirs = beneath
			}
		}
		if len(dirs) == 0 {
			return
		}
		at := pick(rng, dirs)
		switch rng.IntN(5) {
		case 0, 1:
			w.addTmpfs(rng, i, at)
		case 2, 3:
			from := pick(rng, p.dirs[1:])
			if !within(from, at) && !within(at, from) && !holdsMount(w, from) {
				w.Steps = append(w.Steps, Step{Path: at, Mount: Bind, To: from, ReadOnly: rng.IntN(8) == 0, NoExec: rng.IntN(8) == 0})
			}
		case 4:
			if files := p.kinds[oracle.File]; len(files) > 1 {
				from, on := pick(rng, files), pick(rng, files)
				if from != on {
					w.Steps = append(w.Steps, Step{Path: on, Mount: Bind, To: from})
				}
			}
		}
	}
}

// holdsMount says whether something is mounted beneath a directory: a bind mount
// of it would show what lies under that instead.
func holdsMount(w *World, dir string) bool {
	return slices.ContainsFunc(w.Steps, func(s Step) bool { return s.Mount != "" && s.Path != dir && within(s.Path, dir) })
}

func (w *World) addTmpfs(rng *rand.Rand, i int, at string) {
	w.Steps = append(w.Steps, Step{Path: at, Mount: Tmpfs, Kind: oracle.Dir, Mode: 0o755, NoExec: rng.IntN(8) == 0})
	name := func(prefix string) string { return path.Join(at, fmt.Sprintf("%s%d", prefix, i)) }
	dir, file := name("md"), name("mf")
	w.Steps = append(w.Steps,
		Step{Path: dir, Kind: oracle.Dir, Mode: 0o755},
		Step{Path: file, Kind: oracle.File, Mode: 0o755, Content: "#!/bin/true\n"})
	if rng.IntN(2) == 0 {
		w.Steps = append(w.Steps, Step{Path: path.Join(dir, "mh"), Hardlink: true, To: file})
	}
	if rng.IntN(2) == 0 {
		w.Steps = append(w.Steps, Step{Path: path.Join(dir, "me"), Kind: oracle.Dir, Mode: 0o755})
	}
}
