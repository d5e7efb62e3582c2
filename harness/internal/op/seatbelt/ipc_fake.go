//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// Stand-ins, which succeed: the stand-in of the engine has decided before. Only
// shared memory is real here.
var (
	prepareLookUp          = pretend
	prepareXPC             = pretend
	prepareIOKit           = pretend
	prepareNotification    = pretend
	prepareDistributed     = pretend
	prepareKext            = pretend
	preparePreferenceRead  = pretend
	preparePreferenceWrite = pretend
)

// pretendDetails are the details of a call that was not made.
type pretendDetails struct {
	Operation string `json:"operation"`
	StandIn   bool   `json:"stand_in"`
}

func pretend(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
	return func(res *op.Result, _ Announce) {
		res.Call = op.NewCall(res.Syscall).Path(req.Target).End()
		detail(res, pretendDetails{Operation: req.Operation, StandIn: true})
		if o, _ := Lookup(req.Operation); Watching(o) {
			res.Return = unseen()
		}
	}, nil
}

// prepareShm does on Linux what macOS's does: objects are files of /dev/shm there.
func prepareShm(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	dir, err := os.OpenRoot("/dev/shm")
	if err != nil {
		return unready(res, err)
	}
	name := strings.TrimPrefix(req.Target, "/")
	_ = dir.Remove(name)
	return func(res *op.Result, _ Announce) {
		res.Call = op.NewCall("shm_open").Path("/" + name).Raw("O_RDWR|O_CREAT|O_EXCL").Octal(0o600).End()
		d := shmDetails{Operation: req.Operation, Name: "/" + name, FD: -1}
		f, err := dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
		var errno syscall.Errno
		switch {
		case err == nil:
			d.FD = int(f.Fd())
			f.Close()
			_ = dir.Remove(name)
		case errors.As(err, &errno):
			d.Errno, res.Errno = int(errno), int(errno)
		default:
			res.Err = err.Error()
		}
		detail(res, d)
	}, func() { dir.Close() }
}
