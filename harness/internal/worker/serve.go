package worker

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// init takes over a process that was started as a worker. It is an init, not a
// call in main, so that a program that forgets the call cannot start copies of
// itself without end.
func init() {
	if !channel.Summoned() {
		return
	}
	if err := become(); err != nil {
		fmt.Fprintf(os.Stderr, "rtgen worker: %v\n", err)
		os.Exit(3)
	}
	os.Exit(0)
}

// become serves until the other end closes. The main goroutine stays locked to
// the main thread, as it is in every init: that thread speaks for the process
// in /proc/self and must never carry a policy.
func become() error {
	clean := os.Getenv(channel.EnvClean) != ""
	os.Unsetenv(channel.EnvClean)
	fd, err := channel.Answer()
	if err != nil {
		return err
	}
	if clean {
		if err := tidy(); err != nil {
			return err
		}
	}
	if err := adoptOrphans(); err != nil {
		return err
	}
	s := &server{wire: channel.WireOn(fd), policies: make(map[int]*landlock.Held)}
	s.view = op.OpenView()
	hello := greet()
	openPoller()
	s.holdings.settle()
	if err := s.wire.Send(hello); err != nil {
		return fmt.Errorf("descriptor %d takes no answers: unset %s, it is not for people: %w", fd, channel.EnvFD, err)
	}
	s.thread()
	// The end of the parent is seen at once, also while a probe hangs, and takes
	// the hung probe with it.
	err = s.wire.UntilClosed()
	channel.EndPrograms(os.Getpid())
	return err
}

// server is the state of a worker that outlives a probe.
type server struct {
	wire *channel.Wire

	// One probe runs at a time. The lock says so to readers and to the race
	// detector: what orders the threads is the protocol.
	mu       sync.Mutex
	policies map[int]*landlock.Held
	view     *op.View
	holdings holdings
}

// thread makes an OS thread that answers requests until one has a policy, which
// it is the last to answer: the policy ends with the thread. It waits for its
// request in the read itself, so that nothing stands between the request and
// the probe, and has its successor made while it works: a fresh thread costs as
// much as the rest of a probe. The main thread is never among them; it waits in
// become.
func (s *server) thread() {
	go landlock.OnThisThread(func() {
		for clean := true; clean; {
			var req Request
			if err := s.wire.Receive(&req); err != nil {
				return // become sees the end too, and ends the process
			}
			if clean = req.leavesThread(); !clean {
				s.thread()
			}
			if err := s.wire.Send(s.answer(&req)); err != nil {
				fmt.Fprintf(os.Stderr, "rtgen worker: answer %d: %v\n", req.Seq, err)
				os.Exit(3)
			}
		}
	})
}

func (s *server) answer(req *Request) Answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	ans := Answer{Seq: req.Seq, Nonce: req.Nonce, Started: now()}
	switch {
	case req.Own != nil:
		s.own(req.Own, &ans)
	case req.Canary != nil && req.Canary.Seatbelt:
		s.seatbeltCanary(req.Canary, &ans)
	case req.Canary != nil:
		if err := landlock.Canary(req.Canary.Dir); err != nil {
			ans.Err = err.Error()
		}
	case req.Probe != nil:
		s.probe(req.Probe, &ans)
	default:
		ans.Err = "empty request"
	}
	ans.Finished = now()
	return ans
}

func (s *server) probe(p *Probe, ans *Answer) {
	ans.Left = s.holdings.notice(s.holds)
	// The policy names its parents in the world as it is, before a trial may give
	// this thread a world of its own.
	var policy *landlock.Built
	if p.Policy != nil {
		var report landlock.Report
		var err error
		if policy, report, err = s.build(p.Policy); err != nil {
			ans.Apply = applied(report, err)
			return
		}
		defer policy.Close()
	}
	// What must happen before the policy does: a descriptor that is to outlive
	// it, a process that is to be outside.
	trial := op.Prepare(p.Op, s.view)
	defer trial.Close()
	ans.Sight = trial.Sight()
	if policy != nil {
		report, err := policy.Enforce(p.Policy.Options)
		ans.Apply = applied(report, err)
		if err != nil {
			return
		}
	}
	res := trial.Attempt()
	if err := endPrograms(); err != nil && res.Err == "" {
		res.Err = err.Error()
	}
	ans.Result = &res
	// Most often the two are one, and to write and to read them twice takes as long
	// as the look.
	if ans.AsSeen = ans.Sight.Is(res.ObservedPath, res.File); ans.AsSeen {
		ans.Sight = nil
	}
}

// holds says whether a policy holds the descriptor.
func (s *server) holds(fd int) bool {
	for _, held := range s.policies {
		if held.Has(fd) {
			return true
		}
	}
	return false
}

func applied(r landlock.Report, err error) *Apply {
	a := &Apply{API: r.API, Errno: r.Errno, Layers: r.Layers, Skipped: r.Skipped}
	if err != nil {
		a.Err = err.Error()
	}
	return a
}

// build makes a policy's rulesets. A policy that cannot be held is tried again by
// the next probe, which brings its layers along again.
func (s *server) build(p *Policy) (*landlock.Built, landlock.Report, error) {
	held := s.policies[p.ID]
	if held == nil {
		var report landlock.Report
		var err error
		if held, report, err = landlock.Hold(p.Layers, p.Base); err != nil {
			return nil, report, err
		}
		s.policies[p.ID] = held
	}
	return held.Build(p.Scratch)
}

func greet() Hello {
	h := Hello{PID: os.Getpid(), Descriptors: inherited(), Seatbelt: selfCheck()}
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

// selfCheck is nil where there is no Seatbelt.
func selfCheck() *SelfCheck {
	if seatbelt.Available() != nil {
		return nil
	}
	confined, err := seatbelt.Confined()
	c := &SelfCheck{Confined: confined}
	if err != nil {
		c.Err = err.Error()
	}
	return c
}

func now() float64 { return float64(time.Now().UnixMicro()) / 1e6 }
