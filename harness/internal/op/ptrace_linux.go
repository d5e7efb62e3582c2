package op

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ptrace makes the call by its number: what it is about is the thread.
func ptrace(request, pid int, data uintptr) syscall.Errno {
	return retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), 0, data, 0, 0)
		return e
	})
}

// ptraceAttach stops the process for as long as it takes to let it go again.
// What ends this thread meanwhile lets it go as well (ptrace(2)).
func ptraceAttach(p peer, res *Result) {
	res.Call = NewCall("ptrace").Raw("PTRACE_ATTACH").Int(p.pid).End()
	if res.Errno = int(ptrace(unix.PTRACE_ATTACH, p.pid, 0)); res.Errno == 0 {
		letGo(p, res)
	}
}

func ptraceSeize(p peer, res *Result) {
	res.Call = NewCall("ptrace").Raw("PTRACE_SEIZE").Int(p.pid).Raw("NULL").Raw("0").End()
	if res.Errno = int(ptrace(unix.PTRACE_SEIZE, p.pid, 0)); res.Errno != 0 {
		return
	}
	// Only a stopped process can be let go.
	if e := ptrace(unix.PTRACE_INTERRUPT, p.pid, 0); e != 0 {
		res.Err = "ptrace(PTRACE_INTERRUPT) failed with " + errnoText(e)
		return
	}
	letGo(p, res)
}

// letGo waits for the process to stop and detaches from it, without a signal:
// the stop leaves no trace.
func letGo(p peer, res *Result) {
	for {
		var status unix.WaitStatus
		e := retry(func() error { _, err := unix.Wait4(p.pid, &status, unix.WALL, nil); return err })
		switch {
		case e != 0:
			res.Err = "wait4 for the traced process failed with " + errnoText(e)
			return
		case !status.Stopped():
			res.Err = "the traced process ended"
			return
		}
		// A signal that was on its way is handed on. The stop that this attempt
		// asked for has SIGSTOP or, of a seized process, an event.
		signal := status.StopSignal()
		asked := signal == unix.SIGSTOP || status>>16 != 0
		if !asked {
			if e := ptrace(unix.PTRACE_CONT, p.pid, uintptr(signal)); e != 0 {
				res.Err = "ptrace(PTRACE_CONT) failed with " + errnoText(e)
				return
			}
			continue
		}
		if e := ptrace(unix.PTRACE_DETACH, p.pid, 0); e != 0 {
			res.Err = "ptrace(PTRACE_DETACH) failed with " + errnoText(e)
		}
		return
	}
}

// processPreparers find out, before the policy, where the process has a byte
// that may be read and written: /proc/pid/maps is guarded by the same check.
var processPreparers = map[key]preparer{
	{"ptrace", "process_vm_readv"}:  atStackEnd("process_vm_readv", processVM(unix.SYS_PROCESS_VM_READV)),
	{"ptrace", "process_vm_writev"}: atStackEnd("process_vm_writev", processVM(unix.SYS_PROCESS_VM_WRITEV)),
}

func atStackEnd(name string, do func(string, peer, uintptr, *Result)) preparer {
	return func(req Request, res *Result) (func(*Result), func()) {
		pid := unix.Getpid() // whose copy a child is
		if req.Target != Child {
			pid = pidOf(req.Target)
		}
		end, err := stackEnd(pid)
		if err != nil {
			res.Err = name + " was not reached: the target's stack was not found: " + err.Error()
			return nil, nil
		}
		return func(res *Result) {
			onProcess(func(p peer, res *Result) { do(name, p, end-1, res) })(req, res)
		}, nil
	}
}

// stackEnd is the address where the stack of a process's first thread ends. The
// kernel leaves the last word below it zero (fs/exec.c, bprm_mm_init).
func stackEnd(pid int) (uintptr, error) {
	maps, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/maps")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(maps)) {
		if !strings.HasSuffix(line, "[stack]\n") {
			continue
		}
		span, _, _ := strings.Cut(line, " ")
		_, end, _ := strings.Cut(span, "-")
		address, err := strconv.ParseUint(end, 16, 64)
		return uintptr(address), err
	}
	return 0, os.ErrNotExist
}

// processVM moves the one byte at address, a zero: what is written is what is
// there.
func processVM(nr uintptr) func(string, peer, uintptr, *Result) {
	return func(name string, p peer, address uintptr, res *Result) {
		var zero byte
		local := unix.Iovec{Base: &zero}
		local.SetLen(1)
		remote := unix.RemoteIovec{Base: address, Len: 1}
		res.Call = NewCall(name).Int(p.pid).Raw("[{...}]").Raw("1").
			Raw("[{iov_base=0x" + strconv.FormatUint(uint64(address), 16) + ", iov_len=1}]").Raw("1").Raw("0").End()
		res.Errno = int(retryRaw(func() syscall.Errno {
			_, _, e := unix.Syscall6(nr, uintptr(p.pid), uintptr(unsafe.Pointer(&local)), 1, uintptr(unsafe.Pointer(&remote)), 1, 0)
			return e
		}))
	}
}

// pidfdGetfd takes a copy of the process's standard input and closes it.
func pidfdGetfd(p peer, res *Result) {
	fd := p.pidfd("pidfd_getfd", res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	res.Call = NewCall("pidfd_getfd").Int(fd).Int(0).Raw("0").End()
	got := -1
	res.Errno = int(retry(func() (err error) { got, err = unix.PidfdGetfd(fd, 0, 0); return err }))
	if res.Errno == 0 {
		unix.Close(got)
	}
}

// procOpen opens a file of the process that shows its memory.
func procOpen(name string) func(peer, *Result) {
	return func(p peer, res *Result) {
		if fd := openatFD("/proc/"+strconv.Itoa(p.pid)+"/"+name, openRead, res); fd >= 0 {
			res.seen(fd)
		}
	}
}

// kcmpVM is KCMP_VM of linux/kcmp.h: whether two processes share their memory.
const kcmpVM = 1

func kcmp(p peer, res *Result) {
	self := unix.Getpid()
	res.Call = NewCall("kcmp").Int(self).Int(p.pid).Raw("KCMP_VM").End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall6(unix.SYS_KCMP, uintptr(self), uintptr(p.pid), kcmpVM, 0, 0, 0)
		return e
	}))
}
