//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// getattrlist is stat here.
func getattrlist(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
	return func(res *op.Result, _ Announce) {
		var st unix.Stat_t
		res.Call = op.NewCall("stat").Path(req.Target).Raw("{...}").End()
		res.Errno = try(func() error { return unix.Stat(req.Target, &st) })
	}, nil
}

// setattrlist is utimes here, whatever is to be set.
func setattrlist(req Request, st *unix.Stat_t, res *op.Result) { utimes(req, st, res) }

func lutimes(req Request, st *unix.Stat_t, res *op.Result) {
	tv := timesOf(st)
	res.Call = op.NewCall("lutimes").Path(req.Target).Raw(timesText(tv)).End()
	res.Errno = try(func() error { return unix.Lutimes(req.Target, tv) })
}
