package landlock_test

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// question picks an operation and what mostly suits it; nil when nothing does.
func (d *differential) question(w *world, q *oracle.Question) *op.Variant {
	o := pick(d.rng, op.All())
	switch {
	case d.only != "":
		o = *must(op.Lookup(d.only))
	case d.rng.IntN(6) == 0 || w.moving && d.rng.IntN(4) > 0:
		o = *must(op.Lookup(pick(d.rng, []string{"syscall.rename", "syscall.link", "fs.refer"})))
	}
	v := pick(d.rng, o.Variants)
	q.Op, q.Syscall = o.Name, v.Name
	switch v.Target {
	case op.TargetAddr:
		q.Target = d.address(v.Name)
	case op.TargetName:
		q.Target = pick(d.rng, []string{"-stream", "-datagram", "-nobody"})
		if d.rng.IntN(3) > 0 {
			q.Target = map[bool]string{true: "-stream", false: "-datagram"}[v.Name == "connect"]
		}
		q.Target = "@" + d.peers.unique + q.Target
		if d.rng.IntN(20) == 0 {
			q.Target = "@nobody"
		}
	case op.TargetText:
		q.Target = "text"
		if len(v.Keywords) > 0 {
			q.Target = pick(d.rng, v.Keywords)
		}
	case op.TargetProcess:
		if w.plain { // whose thread is not one of its process's own kind
			return nil
		}
		q.Target = d.process(o.Name, v.Name, len(q.Layers) > 0)
	default:
		d.paths(w, &o, &v, q)
		if q.Target == "" {
			return nil
		}
	}
	return &v
}

func (d *differential) address(variant string) string {
	port := pick(d.rng, d.peers.ports)
	switch {
	case variant == "bind_unspec" && d.rng.IntN(8) > 0:
		return fmt.Sprintf("0.0.0.0:%d", port)
	case d.rng.IntN(4) == 0 && port == d.peers.ports[len(d.peers.ports)-1]:
		return fmt.Sprintf("localhost:%d", port)
	case d.rng.IntN(5) == 0 && d.peers.ipv6:
		return fmt.Sprintf("[::1]:%d", port)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

func (d *differential) process(name, variant string, confined bool) string {
	targets := []string{"self", "child", "child", strconv.Itoa(d.peers.outside()), strconv.Itoa(d.peers.outside())}
	// What nobody may take hold of without a policy is left alone.
	if confined || name == "scope.signal" {
		if name == "scope.signal" {
			targets = append(targets, "1")
		}
		if d.peers.parent {
			targets = append(targets, "parent")
		}
		if variant != "kill_term" && d.rng.IntN(4) == 0 {
			targets = append(targets, strconv.Itoa(d.peers.stranger.Process.Pid))
		}
	}
	return pick(d.rng, targets)
}

// paths picks a target, and a source where one is needed.
func (d *differential) paths(w *world, o *op.Op, v *op.Variant, q *oracle.Question) {
	dirs, files := w.near(), w.regular()
	there := append(slices.Clone(w.files), w.dirs...)
	mostly := func(list []string) string {
		if len(list) == 0 || d.rng.IntN(15) == 0 {
			return pick(d.rng, there)
		}
		return pick(d.rng, list)
	}
	free := func() string {
		return path.Join(mostly(dirs), pick(d.rng, []string{"new", "new", "new", "new", "new", "new", "new", "new", "new", "new", "f0", "d1"}))
	}
	switch {
	case o.Name == "fs.execute":
		q.Target = mostly(append(slices.Clone(w.progs), "/bin/true"))
	case o.Name == "fs.read_dir", o.Name == "syscall.chdir", o.Name == "syscall.chroot", o.Name == "fs.write_file" && v.Name == "tmpfile":
		q.Target = mostly(dirs)
	case o.Name == "fs.remove_dir":
		q.Target = mostly(append(slices.Clone(w.empty), pick(d.rng, dirs)))
	case o.Name == "fs.ioctl_dev":
		q.Target = mostly([]string{"/dev/urandom", "/dev/null", "/dev/ptmx"})
	case o.Name == "fs.change_topology":
		q.Source, q.Target = mostly(dirs), mostly(dirs)
	case strings.HasPrefix(o.Name, "fs.make_"):
		q.Target, q.Source = free(), "text"
	case o.Name == "syscall.readlink":
		if len(w.links()) == 0 {
			return
		}
		q.Target = mostly(w.links())
	case v.Name == "unix":
		if len(w.listening) == 0 {
			return
		}
		q.Target = mostly(append(w.sockets(), w.answering(o.Name == "syscall.connect")...))
	case v.Name == "creat" && d.rng.IntN(4) == 0:
		q.Target = free()
	case v.TwoPaths:
		d.move(w, o, v, q, mostly, free)
	default:
		q.Target = mostly(append(files, pick(d.rng, there)))
	}
	if q.Source != "" && !strings.HasPrefix(o.Name, "fs.make_") {
		q.Source = w.respell(q.Source)
	}
	q.Target = w.respell(q.Target)
	for range 8 {
		if o.Name != "fs.refer" || path.Dir(q.Source) != path.Dir(q.Target) {
			break
		}
		if q.Target = path.Join(pick(d.rng, dirs), "other"); v.Name == "exchange" {
			q.Target = pick(d.rng, files)
		}
	}
}

func (d *differential) move(w *world, o *op.Op, v *op.Variant, q *oracle.Question, mostly func([]string) string, free func() string) {
	dirs, files := w.near(), w.regular()
	q.Source, q.Target = mostly(files), free()
	if !strings.HasPrefix(v.Name, "link") && d.rng.IntN(3) == 0 {
		q.Source = mostly(append(slices.Clone(w.empty), pick(d.rng, dirs[1:])))
	}
	if d.rng.IntN(12) == 0 || v.Name == "exchange" && d.rng.IntN(12) > 0 {
		q.Target = mostly(files)
		if d.rng.IntN(3) == 0 {
			q.Target = mostly(append(slices.Clone(w.empty), pick(d.rng, dirs[1:])))
		}
	}
	if d.rng.IntN(5) == 0 && o.Name != "fs.refer" && v.Name != "exchange" {
		q.Target = path.Join(path.Dir(q.Source), "new")
	}
}

func must(o *op.Op, ok bool) *op.Op {
	if !ok {
		panic("operation gone from the op table")
	}
	return o
}
