//go:build darwin || seatbelt_fake

package seatbelt

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

var processPreparers = map[key]preparer{
	{"process-exec*", "", "execve"}:                prepareExec,
	{"process-fork", "", "fork"}:                   prepareFork,
	{"process-info-listpids", "", "proc_listpids"}: prepareListPIDs,
	{"process-info-pidinfo", "", "proc_pidinfo"}:   preparePIDInfo,
	{"process-info-rusage", "", "proc_pid_rusage"}: prepareRUsage,
	{"signal", "", "kill"}:                         prepareSignal,
	{"sysctl-read", "", "sysctlbyname"}:            prepareSysctl,
}

// notMade says that a call before the one under test failed. Call and Errno stay
// those of the failed call, and Err keeps them from being a decision.
func notMade(name string, res *op.Result) {
	res.Err = name + " was not reached: " + res.Call + " failed with " + errorName(syscall.Errno(res.Errno))
}

// numberOf is the errno of a call that x/sys made.
func numberOf(err error) syscall.Errno {
	if err == nil {
		return 0
	}
	var e syscall.Errno
	if errors.As(err, &e) {
		return e
	}
	return unix.EIO // x/sys returns nothing but Errno from a system call
}

// errorName is an errno for a one-line message, e.g. "EACCES".
func errorName(e syscall.Errno) string {
	if name := op.ErrnoName(int(e)); name != "" {
		return name
	}
	return "errno " + strconv.Itoa(int(e))
}
