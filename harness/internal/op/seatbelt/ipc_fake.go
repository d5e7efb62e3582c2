//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// ipcPreparers are stand-ins, which succeed: the stand-in of the engine has decided
// before. Only shared memory is real here.
var ipcPreparers = func() map[key]preparer {
	all := map[key]preparer{}
	for _, name := range []string{
		"darwin-notification-post", "distributed-notification-post", "iokit-open-service", "iokit-open-user-client",
		"ipc-posix-shm-write-create", "mach-lookup", "system-kext-query", "user-preference-read", "user-preference-write",
	} {
		o := index[name]
		for _, d := range o.Drivers {
			for _, s := range d.Syscalls {
				all[key{name, d.Name, s.Name}] = pretend(o, s.Name)
			}
		}
	}
	all[key{"ipc-posix-shm-write-create", "", "shm_open"}] = prepareShm
	return all
}()

// pretendDetails are the details of a call that was not made.
type pretendDetails struct {
	Operation string `json:"operation"`
	StandIn   bool   `json:"stand_in"`
}

func pretend(o *Operation, call string) preparer {
	return func(req Request, _ *op.Result) (func(*op.Result, Announce), func()) {
		return func(res *op.Result, _ Announce) {
			res.Call = op.NewCall(call).Path(req.Target).End()
			detail(res, pretendDetails{Operation: o.Name, StandIn: true})
			if Watching(o) {
				res.Return = unseen()
			}
		}, nil
	}
}

// prepareShm does on Linux what macOS's does: objects are files of /dev/shm there.
func prepareShm(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	dir, err := os.OpenRoot("/dev/shm")
	if err != nil {
		res.Err = err.Error()
		return nil, nil
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
