package differential

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// aim is what a round tries to see both answers to: one right of one variant,
// under that many layers. A right may be empty, for what Landlock does not
// mediate.
type aim struct {
	op      op.Op
	variant op.Variant
	right   string // as the audit log prints it
	depth   int    // bucket of layers, from 0: see depthOf
}

// The depths that are told apart: one to four layers, and more.
const (
	depths    = 5
	maxLayers = 16
)

func depthOf(layers int) int { return min(layers, depths) - 1 }

// layersOf is a number of layers of that depth.
func layersOf(rng *rand.Rand, depth int) int {
	if depth < depths-1 {
		return depth + 1
	}
	if rng.IntN(4) == 0 {
		return maxLayers
	}
	return depths + rng.IntN(maxLayers-depths)
}

// aims is everything that can be aimed at, on a kernel with that ABI and by
// whoever asks, nil for root.
func aims(abi int, who *oracle.Cred, only string) []aim {
	var list []aim
	for _, o := range op.All() {
		if only != "" && o.Name != only {
			continue
		}
		for _, v := range o.Variants {
			for _, right := range rightsOf(&o, &v, abi, who) {
				for depth := range depths {
					list = append(list, aim{op: o, variant: v, right: right, depth: depth})
				}
			}
		}
	}
	return list
}

// rightsOf is what an attempt may be denied for: one empty right when Landlock
// does not mediate it.
func rightsOf(o *op.Op, v *op.Variant, abi int, who *oracle.Cred) []string {
	rights := v.Rights
	switch {
	case len(v.Denied) == 0 && !able(o, v, who):
		return nil
	case len(v.Denied) == 0:
		return []string{""}
	case len(rights) == 0:
		rights = []string{o.Name}
	}
	return slices.DeleteFunc(slices.Clone(rights), func(right string) bool { return !possible(v, right, abi, who) })
}

// able says whether whoever asks has the capability that a call takes which
// Landlock does not mediate.
func able(o *op.Op, v *op.Variant, who *oracle.Cred) bool {
	var takes oracle.Caps
	switch {
	case who == nil:
		return true
	case o.Name == "syscall.chroot":
		takes = oracle.CapSysChroot
	case o.Name == "syscall.clone" && v.Name == "pidns":
		takes = oracle.CapSysAdmin
	case o.Name == "syscall.socket" && v.Name != "netlink":
		return false // nor is it known whose the network is
	}
	return who.Caps&takes == takes
}

// possible says whether both answers can be had for a right of a variant here.
func possible(v *op.Variant, right string, abi int, who *oracle.Cred) bool {
	switch {
	case v.Target == op.TargetName || right == "scope.signal":
		return abi >= 6
	case strings.HasPrefix(right, "net."):
		return abi >= 4
	case right == "fs.make_block":
		return who == nil // it takes a capability besides, and so does the next
	case right == "fs.change_topology":
		return who == nil || who.Caps&oracle.CapSysAdmin != 0
	case right == "ptrace" && v.Name == "proc_environ":
		return false // CAP_PERFMON opens it, or the model cannot tell
	case right == "ptrace":
		return who == nil || v.Name == "kcmp" // a module such as Yama may deny it too
	}
	access := fsRight(right)
	return access == 0 || access&sandbox.AllFS(abi) != 0
}

// fsRight is the right's bit, 0 for one that is not about files.
func fsRight(right string) sandbox.AccessFS {
	access, _ := sandbox.FSRight(strings.TrimPrefix(right, "fs."))
	return access
}

func (a *aim) cell() Cell {
	return Cell{Op: a.op.Name, Syscall: a.variant.Name, Right: a.right, Layers: layerNames[a.depth]}
}

// kinds is what a world needs for the aim: what is moved or linked decides
// which right to make a name is asked for.
func (a *aim) kinds() []oracle.Kind {
	if !a.variant.TwoPaths {
		return nil
	}
	if k := kindOf(a.right); k != "" {
		return []oracle.Kind{k, k}
	}
	return nil
}

// kindOf is what a right to make a name is about, empty for any other right.
func kindOf(right string) oracle.Kind {
	switch right {
	case "fs.make_char":
		return oracle.Char
	case "fs.make_block":
		return oracle.Block
	case "fs.make_fifo":
		return oracle.FIFO
	case "fs.make_sock":
		return oracle.Socket
	case "fs.make_sym":
		return oracle.Symlink
	case "fs.make_reg", "fs.remove_file":
		return oracle.File
	case "fs.make_dir", "fs.remove_dir":
		return oracle.Dir
	}
	return ""
}

// costly says that an attempt takes milliseconds, most of them in the kernel's
// waits: few of those are made.
func (a *aim) costly() bool {
	switch {
	case a.op.Name == "fs.execute", a.op.Name == "ptrace", a.op.Name == "scope.signal", a.op.Name == "syscall.clone":
		return true
	case a.variant.Name == "inotify_add_watch", a.variant.Name == "packet", a.variant.Name == "exec":
		return true
	}
	return a.op.Name == "fs.change_topology"
}
