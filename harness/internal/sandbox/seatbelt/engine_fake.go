//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"fmt"
	"sync"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	model "github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// standIn is the policy that a process has put on itself in the stand-in for
// macOS's engine, which builds for tests have in its place: nothing keeps to the
// policy but who asks Stands.
var standIn struct {
	sync.Mutex
	profile *model.Profile // nil: none
}

// macOS's numbers.
const (
	errnoEPERM  = 1
	errnoEINVAL = 22
)

func available() error { return nil }

func apply(p *Policy) Report {
	standIn.Lock()
	defer standIn.Unlock()
	r := Report{API: p.API(), RC: -1}
	switch {
	case standIn.profile != nil:
		r.Errno, r.Text = errnoEPERM, "the process is already under a sandbox profile"
		return r
	case p.Blob != nil:
		r.Errno, r.Text = errnoEINVAL, "the stand-in for macOS's engine reads no compiled profiles"
		return r
	}
	profile, faults := model.Compile(model.Source{File: p.Path, Text: p.Text, Params: p.Parameters})
	if len(faults) > 0 {
		r.Errno, r.Text = errnoEINVAL, faults[0].String()
		return r
	}
	standIn.profile, r.RC = profile, 0
	return r
}

// inForce is the policy of the process; nil when there is none.
func inForce() *model.Profile {
	standIn.Lock()
	defer standIn.Unlock()
	return standIn.profile
}

func confined() (bool, error) { return inForce() != nil, nil }

func check(q Question) Answer {
	a, ask := plan(q, flag{value: 0x40000000}, flag{value: 0x20000000})
	profile := inForce()
	switch {
	case !ask:
	case profile == nil:
		a.conclude(0, 0)
	default:
		ans := answered(profile, q)
		switch ans.Decision {
		case model.Allow:
			a.conclude(0, 0)
		case model.Deny:
			a.conclude(1, 0)
		default:
			a.conclude(-1, errnoEINVAL)
			a.Err = ans.Reason
		}
	}
	return a
}

// answered is the model's answer to a question of sandbox_check. One about processes
// names none: what is known then is what holds for any.
func answered(profile *model.Profile, q Question) (ans model.Answer) {
	targets := []string{q.Argument}
	if o, ok := attempt.Lookup(q.Operation); ok && (o.Target == attempt.TargetProcess || o.Target == attempt.TargetSignal) {
		targets = []string{"self", "child", "same-sandbox", "1"}
	}
	for i, target := range targets {
		next := profile.AskCheck(model.Question{Operation: q.Operation, Target: target, FilterName: q.FilterName})
		if i > 0 && next.Decision != ans.Decision {
			return model.Answer{Decision: model.Unknown, Reason: fmt.Sprintf("%s of %s is %s, of %s %s, and the question names no process",
				q.Operation, targets[i-1], ans.Decision, target, next.Decision)}
		}
		ans = next
	}
	return ans
}

// Stands says what stands in the way of an attempt under the policy of the process:
// the errno, macOS's, with which it is refused, 0 for none. Unknown is why the model
// does not know, and empty when it does. Only the stand-in has this: who makes
// attempts there asks before each.
func Stands(r attempt.Request) (errno int, unknown string) {
	profile := inForce()
	if profile == nil {
		return 0, ""
	}
	switch ans := profile.Ask(model.Question{Operation: r.Operation, Target: r.Target, Syscall: r.Syscall}); ans.Decision {
	case model.Allow:
		return 0, ""
	case model.Deny:
		return errnoEPERM, ""
	default:
		return 0, ans.Reason
	}
}
