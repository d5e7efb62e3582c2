package differential

import (
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// restricted makes attempts under one policy. Most are made on one thread; one
// that has to begin before the policy, or leaves its thread changed, gets a
// thread of its own, and so does one whose records are to be told apart.
type restricted struct {
	layers   []sandbox.Ruleset
	nobody   bool
	requests chan op.Request // to the common thread, nil while there is none
	results  chan op.Result
	err      error // of the policy
}

func (r *restricted) attempt(req op.Request, v *op.Variant, tag string) (op.Result, error) {
	if before(v) || tag != "" {
		return r.alone(req, tag)
	}
	if r.requests == nil {
		r.start()
	}
	if r.err != nil {
		return op.Result{}, r.err
	}
	r.requests <- req
	return <-r.results, nil
}

// before says that a variant does something before the policy, or is about the
// thread it runs on.
func before(v *op.Variant) bool {
	return v.Taints || v.Target == op.TargetProcess || strings.HasSuffix(v.Name, "held") ||
		slices.Contains([]string{"tmpfile", "flock", "fchmod", "getxattr", "removexattr"}, v.Name)
}

func (r *restricted) start() {
	requests, results := make(chan op.Request), make(chan op.Result)
	applied := make(chan error)
	go sandbox.OnThisThread(func() {
		release, err := r.restrict("", func() {})
		applied <- err
		defer release()
		for req := range requests {
			results <- op.Prepare(req, nil).Attempt()
		}
	})
	r.requests, r.results, r.err = requests, results, <-applied
}

// renew has the next attempt made under a policy that is applied afresh.
func (r *restricted) renew() {
	r.close()
	r.requests, r.err = nil, nil
}

func (r *restricted) close() {
	if r.requests != nil {
		close(r.requests)
	}
}

func (r *restricted) alone(req op.Request, tag string) (res op.Result, err error) {
	sandbox.Throwaway(func() {
		var trial *op.Trial
		var release func()
		release, err = r.restrict(tag, func() { trial = op.Prepare(req, nil) })
		defer release()
		switch {
		case trial == nil:
		case err != nil:
			trial.Close()
		default:
			res = trial.Attempt()
		}
	})
	return res, err
}

// restrict puts the policy on the calling thread, after what comes before it.
// Its rulesets are built first, as a worker does.
func (r *restricted) restrict(tag string, before func()) (release func(), err error) {
	if r.nobody {
		if err := becomeNobody(); err != nil {
			return func() {}, err
		}
	}
	if len(r.layers) == 0 {
		before()
		return func() {}, nil
	}
	held, _, err := sandbox.Hold(r.layers, "")
	if err != nil {
		return func() {}, err
	}
	built, _, err := held.Build("")
	if err != nil {
		return held.Close, err
	}
	before()
	_, err = built.Enforce(sandbox.Options{Tag: tag})
	return func() { built.Close(); held.Close() }, err
}

// becomeNobody changes the credentials of the calling thread alone, which raw
// system calls do.
func becomeNobody() error {
	if _, _, e := syscall.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); e != 0 {
		return e
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESGID, nobody, nobody, nobody); e != 0 {
		return e
	}
	if _, _, e := syscall.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); e != 0 {
		return e
	}
	return nil
}
