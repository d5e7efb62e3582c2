package landlock

import (
	"fmt"
	"strconv"
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

func (h *Held) apply(scratch string, o *Options) (rep Report, err error) {
	rep.API = apiCreateRuleset
	rulesets := make([]int, 0, len(h.layers))
	defer func() {
		for _, fd := range rulesets {
			unix.Close(fd)
		}
	}()
	for i := range h.layers {
		fd, err := rep.create(i, &h.layers[i])
		if err != nil {
			return rep, err
		}
		rulesets = append(rulesets, fd)
		if err := h.addRules(&rep, i, fd, scratch); err != nil {
			return rep, err
		}
	}
	if !o.NewPrivs {
		if err := rep.call(apiPrctl, -1, unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); err != nil {
			return rep, err
		}
	}
	for i, fd := range rulesets {
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
		rule, p := &h.layers[layer].Paths[i], h.parents[layer][i]
		path, inScratch := h.at(rule.Parent, scratch)
		if inScratch {
			var err error
			if p, err = rep.open(layer, rule, path); err != nil {
				return err
			}
		}
		var err error
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

// nameThread names the calling thread tag.layer, the layer in base 36.
func nameThread(tag string, layer int) error {
	var name [TagMax + 16]byte
	b := append(name[:0], tag...)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(layer), 36)
	b = append(b, 0)
	// Not unix.Prctl: a pointer that becomes a number stays good in the call
	// itself alone, and the stack may move on the way there.
	if _, _, errno := unix.RawSyscall(unix.SYS_PRCTL, unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0); errno != 0 {
		return errno
	}
	return nil
}
