package landlock

import (
	"fmt"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

func hold(layers []Ruleset, scratch string) (_ *Held, rep Report, err error) {
	rep.API = apiCreateRuleset
	abi, err := abiVersion()
	if err != nil {
		return nil, rep.after(apiCreateRuleset, err), err
	}
	h := &Held{layers: layers, abi: abi, scratch: scratch, parents: make([][]parent, len(layers))}
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	for i := range layers {
		if err := layers[i].CheckABI(abi); err != nil {
			return nil, rep, fmt.Errorf("layer %d: %w", i, err)
		}
		for j := range layers[i].Paths {
			rule := &layers[i].Paths[j]
			p := parent{fd: -1}
			if _, inScratch := h.at(rule.Parent, ""); !inScratch {
				if p, err = rep.open(i, rule, rule.Parent); err != nil {
					return nil, rep, err
				}
			}
			h.parents[i] = append(h.parents[i], p)
		}
	}
	return h, rep, nil
}

func (h *Held) close() {
	for _, layer := range h.parents {
		for _, p := range layer {
			if p.fd >= 0 {
				unix.Close(p.fd)
			}
		}
	}
	h.parents = nil
}

func (h *Held) has(fd int) bool {
	for _, layer := range h.parents {
		if slices.ContainsFunc(layer, func(p parent) bool { return p.fd == fd }) {
			return true
		}
	}
	return false
}

func (h *Held) build(scratch string) (_ *Built, _ Report, err error) {
	b := &Built{held: h, rep: Report{API: apiCreateRuleset}, rulesets: make([]int, 0, len(h.layers))}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	for i := range h.layers {
		fd, err := b.rep.create(i, &h.layers[i])
		if err != nil {
			return nil, b.rep, err
		}
		b.rulesets = append(b.rulesets, fd)
		if err := h.addRules(&b.rep, i, fd, scratch); err != nil {
			return nil, b.rep, err
		}
	}
	return b, b.rep, nil
}

func (b *Built) close() {
	for _, fd := range b.rulesets {
		unix.Close(fd)
	}
	b.rulesets = nil
}

func (b *Built) enforce(o *Options) (Report, error) {
	h, rep := b.held, b.rep
	if !o.NewPrivs {
		if err := rep.call(apiPrctl, -1, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); err != nil {
			return rep, err
		}
	}
	for i, fd := range b.rulesets {
		if o.Tag != "" {
			if err := rep.call(apiPrctl, i, nameThread(o.Tag, i)); err != nil {
				return rep, err
			}
		}
		if err := rep.call(apiRestrictSelf, i, sysRestrictSelf(fd, o.flags(h.layers[i].Flags, h.abi))); err != nil {
			return rep, err
		}
		rep.Layers++
	}
	return rep, nil
}

func (h *Held) addRules(rep *Report, layer, ruleset int, scratch string) error {
	for i := range h.layers[layer].Paths {
		rule := &h.layers[layer].Paths[i]
		path, inScratch := h.at(rule.Parent, scratch)
		var p parent
		var err error
		if inScratch {
			p, err = rep.open(layer, rule, path)
		} else {
			p, err = h.current(rep, layer, i)
		}
		if err != nil {
			return err
		}
		if p.absent {
			rep.Skipped = append(rep.Skipped, path)
		} else {
			err = rep.addPath(layer, ruleset, path, p)
		}
		if inScratch && p.fd >= 0 {
			unix.Close(p.fd)
		}
		if err != nil {
			return err
		}
	}
	return rep.addPorts(layer, ruleset, h.layers[layer].Ports)
}

// current is a parent on the host, opened again when its path names something
// else than it did: folders are replaced, and optional ones appear.
func (h *Held) current(rep *Report, layer, i int) (parent, error) {
	rule, p := &h.layers[layer].Paths[i], &h.parents[layer][i]
	var now unix.Stat_t
	switch err := unix.Stat(rule.Parent, &now); {
	case p.absent && err != nil:
		return *p, nil // Hold would have said what is wrong but absence
	case !p.absent && err == nil && uint64(now.Dev) == p.dev && now.Ino == p.ino:
		return *p, nil
	}
	fresh, err := rep.open(layer, rule, rule.Parent)
	if err != nil {
		return parent{}, err
	}
	if p.fd >= 0 {
		unix.Close(p.fd)
	}
	*p = fresh
	return fresh, nil
}

// nameThread names the calling thread for a layer of a tag, as CutTag reads it.
func nameThread(tag string, layer int) error {
	var name [TagMax + 16]byte
	b := append(appendTag(name[:0], tag, layer), 0)
	// Not unix.Prctl: a pointer that becomes a number stays good in the call
	// itself alone, and the stack may move on the way there.
	if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0); errno != 0 {
		return errno
	}
	return nil
}
