package differential

import (
	"math/rand/v2"
	"os"
	"path"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// drafter makes policies up for one world.
type drafter struct {
	rng   *rand.Rand
	w     *World
	p     *places
	aim   *aim
	abi   int
	ports []int
	// loader is what runs dynamic programs, empty for none.
	loader string
}

// policies are one to sixteen layers each, or none at all: one that nearly
// grants everything, one that does, and one of another kind.
func (d *drafter) policies() [][]sandbox.Ruleset {
	draft := func(fill func([]sandbox.Ruleset)) []sandbox.Ruleset {
		layers := make([]sandbox.Ruleset, layersOf(d.rng, d.aim.depth))
		fill(layers)
		return layers
	}
	list := [][]sandbox.Ruleset{draft(d.nearMiss), draft(d.grantAll), nil}
	switch {
	case d.aim.variant.TwoPaths && d.aim.op.Name != "fs.change_topology" && d.rng.IntN(4) > 0:
		list[2] = draft(d.moves)
	case d.aim.depth > 0 || d.rng.IntN(4) > 0:
		list[2] = draft(d.atRandom)
	}
	return list
}

// nearMiss grants nearly everything, and has one layer, seldom two, lack the
// right that is aimed at except in a few places.
func (d *drafter) nearMiss(layers []sandbox.Ruleset) { d.most(layers, d.rng.IntN(len(layers))) }

// grantAll grants everything.
func (d *drafter) grantAll(layers []sandbox.Ruleset) { d.most(layers, -1) }

// most has all layers but the tight one grant nearly everything.
func (d *drafter) most(layers []sandbox.Ruleset, tight int) {
	all := sandbox.AllFS(d.abi)
	right := fsRight(d.aim.right)
	for i := range layers {
		l := &layers[i]
		lacks := i == tight || tight >= 0 && d.rng.IntN(8) == 0
		l.HandledFS = all
		if lacks && d.rng.IntN(4) == 0 { // or some of it
			l.HandledFS = sandbox.AccessFS(d.rng.Uint64())&all | right
		}
		if right == 0 && d.rng.IntN(3) > 0 {
			l.HandledFS = 0
		}
		d.net(l, lacks)
		d.scope(l, lacks)
		if d.abi >= 7 && d.rng.IntN(8) == 0 {
			l.Flags = pick(d.rng, []sandbox.RestrictFlags{sandbox.LogSameExecOff, sandbox.LogNewExecOn, sandbox.LogSubdomainsOff})
		}
		if d.aim.right == "fs.change_topology" {
			l.HandledFS = 0
			if i == tight {
				l.HandledFS = pick(d.rng, []sandbox.AccessFS{all, sandbox.Execute, sandbox.Refer})
			}
		}
		d.orHandle(l)
		if l.HandledFS == 0 {
			continue
		}
		wide := l.HandledFS
		if lacks && right != 0 {
			wide &^= right
		}
		if wide != 0 {
			top := "/"
			if lacks {
				top = pick(d.rng, []string{"/", "/", "/", d.w.Scratch, d.w.root()})
			}
			l.Paths = append(l.Paths, sandbox.PathRule{Parent: top, Access: wide})
		}
		if !lacks || right == 0 {
			continue
		}
		if d.loader != "" && d.aim.op.Name == "fs.execute" { // without it nothing runs
			d.rule(l, d.loader, right)
		}
		for range 1 + d.rng.IntN(3) {
			d.rule(l, d.place(), right|sandbox.AccessFS(d.rng.Uint64())&l.HandledFS)
		}
	}
}

// net has a layer handle TCP, and grant all ports but some.
func (d *drafter) net(l *sandbox.Ruleset, lacks bool) {
	aimed := d.aim.variant.Target == op.TargetAddr
	if d.abi < 4 || d.rng.IntN(4) > 0 && !aimed {
		return
	}
	both := sandbox.BindTCP | sandbox.ConnectTCP
	l.HandledNet = pick(d.rng, []sandbox.AccessNet{sandbox.BindTCP, sandbox.ConnectTCP, both, both})
	for _, port := range d.ports {
		access := l.HandledNet
		if lacks && d.rng.IntN(2) == 0 {
			access &= sandbox.AccessNet(d.rng.Uint64())
		}
		if access != 0 {
			l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(port), Access: access})
		}
	}
}

// scope has a layer restrict what reaches other processes.
func (d *drafter) scope(l *sandbox.Ruleset, lacks bool) {
	if d.abi < 6 {
		return
	}
	aimed := d.aim.variant.Target == op.TargetName || d.aim.right == "scope.signal"
	if aimed && lacks || !aimed && d.rng.IntN(12) == 0 {
		l.Scoped = 1 + sandbox.Scope(d.rng.IntN(3))
	}
	if aimed && lacks && d.rng.IntN(4) > 0 {
		l.Scoped = sandbox.AllScopes(d.abi)
	}
}

