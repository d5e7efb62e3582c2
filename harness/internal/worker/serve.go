package worker

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// init takes over a process that was started as a worker. It is an init, not a
// call in main, so that a program that forgets the call cannot start copies of
// itself without end.
func init() {
	fd := os.Getenv(channel.EnvFD)
	if fd == "" {
		return
	}
	if err := become(fd); err != nil {
		fmt.Fprintf(os.Stderr, "rtgen worker: %v\n", err)
		os.Exit(3)
	}
	os.Exit(0)
}

// become serves until the other end closes. The main goroutine stays locked to
// the main thread, as it is in every init: that thread speaks for the process
// in /proc/self and must never carry a policy.
func become(fdText string) error {
	fd, err := strconv.Atoi(fdText)
	if err != nil {
		return fmt.Errorf("%s=%q is no descriptor: unset it, it is not for people", channel.EnvFD, fdText)
	}
	clean := os.Getenv(channel.EnvClean) != ""
	os.Unsetenv(channel.EnvFD)
	os.Unsetenv(channel.EnvClean)
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "protocol")
	conn, err := net.FileConn(f)
	if err != nil {
		return fmt.Errorf("descriptor %d is no socket: unset %s, it is not for people: %w", fd, channel.EnvFD, err)
	}
	f.Close()

	// An unlocked goroutine serves: the main one sits on its thread and would
	// cost a thread switch for every message.
	done := make(chan error)
	go func() { done <- serve(conn, clean) }()
	return <-done
}

func serve(conn net.Conn, clean bool) error {
	defer conn.Close()
	if clean {
		if err := tidy(); err != nil {
			return err
		}
	}
	enc, dec := json.NewEncoder(conn), json.NewDecoder(conn)
	hello := greet()
	if err := enc.Encode(hello); err != nil {
		return fmt.Errorf("greet: %w", err)
	}

	// Requests are read while a probe hangs, so that the end of the parent is
	// seen at once and takes the hung probe with it.
	requests := make(chan Request)
	go func() {
		for {
			var req Request
			if err := dec.Decode(&req); err != nil {
				os.Exit(0)
			}
			requests <- req
		}
	}()
	answers := make(chan Answer)
	for req := range requests {
		go answerOnThread(req, answers)
		if err := enc.Encode(<-answers); err != nil {
			return fmt.Errorf("answer %d: %w", req.Seq, err)
		}
	}
	return nil
}

// answerOnThread serves one request on an OS thread of its own. The lock is
// never released: when the goroutine ends, the thread ends with it, and so does
// whatever policy it put on itself.
func answerOnThread(req Request, answers chan<- Answer) {
	runtime.LockOSThread()
	ans := Answer{Seq: req.Seq, Started: now()}
	switch {
	case req.Canary != nil:
		if err := landlock.Canary(req.Canary.Dir); err != nil {
			ans.Err = err.Error()
		}
	case req.Probe != nil:
		probe(req.Probe, &ans)
	default:
		ans.Err = "empty request"
	}
	ans.Finished = now()
	answers <- ans
}

func probe(p *Probe, ans *Answer) {
	if len(p.Layers) > 0 {
		report, err := landlock.Apply(p.Layers)
		ans.Apply = &Apply{API: report.API, Errno: int(report.Errno), Layers: report.Layers, Skipped: report.Skipped}
		if err != nil {
			ans.Apply.Err = err.Error()
			return
		}
	}
	res := op.Attempt(p.Op)
	ans.Result = &res
}

func greet() Hello {
	h := Hello{PID: os.Getpid(), Descriptors: inherited()}
	facts, err := world.Survey()
	h.World = facts
	if err != nil {
		h.WorldErr = err.Error()
	}
	if _, err := landlock.ABI(); err != nil {
		h.EngineErr = err.Error() // no engine, no layers of it
		return h
	}
	if h.Layers, err = landlock.Layers(); err != nil {
		h.LayersErr = err.Error()
	}
	return h
}

func now() float64 { return float64(time.Now().UnixMicro()) / 1e6 }
