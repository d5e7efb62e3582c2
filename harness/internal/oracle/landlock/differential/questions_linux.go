package differential

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// asker makes questions up about one world.
type asker struct {
	rng       *rand.Rand
	w         *World
	p         *places
	aim       *aim
	all       []op.Op
	only      string
	host      *sockets
	processes *processes
	listening []oracle.Listener // in the world
	confined  bool              // by at least one layer
}

// operation is what is aimed at half of the time, and anything otherwise.
func (a *asker) operation() (op.Op, op.Variant) {
	if a.rng.IntN(2) == 0 && (!a.aim.costly() || a.rng.IntN(3) == 0) {
		return a.aim.op, a.aim.variant
	}
	for range 8 {
		o := pick(a.rng, a.all)
		if a.rng.IntN(8) == 0 {
			o = *must(op.Lookup(pick(a.rng, []string{"syscall.rename", "syscall.link", "fs.refer"})))
		}
		v := pick(a.rng, o.Variants)
		other := aim{op: o, variant: v}
		if (a.only == "" || o.Name == a.only) && (!other.costly() || a.rng.IntN(24) == 0) {
			return o, v
		}
	}
	return a.aim.op, a.aim.variant
}

// question is an operation and what mostly suits it; false when nothing does.
func (a *asker) question() (q Question, ok bool) {
	o, v := a.operation()
	q.Op, q.Syscall = o.Name, v.Name
	switch v.Target {
	case op.TargetAddr:
		q.Target = a.address(v.Name)
	case op.TargetName:
		q.Target = a.socketName(v.Name)
	case op.TargetText:
		q.Target = "text"
		if len(v.Keywords) > 0 {
			q.Target = pick(a.rng, v.Keywords)
		}
	case op.TargetProcess:
		if a.w.Plain { // whose thread is not one of its process's own kind
			return q, false
		}
		q.Target = a.process(o.Name, v.Name)
	default:
		a.paths(&o, &v, &q)
	}
	return q, q.Target != ""
}

