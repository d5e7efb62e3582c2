//go:build darwin || seatbelt_fake

package seatbelt

import (
	"fmt"
	"os"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
	"github.com/rtgen/rtgen/harness/internal/op"
)

// process is the process id that a target stands for, which Check has read before.
func process(target string) int {
	if target == op.Self {
		return os.Getpid()
	}
	pid, _ := strconv.Atoi(target)
	return pid
}

func preparePIDInfo(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	const size = libsystem.BSDInfoSize
	ask, err := procBSDInfo()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		pid := process(req.Target)
		res.Call = op.NewCall("proc_pidinfo").Int(pid).Raw("PROC_PIDTBSDINFO").Raw("0").Raw("buffer").Int(size).End()
		info, n, errno := ask(pid)
		if answered(n > 0, errno, res) && (n != size || int(info.PID) != pid) {
			res.Err = fmt.Sprintf("proc_pidinfo gave %d bytes about process %d, want %d about %d", n, info.PID, size, pid)
		}
	}, nil
}

func prepareRUsage(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	ask, err := procRUsage()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		pid := process(req.Target)
		res.Call = op.NewCall("proc_pid_rusage").Int(pid).Raw("RUSAGE_INFO_V0").Raw("buffer").End()
		rc, errno := ask(pid)
		answered(rc == 0, errno, res)
	}, nil
}

func prepareListPIDs(_ Request, res *op.Result) (func(*op.Result, Announce), func()) {
	const size = 16 << 10 // what does not fit is left out
	ask, err := procList()
	if err != nil {
		return unready(res, err)
	}
	return func(res *op.Result, _ Announce) {
		res.Call = op.NewCall("proc_listpids").Raw("PROC_ALL_PIDS").Raw("0").Raw("buffer").Int(size).End()
		n, errno := ask(size)
		answered(n > 0, errno, res)
	}, nil
}

func prepareSysctl(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	ask, err := sysctlByName()
	if err != nil {
		return unready(res, err)
	}
	// The size comes first: the kernel asks the policy about either call alike. What
	// has grown in between is not read whole, and says so by ENOMEM.
	const spare = 4 << 10
	return func(res *op.Result, _ Announce) {
		res.Call = op.NewCall("sysctlbyname").Path(req.Target).Raw("NULL").Raw("length").Raw("NULL").Raw("0").End()
		n, errno := ask(req.Target, 0)
		if res.Errno = errno; errno != 0 {
			return
		}
		n += spare
		res.Call = op.NewCall("sysctlbyname").Path(req.Target).Raw("buffer").Int(n).Raw("NULL").Raw("0").End()
		_, res.Errno = ask(req.Target, n)
	}, nil
}

// answered takes the errno of a call that failed. A failure without one is none of
// the kernel's answers.
func answered(ok bool, errno int, res *op.Result) bool {
	if !ok {
		if res.Errno = errno; errno == 0 {
			res.Err = res.Call + " failed without an errno"
		}
	}
	return ok
}
