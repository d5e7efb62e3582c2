package landlock_test

import (
	"os"
	"path"

	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// policy is one to three layers that grant this and that, or none at all.
func (d *differential) policy(w *world) []sandbox.Ruleset {
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
	parents := append([]string{"/", "/", "/usr", path.Dir(w.root), w.root, w.root}, w.dirs...)
	parents = append(parents, w.dirs...)
	parents = append(parents, w.files...)
	if d.farBase != "" {
		parents = append(parents, "/dev")
	}
	if loader := d.program.detail.Loader; loader != "" {
		parents = append(parents, loader)
	}
	switch d.rng.IntN(12) {
	case 0:
		return nil
	case 1, 2, 3, 4:
		w.moving = true
		return d.moves(w)
	}
	var layers []sandbox.Ruleset
	for range 1 + d.rng.IntN(3) {
		l := sandbox.Ruleset{HandledFS: random()}
		if d.rng.IntN(2) == 0 {
			l.HandledFS = all
		}
		if d.abi >= 4 && d.rng.IntN(3) == 0 {
			l.HandledNet = pick(d.rng, []sandbox.AccessNet{sandbox.BindTCP, sandbox.ConnectTCP, sandbox.BindTCP | sandbox.ConnectTCP})
			if d.rng.IntN(8) == 0 {
				l.HandledFS = 0
			}
		}
		if d.abi >= 6 && d.rng.IntN(3) == 0 {
			l.Scoped = 1 + sandbox.Scope(d.rng.IntN(3))
			if d.rng.IntN(4) == 0 {
				l.HandledFS = 0
			}
		}
		if d.abi >= 7 && d.rng.IntN(6) == 0 {
			l.Flags = pick(d.rng, []sandbox.RestrictFlags{sandbox.LogSameExecOff, sandbox.LogNewExecOn, sandbox.LogSubdomainsOff})
		}
		if l.HandledFS != 0 && d.rng.IntN(5) > 0 {
			wide := pick(d.rng, []sandbox.AccessFS{all, all, all, all &^ sandbox.Refer, random()}) & l.HandledFS
			if wide != 0 {
				l.Paths = append(l.Paths, sandbox.PathRule{Parent: pick(d.rng, []string{"/", w.root, w.dirs[1]}), Access: wide})
			}
		}
		for range d.rng.IntN(5) {
			r := sandbox.PathRule{Parent: pick(d.rng, parents), Access: random() & l.HandledFS}
			if d.rng.IntN(200) == 0 {
				r.Parent = path.Join(w.root, "absent")
			}
			r.Optional = d.rng.IntN(2) == 0
			// A rule without rights is one the engine refuses: rarely.
			st, err := os.Stat(r.Parent)
			usable := err == nil && r.Access != 0 && (st.IsDir() || r.Access&sandbox.AccessFile != 0)
			if usable || d.rng.IntN(100) == 0 {
				l.Paths = append(l.Paths, r)
			}
		}
		for range d.rng.IntN(3) {
			if access := sandbox.AccessNet(d.rng.Uint64()) & l.HandledNet; access != 0 {
				l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(pick(d.rng, d.peers.ports)), Access: access})
			}
		}
		if l.HandledFS == 0 && l.HandledNet == 0 && l.Scoped == 0 {
			l.HandledFS = sandbox.ReadFile
		}
		layers = append(layers, l)
	}
	return layers
}

// moves is a policy under which names may be moved about, and a few places
// that differ in one right each: what a move gains decides.
func (d *differential) moves(w *world) []sandbox.Ruleset {
	all := sandbox.AllFS(d.abi)
	move := all &^ (sandbox.AccessFile | sandbox.ReadDir)
	places := append(w.near(), "/", "/", path.Dir(w.root), "/dev", w.root)
	places = append(places, w.regular()...)
	var layers []sandbox.Ruleset
	for range 1 + d.rng.IntN(2) {
		l := sandbox.Ruleset{HandledFS: all, Paths: []sandbox.PathRule{{Parent: pick(d.rng, []string{"/", w.root}), Access: move}}}
		for range 1 + d.rng.IntN(3) {
			right := pick(d.rng, []sandbox.AccessFS{sandbox.Execute, sandbox.ReadFile, sandbox.ReadDir, sandbox.Truncate, sandbox.MakeChar})
			for range 1 + d.rng.IntN(3) {
				place := pick(d.rng, places)
				if st, err := os.Stat(place); err == nil && (st.IsDir() || right&sandbox.AccessFile != 0) {
					l.Paths = append(l.Paths, sandbox.PathRule{Parent: place, Access: right, Optional: true})
				}
			}
		}
		if d.rng.IntN(3) == 0 {
			l.Paths[0].Access &^= pick(d.rng, []sandbox.AccessFS{sandbox.Refer, sandbox.MakeReg, sandbox.RemoveFile, sandbox.MakeDir})
		}
		layers = append(layers, l)
	}
	return layers
}
