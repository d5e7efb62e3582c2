//go:build darwin || seatbelt_fake

package worker

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// own starts a process for the attempt and waits for its answer or its end. The
// worker outlives both, and nothing of the process outlives this.
func (s *server) own(o *OwnProcess, ans *Answer) {
	ans.Left = s.holdings.notice(s.holds)
	if ans.Err = alonable(o.Limit); ans.Err != "" {
		return
	}
	look := lookOut(o.Attempt)
	alone(order{Own: o}, o.Limit, ans, look.watch == nil)
	look.settle(ans.Result)
}

// alonable says why no process can be started for a probe; empty when one can.
func alonable(limit time.Duration) string {
	if err := seatbelt.Available(); err != nil {
		return err.Error()
	}
	if limit <= 0 {
		return "bug: a probe's process without a limit"
	}
	return ""
}

// alone has a process of its own do what the order says. Only says that the worker
// has no other process, which nobody could tell from what a program left behind.
func alone(o order, limit time.Duration, ans *Answer, only bool) {
	c, err := startChild()
	if err != nil {
		ans.Err = fmt.Sprintf("start a process for the probe: %v", err)
		return
	}
	ans.ProbePID = c.pid()
	h := c.hear(o, limit, ans)
	end := c.end(h.done)
	if only {
		if err := endPrograms(); err != nil {
			ans.Err = err.Error()
		}
	}
	c.abandon()
	c.conclude(h, end, limit, ans)
}

// hearing is what came of listening to a probe's process.
type hearing struct {
	done     bool
	timedOut bool
	broken   error // it does not keep to the protocol
	// becoming is what the process said last of the program that it was about to
	// become; nil: of none.
	becoming *Answer
}

// hear tells the process what to do and listens until it is done, has ended or
// is out of time. What it says is in the answer then, but for what it only
// announced.
func (c *child) hear(o order, limit time.Duration, ans *Answer) (h hearing) {
	o.Nonce = rand.Uint64()
	out := time.NewTimer(limit)
	defer out.Stop()
	// One that does not take its order in time, or has ended, shows as that.
	_ = c.wire.Limit(limit)
	_ = c.wire.Send(o)
	said, ended := c.said, c.ended
	for said != nil || ended != nil {
		select {
		case s, more := <-said:
			switch {
			case !more:
				said = nil
			case s.err != nil:
				h.broken = s.err
				return h
			case s.word.Answer.Nonce != o.Nonce:
				h.broken = fmt.Errorf("sent a %q that is no answer to its order", s.word.Stage)
				return h
			case !h.take(&s.word, ans):
				h.broken = fmt.Errorf("sent a %q that means nothing", s.word.Stage)
				return h
			case h.done:
				return h
			case s.word.Stage == stageUp:
				_ = c.wire.Send(o)
			default:
				if s.word.Stage == stageBecomes {
					if err := c.becoming.announced(); err != nil {
						h.broken = fmt.Errorf("cannot be watched any more: %w", err)
						return h
					}
				}
				_ = c.wire.Send(order{Nonce: o.Nonce})
			}
		case <-ended:
			// What it said last is still on its way, unless what it left behind keeps
			// the wire open.
			ended = nil
			c.killGroup()
			out.Reset(lastWords)
		case <-out.C:
			h.timedOut = ended != nil
			return h
		}
	}
	return h
}

// lastWords is how long a process that has ended is listened to: what it said
// only has to be read.
const lastWords = time.Second

// take adds a word to the answer. It is false for one that no process of ours
// says.
func (h *hearing) take(w *word, ans *Answer) bool {
	a := w.Answer
	switch w.Stage {
	case stageReady:
	case stageBecomes:
		h.becoming = &Answer{Result: a.Result, Bootstrap: a.Bootstrap}
	case stageUp:
		if h.becoming == nil || h.becoming.Bootstrap == nil {
			return false
		}
		ans.Bootstrap, h.becoming = h.becoming.Bootstrap, nil
	case stageDone:
		h.done, h.becoming = true, nil
		ans.Bootstrap = cmp.Or(a.Bootstrap, ans.Bootstrap)
		ans.Result, ans.Err = a.Result, a.Err
	default:
		return false
	}
	ans.Apply = cmp.Or(a.Apply, ans.Apply)
	ans.Sight = cmp.Or(a.Sight, ans.Sight)
	if len(a.Callouts) > 0 {
		ans.Callouts = a.Callouts
	}
	return true
}

// conclude says in the answer what the process's end says of the attempt.
func (c *child) conclude(h hearing, end ending, limit time.Duration, ans *Answer) {
	if h.becoming != nil && end.became {
		// The kernel says that the program was started, whatever came of it then.
		ans.Bootstrap = cmp.Or(h.becoming.Bootstrap, ans.Bootstrap)
		if res := h.becoming.Result; res != nil && h.broken == nil {
			res.Errno, res.ExitCode = 0, end.exitCode()
			ans.Result = res
			if h.timedOut {
				c.stderr.note("the program was killed after %v", limit)
			}
		}
	}
	if ans.Result != nil && ans.Result.Stdout == "" && ans.Result.Stderr == "" {
		for _, s := range []*stream{c.stdout, c.stderr} {
			if s.dropped > 0 {
				c.stderr.note("%d more bytes of %s were dropped", s.dropped, s.name)
			}
		}
		ans.Result.Stdout, ans.Result.Stderr = c.stdout.text(), c.stderr.text()
	}
	if h.done || ans.Result != nil {
		return
	}
	ans.Lost = &Lost{TimedOut: h.timedOut, Epitaph: c.epitaph(h, end, limit, ans)}
}

// epitaph says in one line how a process ended that gave no answer.
func (c *child) epitaph(h hearing, end ending, limit time.Duration, ans *Answer) string {
	text := "the probe's process "
	if ans.Bootstrap != nil && ans.Bootstrap.Errno == 0 {
		text = "the program that was started under the policy "
	}
	applied := ans.Apply != nil && ans.Apply.Err == ""
	switch {
	case h.broken != nil:
		return text + h.broken.Error() + ": it was killed"
	case h.timedOut:
		return text + fmt.Sprintf("gave no answer within %v and was killed", limit)
	case end.err != nil:
		return text + "cannot be waited for: " + end.err.Error()
	case end.status.Signaled():
		text += "was ended by " + cmp.Or(unix.SignalName(end.status.Signal()), end.status.Signal().String())
		if applied && end.status.Signal() == syscall.SIGKILL {
			text += ", as a rule of the policy does (with send-signal SIGKILL)"
		}
	default:
		text += fmt.Sprintf("gave no answer and ended with exit code %d", end.status.ExitStatus())
	}
	if first := printed.FirstLine(c.stderr.kept); first != "" {
		text += ": " + first
	}
	return text
}