func (a *asker) address(variant string) string {
	port := pick(a.rng, a.host.ports)
	switch {
	case variant == "bind_unspec" && a.rng.IntN(8) > 0:
		return fmt.Sprintf("0.0.0.0:%d", port)
	case a.rng.IntN(4) == 0 && port == a.host.ports[len(a.host.ports)-1]:
		return fmt.Sprintf("localhost:%d", port)
	case a.rng.IntN(5) == 0 && a.host.ipv6:
		return fmt.Sprintf("[::1]:%d", port)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func (a *asker) socketName(variant string) string {
	ending := "-datagram"
	if variant == "connect" {
		ending = "-stream"
	}
	switch a.rng.IntN(24) {
	case 0:
		return "@nobody"
	case 1:
		ending = "-nobody"
	case 2:
		ending = pick(a.rng, []string{"-stream", "-datagram"})
	}
	return "@" + a.host.unique + ending
}

func (a *asker) process(name, variant string) string {
	outside := strconv.Itoa(a.processes.outside())
	targets := []string{"self", "child", "child", outside, outside}
	// What nobody may take hold of without a policy is left alone.
	if a.confined || name == "scope.signal" {
		if name == "scope.signal" && variant != "kill_term" {
			targets = append(targets, "1")
		}
		if a.processes.parent && variant != "kill_term" {
			targets = append(targets, "parent")
		}
		if variant != "kill_term" && a.rng.IntN(8) == 0 {
			targets = append(targets, strconv.Itoa(a.processes.stranger.Process.Pid))
		}
	}
	return pick(a.rng, targets)
}

// mostly picks one of list, and now and then anything that is there.
func (a *asker) mostly(list []string) string {
	if len(list) == 0 || a.rng.IntN(24) == 0 {
		return pick(a.rng, slices.Concat(a.p.files, a.p.dirs, a.p.far))
	}
	at := pick(a.rng, list)
	// A file that has several names is asked about by each of them.
	if len(a.p.links) > 0 && a.rng.IntN(6) == 0 && slices.Contains(a.p.kinds[oracle.File], at) {
		at = pick(a.rng, a.p.links)
	}
	return at
}

// free is a name that mostly nothing has.
func (a *asker) free() string {
	name := "new"
	if a.rng.IntN(24) == 0 {
		name = pick(a.rng, []string{"f0", "d1"})
	}
	return path.Join(a.mostly(a.p.dirs), name)
}

// paths picks a target, and a source where one is needed.
func (a *asker) paths(o *op.Op, v *op.Variant, q *Question) {
	regular := a.p.kinds[oracle.File]
	switch {
	case o.Name == "fs.execute":
		q.Target = a.mostly(append(slices.Clone(a.p.progs), "/bin/true"))
	case o.Name == "fs.read_dir", o.Name == "syscall.chdir", o.Name == "syscall.chroot", o.Name == "fs.write_file" && v.Name == "tmpfile":
		q.Target = a.mostly(a.p.dirs)
	case o.Name == "fs.remove_dir":
		q.Target = a.mostly(append(slices.Clone(a.p.empty), a.p.empty...))
	case o.Name == "fs.ioctl_dev":
		q.Target = a.mostly([]string{"/dev/urandom", "/dev/null", "/dev/ptmx"})
	case o.Name == "fs.change_topology":
		q.Source, q.Target = a.mostly(a.p.dirs[1:]), a.mostly(a.p.dirs[1:])
	case strings.HasPrefix(o.Name, "fs.make_"), v.Name == "open_creat", v.Name == "creat_rdonly":
		q.Target, q.Source = a.free(), ""
		if o.Name == "fs.make_sym" {
			q.Source = "text"
		}
	case o.Name == "syscall.readlink":
		if len(a.p.kinds[oracle.Symlink]) > 0 {
			q.Target = a.mostly(a.p.kinds[oracle.Symlink])
		}
	case v.Name == "unix":
		if list := a.answering(o.Name == "syscall.connect"); len(list) > 0 {
			q.Target = a.mostly(list)
		}
	case v.TwoPaths:
		a.move(o, v, q)
	case len(regular) > 0:
		q.Target = a.mostly(append(slices.Clone(regular), pick(a.rng, a.p.files)))
	}
	if q.Target == "" {
		return
	}
	if v.TwoPaths {
		q.Source = a.w.respell(a.rng, a.p, q.Source)
	}
	q.Target = a.w.respell(a.rng, a.p, q.Target)
}

// answering is where a stream or a datagram socket answers.
func (a *asker) answering(stream bool) []string {
	var list []string
	for _, l := range a.listening {
		if stream == (l.Network == "unix") && len(l.Address) < 108 {
			list = append(list, l.Address)
		}
	}
	return list
}

// move picks two places of a link or a rename; of an operation that is aimed at,
// what is moved is of the kind that its right is about.
func (a *asker) move(o *op.Op, v *op.Variant, q *Question) {
	movable := slices.Clone(a.p.files)
	if !strings.HasPrefix(v.Name, "link") {
		movable = append(movable, a.p.empty...)
	}
	aimed := o.Name == a.aim.op.Name && v.Name == a.aim.variant.Name
	if kind := kindOf(a.aim.right); aimed && kind != "" && a.rng.IntN(4) > 0 {
		movable = a.p.kinds[kind]
		if kind == oracle.Dir {
			movable = slices.Concat(a.p.empty, a.p.empty, a.p.dirs[1:])
		}
	}
	q.Source = a.mostly(movable)
	replaces := a.rng.IntN(12) == 0 && !strings.HasPrefix(v.Name, "link")
	for range 8 {
		q.Target = a.free()
		switch {
		case v.Name == "exchange" || replaces && a.rng.IntN(2) == 0:
			q.Target = a.mostly(append(slices.Clone(a.p.files), a.p.empty...))
		case replaces:
			q.Target = a.mostly(movable)
		}
		apart := path.Dir(q.Source) != path.Dir(q.Target)
		if (apart || o.Name != "fs.refer") && (a.rng.IntN(12) == 0 || a.p.mounts[path.Dir(q.Source)] == a.p.mounts[path.Dir(q.Target)]) {
			break
		}
	}
	if a.rng.IntN(6) == 0 && o.Name != "fs.refer" && v.Name != "exchange" {
		q.Target = path.Join(path.Dir(q.Source), "new")
	}
}

func must(o *op.Op, ok bool) *op.Op {
	if !ok {
		panic("bug: the op table lacks an operation that is aimed at")
	}
	return o
}
