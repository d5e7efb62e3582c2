//go:build darwin || seatbelt_fake

package seatbelt

import "github.com/rtgen/rtgen/harness/internal/op"

// key names a row of the table: operation, driver and call.
type key struct{ op, driver, syscall string }

// preparer gets what an attempt needs from before the policy and returns the rest
// of it. A nil attempt means that it failed, and the Result says how; free may be
// nil.
type preparer func(Request, *op.Result) (attempt func(*op.Result, Announce), free func())

func available(o *Operation, s *Syscall) string { return "" }

func prepare(o *Operation, s *Syscall, req Request, t *Trial) {
	p, ok := preparers[key{o.Name, req.Driver, s.Name}]
	if !ok {
		t.res.Err = "bug: no attempt is written for " + o.Name + " by " + s.Name
		return
	}
	if o.Target == TargetPath {
		t.sight = look(o, s, req)
	}
	t.call, t.free = p(req, &t.res)
}

// preparers holds a function for each row of the table.
var preparers = merge(filePreparers, metaPreparers, ipcPreparers, processPreparers, netPreparers)

func merge(parts ...map[key]preparer) map[key]preparer {
	all := map[key]preparer{}
	for _, part := range parts {
		for k, p := range part {
			if _, taken := all[k]; taken {
				panic("bug: seatbelt: two attempts at " + k.op + " by " + k.syscall)
			}
			all[k] = p
		}
	}
	return all
}
