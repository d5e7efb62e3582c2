package landlock

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Host is what a lint may know of the kernel and the files a policy is for.
type Host struct {
	ABI int // the kernel's; 0: not known, nothing is said about it
	// Real is a file's path with every link followed, and whether it is a
	// folder. An error means that it is not there. nil: nothing is said about
	// files.
	Real func(path string) (real string, dir bool, err error)
}

// Lint tells what the layers of a policy, outermost first, say that their
// author may not mean. vars are the variables that observations set. The layers
// must resolve. Findings without a place are about the policy as a whole.
func Lint(layers []Layer, vars map[string][]string, host Host) []Finding {
	l := linter{host: host, layers: layers, real: map[string]realFile{}}
	for i := range layers {
		l.add(i, vars)
	}
	l.open()
	l.abi()
	for i := range l.parts {
		l.words(i)
		l.composition(i)
		l.parents(i)
		l.ports(i)
		l.refer(i)
		l.idle(i)
	}
	l.optional()
	if n := len(layers); n > MaxLayers {
		l.find(CodeTooManyLayers, Warning, n-1, Place{}, "has %d layers, and the kernel takes %d: applying the next gives E2BIG", n, MaxLayers)
	}
	return sortFindings(l.found)
}

type linter struct {
	host   Host
	layers []Layer
	parts  []part
	found  []Finding

	real map[string]realFile // what host.Real has said
}

type realFile struct {
	path string
	dir  bool
	err  error
}

func (l *linter) file(path string) (real string, dir bool, err error) {
	f, known := l.real[path]
	if !known {
		f.path, f.dir, f.err = l.host.Real(path)
		l.real[path] = f
	}
	return f.path, f.dir, f.err
}

// part is one layer, composed and expanded.
type part struct {
	config *Config
	rules  Ruleset
	grants []grant
}

// grant is one parent of a rule with the paths it stands for.
type grant struct {
	PathGrant
	paths  []string
	onHost bool // the paths depend on no variable of an observation
}

func (l *linter) add(layer int, vars map[string][]string) {
	p := part{config: l.layers[layer].Config()}
	p.rules, _ = l.layers[layer].Resolve(vars) // the caller has seen it resolve
	known := make(map[string][]string, len(vars))
	for _, m := range []map[string][]string{vars, p.config.Variables} {
		for name, values := range m {
			known[name] = values
		}
	}
	for _, g := range p.config.Paths {
		paths, err := g.Parent.Expand(known, maxPaths)
		if err != nil {
			continue
		}
		for i := range paths {
			paths[i] = filepath.Clean(paths[i])
		}
		outside := func(name string) bool { _, ok := vars[name]; return ok }
		p.grants = append(p.grants, grant{g, paths, !slices.ContainsFunc(g.Parent.Variables(), outside)})
	}
	l.parts = append(l.parts, p)
}

func (l *linter) find(code Code, level Level, layer int, at Place, format string, args ...any) {
	l.found = append(l.found, Finding{Code: code, Level: level, Place: at, Layer: layer, Msg: fmt.Sprintf(format, args...)})
}

// top is where findings about the whole of a layer's first text stand.
func (l *linter) top(layer int) Place {
	c := l.layers[layer].Texts[0]
	return Place{c.File, c.HandledLine}
}

// handled is what any layer restricts. A layer that handles any file-system
// right denies refer wherever it does not grant it.
func (l *linter) handled() (fs AccessFS, net AccessNet, scoped Scope) {
	for _, p := range l.parts {
		fs |= p.rules.HandledFS
		net |= p.rules.HandledNet
		scoped |= p.rules.Scoped
	}
	if fs != 0 {
		fs |= Refer
	}
	return fs, net, scoped
}

// writtenFor is the ABI the texts were written for: the newest they declare,
// or the oldest that has what they use.
func (l *linter) writtenFor() int {
	abi := 0
	for _, layer := range l.layers {
		for _, t := range layer.Texts {
			abi = max(abi, t.ABI)
		}
	}
	if abi == 0 {
		for _, p := range l.parts {
			abi = max(abi, MinABI(p.rules))
		}
	}
	return abi
}

// open finds rights that stay allowed because nothing handles them.
func (l *linter) open() {
	abi := l.writtenFor()
	fs, net, scoped := l.handled()
	open := func(code Code, what string, none bool, missing []string) {
		switch {
		case len(missing) == 0:
		case none:
			l.find(code, Note, 0, l.top(0), "no %s is handled: nothing of the kind is restricted", what)
		default:
			l.find(code, Warning, 0, l.top(0), "not handled, so allowed everywhere: %s; handle them in a ruleset", strings.Join(missing, ", "))
		}
	}
	open(CodeOpenFS, "file-system right", fs == 0, (AllFS(abi) &^ fs).AuditNames())
	open(CodeOpenNet, "network right", net == 0, (AllNet(abi) &^ net).AuditNames())
	open(CodeOpenScope, "scope", scoped == 0, (AllScopes(abi) &^ scoped).AuditNames())
}

// abi compares what the texts declare with what they use and with the kernel.
func (l *linter) abi() {
	for i, layer := range l.layers {
		for _, t := range layer.Texts {
			var r Ruleset
			r.HandledFS, r.HandledNet, r.Scoped = t.Handled()
			if need := MinABI(r); t.ABI != 0 && need > t.ABI {
				var lacking *ABIError
				errors.As(r.CheckABI(t.ABI), &lacking)
				l.find(CodeUndeclared, Warning, i, Place{t.File, t.ABILine}, "declares abi %d and uses %s of abi %d; raise abi", t.ABI, strings.Join(lacking.Rights, ", "), need)
			}
		}
		if l.host.ABI == 0 {
			continue
		}
		if err := l.parts[i].rules.CheckABI(l.host.ABI); err != nil {
			c := layer.Texts[0]
			l.find(CodeNewABI, Warning, i, Place{c.File, c.ABILine}, "%v: scenarios under it are blocked on this kernel", err)
		}
	}
	kernel, written := min(l.host.ABI, LatestABI), l.writtenFor()
	fs, net, scoped := l.handled()
	newer := (AllFS(kernel) &^ AllFS(written) &^ fs).AuditNames()
	newer = append(newer, (AllNet(kernel) &^ AllNet(written) &^ net).AuditNames()...)
	newer = append(newer, (AllScopes(kernel) &^ AllScopes(written) &^ scoped).AuditNames()...)
	if len(newer) > 0 {
		c := l.layers[0].Texts[0]
		l.find(CodeOldABI, Note, 0, Place{c.File, c.ABILine}, "written for abi %d: this kernel has abi %d and does not restrict %s either", written, l.host.ABI, strings.Join(newer, ", "))
	}
}

// words reports words without effect and variables without use.
func (l *linter) words(layer int) {
	used := map[string]bool{}
	for _, t := range l.layers[layer].Texts {
		for _, f := range t.Remarks {
			f.Layer = layer
			l.found = append(l.found, f)
		}
		for _, g := range t.Paths {
			for _, name := range g.Parent.Variables() {
				used[name] = true
			}
		}
	}
	for name, at := range l.parts[layer].config.Defined {
		if !used[name] {
			l.find(CodeUnusedValue, Warning, layer, at, "variable %q is used by no parent; remove it", name)
		}
	}
}
