package op

import (
	"time"

	"golang.org/x/sys/unix"
)

var processAttempts = map[key]func(Request, *Result){
	{"scope.signal", "kill"}:              onProcess(kill),
	{"scope.signal", "tgkill"}:            onProcess(tgkill),
	{"scope.signal", "pidfd_send_signal"}: onProcess(pidfdSendSignal),
	{"scope.signal", "kill_term"}:         notOn("be told to end", true, onProcess(killTerm)),

	{"ptrace", "attach"}:       notOn("be traced by itself", false, onProcess(ptraceAttach)),
	{"ptrace", "seize"}:        notOn("be traced by itself", false, onProcess(ptraceSeize)),
	{"ptrace", "pidfd_getfd"}:  onProcess(pidfdGetfd),
	{"ptrace", "proc_mem"}:     onProcess(procOpen("mem")),
	{"ptrace", "proc_environ"}: onProcess(procOpen("environ")),
	{"ptrace", "kcmp"}:         onProcess(kcmp),
}

// peer is the process that an attempt is about.
type peer struct {
	pid   int
	child bool // forked for the attempt, which ends it
	end   func() unix.WaitStatus
}

// onProcess finds the process, or forks it from the calling thread, and sees to
// its end.
func onProcess(do func(peer, *Result)) func(Request, *Result) {
	return func(req Request, res *Result) {
		if req.Target == Child {
			pid, end, e := startChild()
			if e != 0 {
				res.Err = "clone(SIGCHLD) failed with " + errnoText(e)
				return
			}
			defer end()
			do(peer{pid: pid, child: true, end: end}, res)
			return
		}
		pid := pidOf(req.Target)
		if pid <= 0 {
			res.Err = "the target " + req.Target + " cannot be seen from this process: it is in another pid namespace"
			return
		}
		do(peer{pid: pid}, res)
	}
}

// pidOf is the process id that a target other than Child stands for.
func pidOf(target string) int {
	switch target {
	case Self:
		return unix.Getpid()
	case Parent:
		return unix.Getppid()
	}
	return parsePID(target)
}

// notOn refuses the process itself as the target, and what started it and the
// host's first process too when parents are to be spared.
func notOn(what string, parents bool, do func(Request, *Result)) func(Request, *Result) {
	return func(req Request, res *Result) {
		pid := pidOf(req.Target)
		if req.Target != Child && (pid == unix.Getpid() || parents && (pid == unix.Getppid() || pid <= 1)) {
			res.Err = "the target " + req.Target + " cannot " + what + "; use child or a process id"
			return
		}
		do(req, res)
	}
}

func kill(p peer, res *Result) {
	res.Call = NewCall("kill").Int(p.pid).Int(0).End()
	res.Errno = int(retry(func() error { return unix.Kill(p.pid, 0) }))
}

func tgkill(p peer, res *Result) {
	res.Call = NewCall("tgkill").Int(p.pid).Int(p.pid).Int(0).End()
	res.Errno = int(retry(func() error { return unix.Tgkill(p.pid, p.pid, 0) }))
}

// pidfd opens a descriptor for the process, which no right is needed for; -1
// when that failed, and then name was not reached.
func (p peer) pidfd(name string, res *Result) int {
	res.Call = NewCall("pidfd_open").Int(p.pid).Raw("0").End()
	fd := -1
	res.Errno = int(retry(func() (err error) { fd, err = unix.PidfdOpen(p.pid, 0); return err }))
	if res.Errno != 0 {
		res.notReached(name)
		return -1
	}
	return fd
}

func pidfdSendSignal(p peer, res *Result) {
	fd := p.pidfd("pidfd_send_signal", res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	res.Call = NewCall("pidfd_send_signal").Int(fd).Int(0).Raw("NULL").Raw("0").End()
	res.Errno = int(retry(func() error { return unix.PidfdSendSignal(fd, 0, nil, 0) }))
}

// endLimit is how long a process that was told to end is waited for, so that
// what is looked at afterwards has happened.
const endLimit = 2 * time.Second

// killTerm tells the process to end. How a child ended is in ExitCode:
// -SIGTERM, or -SIGKILL when the signal did not reach it.
func killTerm(p peer, res *Result) {
	fd := p.pidfd("kill", res)
	if fd < 0 {
		return
	}
	defer unix.Close(fd)
	res.Call = NewCall("kill").Int(p.pid).Raw("SIGTERM").End()
	res.Errno = int(retry(func() error { return unix.Kill(p.pid, unix.SIGTERM) }))
	if res.Errno == 0 {
		readable(fd, endLimit)
	}
	if p.child {
		res.ExitCode = exitCode(p.end())
	}
}

// readable waits until there is something to read, which of a pidfd is the end
// of its process.
func readable(fd int, limit time.Duration) bool {
	deadline := time.Now().Add(limit)
	for {
		left := time.Until(deadline)
		if left <= 0 {
			return false
		}
		fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(fds, int(left.Milliseconds())+1); n > 0 || err != nil && err != unix.EINTR {
			return n > 0
		}
	}
}
