package op

import (
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// execLimit is how long a started program may run; a variable for the tests.
var execLimit = 10 * time.Second

// outputLimit is how much of each output stream is kept; the rest is read and
// dropped, so that a chatty program neither blocks nor fills the memory.
const outputLimit = 64 << 10

// execEnv is the environment of a started program.
var execEnv = []string{"PATH=/usr/local/bin:/usr/bin:/bin"}

// execve starts the target with nothing but its own name as argument.
//
// syscall.ForkExec forks from the calling thread, so the program inherits this
// thread's policy, and it hands back the errno of execve itself.
func execve(req Request, res *Result) {
	run(req.Target, res, func(files [3]uintptr) (pid, pidfd int, started bool) {
		res.Call = NewCall("execve").Path(req.Target).Argv(req.Target).Argv(execEnv[0]).End()
		pidfd = -1
		pid, err := syscall.ForkExec(req.Target, res.Command, &syscall.ProcAttr{
			Env:   execEnv,
			Files: files[:],
			// A session of its own: no controlling terminal, and one process group
			// to kill. It ends with this thread, so a killed worker leaves none.
			Sys: &syscall.SysProcAttr{Setsid: true, PidFD: &pidfd, Pdeathsig: syscall.SIGKILL},
		})
		res.Errno = int(errnoOf(err))
		return pid, pidfd, err == nil
	})
}

// run starts a program and waits for it. The kernel's answer is the errno of
// the call that executes; what the program then does is recorded and decides
// nothing. Standard input is an empty pipe, not /dev/null: opening that could
// itself be denied.
func run(name string, res *Result, start func(files [3]uintptr) (pid, pidfd int, started bool)) {
	res.Command = []string{name}
	var stdin, stdout, stderr pipe
	defer stdin.close()
	defer stdout.close()
	defer stderr.close()
	for _, p := range []*pipe{&stdin, &stdout, &stderr} {
		if err := p.open(); err != nil {
			res.Err = "pipe2(O_CLOEXEC) failed with " + errnoText(errnoOf(err))
			return
		}
	}
	stdin.closeWriter()
	pid, pidfd, started := start([3]uintptr{uintptr(stdin.r), uintptr(stdout.w), uintptr(stderr.w)})
	if !started {
		return
	}
	if pidfd >= 0 {
		defer unix.Close(pidfd)
	}
	stdout.closeWriter()
	stderr.closeWriter()
	problem := wait(pidfd, &stdout, &stderr)
	// Before the program is reaped its process id cannot be anyone else's.
	_ = unix.Kill(-pid, unix.SIGKILL)
	if status, e := reap(pid); e != 0 {
		problem = "wait4 for " + strconv.Quote(name) + " failed with " + errnoText(e)
	} else {
		res.ExitCode = exitCode(status)
	}
	stdout.drain()
	stderr.drain()
	res.Stdout, res.Stderr = string(stdout.kept), string(stderr.kept)
	if problem != "" {
		res.Err = strconv.Quote(name) + " " + problem
	}
}

// exitCode is -N when signal N ended the process.
func exitCode(status unix.WaitStatus) *int {
	code := status.ExitStatus()
	if status.Signaled() {
		code = -int(status.Signal())
	}
	return &code
}

// wait reads both outputs until the program ends; the text says why it did not.
func wait(pidfd int, stdout, stderr *pipe) string {
	if pidfd < 0 {
		return "cannot be waited for: the kernel gives no pidfd (Linux 5.2 has it)"
	}
	deadline := time.Now().Add(execLimit)
	for {
		fds := []unix.PollFd{
			{Fd: int32(pidfd), Events: unix.POLLIN},
			{Fd: int32(stdout.r), Events: unix.POLLIN}, // -1 once closed, which poll skips
			{Fd: int32(stderr.r), Events: unix.POLLIN},
		}
		left := time.Until(deadline)
		if left <= 0 {
			return "did not exit within " + execLimit.String() + " and was killed"
		}
		if _, err := unix.Poll(fds, int(left.Milliseconds())+1); err != nil && err != unix.EINTR {
			return "cannot be waited for: poll failed with " + errnoText(errnoOf(err))
		}
		if fds[0].Revents != 0 {
			return ""
		}
		if fds[1].Revents != 0 {
			stdout.read()
		}
		if fds[2].Revents != 0 {
			stderr.read()
		}
	}
}

// pipe is one stream between the probe and the program it starts. The zero
// pipe is not open.
type pipe struct {
	r, w int
	up   bool
	kept []byte
}

func (p *pipe) open() error {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return err
	}
	p.r, p.w, p.up = fds[0], fds[1], true
	// The reading end alone: the program expects its own end to block.
	return unix.SetNonblock(p.r, true)
}

func (p *pipe) closeWriter() {
	if p.up && p.w >= 0 {
		unix.Close(p.w)
		p.w = -1
	}
}

func (p *pipe) closeReader() {
	if p.up && p.r >= 0 {
		unix.Close(p.r)
		p.r = -1
	}
}

func (p *pipe) close() {
	p.closeWriter()
	p.closeReader()
}

// read takes what is there, once, and says whether there may be more. At the
// end of the stream it closes the reading end.
func (p *pipe) read() bool {
	if p.r < 0 {
		return false
	}
	var buf [4096]byte
	n, err := unix.Read(p.r, buf[:])
	switch {
	case err == unix.EINTR:
		return true
	case err == unix.EAGAIN:
		return false
	case err != nil || n == 0:
		p.closeReader()
		return false
	}
	p.kept = append(p.kept, buf[:min(n, outputLimit-len(p.kept))]...)
	return true
}

// drain takes what the program left behind. A process that it started and that
// escaped its group could write for ever, so there is an end to it.
func (p *pipe) drain() {
	for range 2 * outputLimit / 4096 {
		if !p.read() {
			return
		}
	}
}
