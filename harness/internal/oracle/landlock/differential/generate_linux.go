package differential

import (
	"fmt"
	"math/rand/v2"
	"path"
	"path/filepath"
	"strings"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }

// builder makes a world up.
type builder struct {
	*World
	rng *rand.Rand
	dirs,
	regular,
	progs,
	all []string // of the root's side
}

// newWorld makes a world up that has something of every kind in kinds.
func newWorld(rng *rand.Rand, scratch, far string, plain bool, kinds ...oracle.Kind) *World {
	b := &builder{World: &World{Scratch: scratch, Far: far, Plain: plain}, rng: rng}
	b.dir(b.World.root())
	for i := range 3 + rng.IntN(3) {
		b.dir(path.Join(pick(rng, b.dirs), fmt.Sprintf("d%d", i)))
	}
	for i := range 2 {
		b.dir(path.Join(pick(rng, b.dirs[:4]), fmt.Sprintf("e%d", i)))
	}
	if far != "" {
		b.far()
	}
	b.elf(path.Join(pick(rng, b.dirs), "x0"))
	for i := range 2 + rng.IntN(3) {
		b.file(path.Join(pick(rng, b.dirs), fmt.Sprintf("f%d", i)), b.content(), pick(rng, []uint32{0o644, 0o755, 0o755}))
	}
	for i := range 1 + rng.IntN(2) {
		b.hardlink(fmt.Sprintf("h%d", i))
	}
	for i := range rng.IntN(4) {
		b.symlink(path.Join(pick(rng, b.dirs), fmt.Sprintf("s%d", i)))
	}
	for _, k := range []oracle.Kind{oracle.FIFO, oracle.Char, oracle.Block, oracle.Socket, oracle.Socket} {
		if rng.IntN(3) == 0 {
			kinds = append(kinds, k)
		}
	}
	for i, k := range kinds {
		b.special(i, k)
	}
	return b.World
}

func (b *builder) mode(mode uint32) (uint32, bool) {
	if !b.Plain {
		return mode, false
	}
	if b.rng.IntN(6) == 0 {
		mode &^= uint32(b.rng.IntN(0o1000))
	}
	return mode, b.rng.IntN(3) > 0
}

func (b *builder) add(s Step) {
	s.Mode, s.Nobody = b.mode(s.Mode)
	b.Steps = append(b.Steps, s)
	switch {
	case b.Far != "" && within(s.Path, b.Far):
		return
	case s.Kind == oracle.Dir:
		b.dirs = append(b.dirs, s.Path)
	case s.Kind == oracle.File:
		b.regular = append(b.regular, s.Path)
	}
	b.all = append(b.all, s.Path)
}

func (b *builder) dir(at string) {
	mode := uint32(0o755)
	if b.Plain && b.rng.IntN(2) == 0 {
		mode = 0o1777
	}
	b.add(Step{Path: at, Kind: oracle.Dir, Mode: mode})
}

func (b *builder) far() {
	root := b.World.far()
	for _, d := range []string{root, path.Join(root, "d9")} {
		b.dir(d)
	}
	b.add(Step{Path: path.Join(root, "d9", "f9"), Kind: oracle.File, Mode: 0o644})
}

func (b *builder) file(at, content string, mode uint32) {
	b.add(Step{Path: at, Kind: oracle.File, Content: content, Mode: mode})
	if mode&0o111 != 0 && content != "" {
		b.progs = append(b.progs, at)
	}
}

func (b *builder) elf(at string) {
	b.add(Step{Path: at, Kind: oracle.File, Mode: 0o755, Program: true})
	// Whatever the world, its program stays one.
	s := &b.Steps[len(b.Steps)-1]
	s.Mode, s.Nobody = 0o755, false
	b.progs = append(b.progs, at)
}

func (b *builder) hardlink(name string) {
	old := pick(b.rng, b.regular)
	at := path.Join(pick(b.rng, b.dirs), name)
	b.Steps = append(b.Steps, Step{Path: at, Hardlink: true, To: old})
	b.all = append(b.all, at)
}

// content is a script whose interpreter is another program of the world, or no
// program at all.
func (b *builder) content() string {
	switch b.rng.IntN(6) {
	case 0:
		return ""
	case 1:
		return "no program\n"
	case 2:
		return "#! " + path.Join(b.World.root(), "absent") + "\n"
	case 3:
		return "#!/bin/true"
	}
	return "#!\t" + pick(b.rng, b.progs) + " -x\n"
}

// symlink makes one that leads to something there, to another link or itself,
// or nowhere, by an absolute or a relative text.
func (b *builder) symlink(at string) {
	to := pick(b.rng, append([]string{at}, b.all...))
	switch b.rng.IntN(6) {
	case 0:
		to = path.Join(pick(b.rng, b.dirs), "absent")
	case 1, 2:
		if rel, err := filepath.Rel(path.Dir(at), to); err == nil {
			to = rel
		}
	}
	b.add(Step{Path: at, Kind: oracle.Symlink, To: to})
}

func (b *builder) special(i int, k oracle.Kind) {
	at := path.Join(pick(b.rng, b.dirs), fmt.Sprintf("n%d", i))
	switch k {
	case oracle.Symlink:
		b.symlink(at)
	case oracle.Dir:
		b.dir(at)
	case oracle.File:
		b.file(at, "", 0o644)
	case oracle.Socket:
		// A socket's address has room for no longer path.
		listen := pick(b.rng, []string{"", "unix", "unixgram"})
		if len(at) > 107 {
			listen = ""
		}
		b.add(Step{Path: at, Kind: k, Listen: listen, Mode: 0o666})
	case oracle.FIFO:
		b.add(Step{Path: at, Kind: k, Mode: 0o666})
	case oracle.Char:
		b.add(Step{Path: at, Kind: k, Mode: 0o666})
	case oracle.Block:
		if Root() { // it takes CAP_MKNOD
			b.add(Step{Path: at, Kind: k, Mode: 0o666})
		}
	}
}

// respell gives the same place another spelling, most of the time.
func (w *World) respell(rng *rand.Rand, p *places, at string) string {
	switch rng.IntN(24) {
	case 0:
		if rng.IntN(6) == 0 {
			at += "/"
		}
		return strings.Replace(at, "/", "//", 1)
	case 1:
		return path.Dir(at) + "/./" + path.Base(at)
	case 2, 3, 4:
		d := pick(rng, p.dirs)
		if rel, err := filepath.Rel(d, at); err == nil && strings.Count(rel, "..") < 4 && within(at, w.root()) {
			return d + "/" + rel
		}
	case 5:
		// Through a link that leads there, now and then through any.
		for _, link := range p.kinds[oracle.Symlink] {
			if p.ways[link] == path.Dir(at) || rng.IntN(20) == 0 {
				return link + "/" + path.Base(at)
			}
		}
	}
	return at
}