// orHandle has a layer that handles nothing handle something.
func (d *drafter) orHandle(l *sandbox.Ruleset) {
	if l.HandledFS != 0 || l.HandledNet != 0 || l.Scoped != 0 {
		return
	}
	if d.abi < 4 || d.aim.right != "fs.change_topology" && d.rng.IntN(2) == 0 {
		l.HandledFS = sandbox.MakeBlock
		return
	}
	l.HandledNet = sandbox.BindTCP
	for _, port := range d.ports {
		l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(port), Access: sandbox.BindTCP})
	}
}

// rule adds one that the engine takes, mostly.
func (d *drafter) rule(l *sandbox.Ruleset, parent string, access sandbox.AccessFS) {
	access &= l.HandledFS
	st, err := os.Stat(parent)
	usable := err == nil && access != 0 && (st.IsDir() || access&sandbox.AccessFile != 0)
	if usable || d.rng.IntN(400) == 0 {
		l.Paths = append(l.Paths, sandbox.PathRule{Parent: parent, Access: access, Optional: d.rng.IntN(2) == 0})
	}
}

// place is somewhere that a rule may speak of.
func (d *drafter) place() string {
	switch d.rng.IntN(12) {
	case 0:
		return pick(d.rng, []string{"/", "/usr", "/dev", d.w.Scratch, d.w.root(), path.Join(d.w.root(), "absent")})
	case 1:
		if d.loader != "" {
			return d.loader
		}
	case 2:
		if len(d.p.tops) > 0 {
			return pick(d.rng, d.p.tops)
		}
	case 3, 4:
		if len(d.p.links) > 0 {
			return pick(d.rng, d.p.links)
		}
	case 5, 6:
		// All of a world's files may be hidden under its mounts.
		if files := slices.Concat(d.p.files, d.p.far); len(files) > 0 {
			return pick(d.rng, files)
		}
	}
	return pick(d.rng, d.p.dirs)
}

// atRandom grants this and that.
func (d *drafter) atRandom(layers []sandbox.Ruleset) {
	all := sandbox.AllFS(d.abi)
	sets := []sandbox.AccessFS{
		all, all, all &^ sandbox.Refer, all &^ sandbox.Execute,
		sandbox.Execute | sandbox.ReadFile | sandbox.ReadDir,
		sandbox.WriteFile | sandbox.Truncate | sandbox.MakeReg | sandbox.RemoveFile,
		all &^ (sandbox.Execute | sandbox.ReadFile), sandbox.Refer | sandbox.MakeReg | sandbox.RemoveFile,
	}
	random := func() sandbox.AccessFS {
		if d.rng.IntN(3) > 0 {
			return pick(d.rng, sets) & all
		}
		return sandbox.AccessFS(d.rng.Uint64()) & all
	}
	for i := range layers {
		l := &layers[i]
		l.HandledFS = pick(d.rng, []sandbox.AccessFS{random(), all, all, 0})
		d.net(l, true)
		d.scope(l, true)
		d.orHandle(l)
		if l.HandledFS == 0 {
			continue
		}
		if d.rng.IntN(5) > 0 {
			d.rule(l, pick(d.rng, []string{"/", d.w.root(), pick(d.rng, d.p.dirs)}), pick(d.rng, []sandbox.AccessFS{all, all, all, all &^ sandbox.Refer, random()}))
		}
		for range d.rng.IntN(5) {
			d.rule(l, d.place(), random())
		}
	}
}

// moves is a policy under which names may be moved about, and a few places
// that differ in one right each: what a move gains decides.
func (d *drafter) moves(layers []sandbox.Ruleset) {
	all := sandbox.AllFS(d.abi)
	move := all &^ (sandbox.AccessFile | sandbox.ReadDir)
	places := append([]string{"/", "/", d.w.Scratch, "/dev", d.w.root()}, d.p.dirs...)
	places = append(places, d.p.kinds[oracle.File]...)
	uneven := d.rng.IntN(len(layers))
	for i := range layers {
		l := &layers[i]
		l.HandledFS = all
		if i != uneven && d.rng.IntN(3) > 0 {
			l.Paths = []sandbox.PathRule{{Parent: "/", Access: all}}
			continue
		}
		l.Paths = []sandbox.PathRule{{Parent: pick(d.rng, []string{"/", d.w.root()}), Access: move}}
		for range 1 + d.rng.IntN(3) {
			right := pick(d.rng, []sandbox.AccessFS{sandbox.Execute, sandbox.ReadFile, sandbox.ReadDir, sandbox.Truncate, sandbox.MakeChar})
			for range 1 + d.rng.IntN(3) {
				d.rule(l, pick(d.rng, places), right)
			}
		}
		if d.rng.IntN(3) == 0 {
			l.Paths[0].Access &^= pick(d.rng, []sandbox.AccessFS{sandbox.Refer, sandbox.MakeReg, sandbox.RemoveFile, sandbox.MakeDir, fsRight(d.aim.right)})
		}
	}
}
