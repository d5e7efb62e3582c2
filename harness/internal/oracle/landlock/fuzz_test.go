package landlock_test

import (
	"fmt"
	"path"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// FuzzAsk builds trees, policies and operations out of bytes. Whatever they
// are: no panic, an answer that is whole, and the laws that hold for any
// policy.
func FuzzAsk(f *testing.F) {
	f.Add([]byte("a tree of some entries, with rules"), "/a/b", "/c", "#!/a/b\n")
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 250, 251, 252}, "/a/../b/", "../c", "")
	f.Add([]byte("\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02"), "//a", "/a/a/a", "\x7fELF")
	f.Add([]byte{}, "127.0.0.1:80", "", "#!")
	f.Add([]byte{250, 1, 30}, "@name", "7", "child")
	f.Fuzz(func(t *testing.T, bytes []byte, target, source, content string) {
		b := &feed{bytes: bytes}
		tree := b.tree(target, source, content)
		o := op.All()[b.next()%len(op.All())]
		q := oracle.Question{Op: o.Name, Syscall: o.Variants[b.next()%len(o.Variants)].Name, Target: target, Source: source, Tree: tree, ABI: b.next() % 13, Errata: b.next() % 32}
		q.Peers = oracle.Peers{Outside: []int{7}, Listening: []oracle.Listener{{Network: "unix", Address: target}, {Network: "unixgram", Address: source}}}
		if b.next()%3 == 0 {
			q.Cred = &oracle.Cred{UID: b.next() % 3, GID: b.next() % 3}
		}
		for range b.next() % 4 {
			q.Layers = append(q.Layers, b.layer())
		}
		a := oracle.Ask(q)
		switch {
		case a.Reason == "":
			t.Errorf("no reason: %+v", a)
		case a.Decision == oracle.Allow && (a.Errno != 0 || len(a.Missing) > 0):
			t.Errorf("allowed with something missing: %+v", a)
		case a.Decision == oracle.Deny && a.Errno != 1 && a.Errno != 13 && a.Errno != 18:
			t.Errorf("denied with an errno Landlock never gives: %+v", a)
		case a.Decision == oracle.Deny && len(q.Layers) == 0:
			t.Errorf("denied without a policy: %+v", a)
		}
		if names := a.Blockers(); (names == nil) != (a.Record == nil || a.Record.Silent) || a.Decision != oracle.Deny && a.Record != nil {
			t.Errorf("blockers %v of record %+v: %+v", names, a.Record, a)
		}
		// A layer more only narrows.
		if len(q.Layers) < 16 && a.Decision == oracle.Deny {
			q.Layers = append(q.Layers, sandbox.Ruleset{HandledFS: sandbox.ReadFile})
			if more := oracle.Ask(q); more.Decision != oracle.Deny {
				t.Errorf("denied, and not with one layer more: %+v, %+v", a, more)
			}
		}
	})
}

// FuzzInterpreter holds that what is read from a script's head is one word of
// its first line.
func FuzzInterpreter(f *testing.F) {
	for _, seed := range []string{"#!/bin/sh\n", "#! \t/bin/sh -e", "#!", "", "#!\x00", "#!a\x00b\nc"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		name, ok := oracle.InterpreterOf(head)
		if ok == (name == "") {
			t.Errorf("interpreterOf(%q) = %q, %t", head, name, ok)
		}
		for _, c := range []byte(name) {
			if c == ' ' || c == '\t' || c == '\n' || c == 0 {
				t.Errorf("interpreterOf(%q) = %q, which is no word", head, name)
			}
		}
	})
}

// feed turns bytes into choices.
type feed struct{ bytes []byte }

func (b *feed) next() int {
	if len(b.bytes) == 0 {
		return 0
	}
	n := int(b.bytes[0])
	b.bytes = b.bytes[1:]
	return n
}

var kinds = []oracle.Kind{oracle.File, oracle.Dir, oracle.Symlink, oracle.Symlink, oracle.FIFO, oracle.Socket, oracle.Char, oracle.Block, "door"}

func (b *feed) path() string {
	at := "/"
	for range 1 + b.next()%4 {
		at = path.Join(at, string(rune('a'+b.next()%4)))
	}
	return at
}

// tree leaves out what NewData refuses.
func (b *feed) tree(texts ...string) oracle.Tree {
	d, _ := oracle.NewData(b.next()%2 == 0)
	var good []oracle.Entry
	for range b.next() % 12 {
		e := oracle.Entry{Path: b.path(), Kind: kinds[b.next()%len(kinds)], To: texts[b.next()%len(texts)], Content: texts[2], Partial: b.next()%5 == 0}
		switch b.next() % 6 {
		case 0:
			e.Hardlink, e.To = true, b.path()
		case 1:
			e.Perm = &oracle.Perm{Mode: uint32(b.next()) << 2, UID: b.next()%3 - 1}
		case 2:
			e.Mount = oracle.Mount{ID: fmt.Sprint(b.next() % 3), FS: "overlay", ReadOnly: b.next()%2 == 0}
		case 3:
			e.To = b.path()
		}
		if next, err := oracle.NewData(b.next()%2 == 0, append(good, e)...); err == nil {
			d, good = next, append(good, e)
		}
	}
	return d
}

func (b *feed) layer() sandbox.Ruleset {
	set := func() sandbox.AccessFS { return sandbox.AccessFS(b.next()) | sandbox.AccessFS(b.next())<<8 }
	l := sandbox.Ruleset{HandledFS: set(), HandledNet: sandbox.AccessNet(b.next() % 4), Scoped: sandbox.Scope(b.next() % 4), Flags: sandbox.RestrictFlags(b.next() % 8)}
	for range b.next() % 5 {
		l.Paths = append(l.Paths, sandbox.PathRule{Parent: b.path(), Access: set() & l.HandledFS, Optional: b.next()%3 > 0})
	}
	for range b.next() % 3 {
		l.Ports = append(l.Ports, sandbox.PortRule{Port: uint64(b.next()), Access: sandbox.AccessNet(b.next() % 4)})
	}
	return l
}
