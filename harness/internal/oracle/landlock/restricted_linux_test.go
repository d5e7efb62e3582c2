package landlock_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// restricted makes attempts under one policy. Most are made on one thread; one
// that has to begin before the policy, or leaves its thread changed, gets a
// thread of its own, and so does one whose records are to be told apart.
type restricted struct {
	layers   []sandbox.Ruleset
	nobody   bool
	requests chan op.Request // to the common thread, nil before it is there
	results  chan op.Result
	err      error // of the policy
}

func newRestricted(layers []sandbox.Ruleset, asNobody bool) *restricted {
	return &restricted{layers: layers, nobody: asNobody}
}

func (r *restricted) attempt(req op.Request, v *op.Variant, tag string) (op.Result, error) {
	if v.Taints || len(v.Denied) == 0 || v.Name == "tmpfile" || v.Target == op.TargetProcess || tag != "" {
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

func (r *restricted) start() {
	r.requests, r.results = make(chan op.Request), make(chan op.Result)
	applied := make(chan error)
	go sandbox.Throwaway(func() {
		release, err := r.restrict("", func() {})
		applied <- err
		defer release()
		for req := range r.requests {
			r.results <- op.Prepare(req, nil).Attempt()
		}
	})
	r.err = <-applied
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
			panic(err)
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

// realProgram reads a program that does nothing.
func realProgram(t *testing.T, host *oracle.Host) program {
	t.Helper()
	text, err := os.ReadFile("/bin/true")
	if err != nil {
		t.Skipf("no program to execute: %v", err)
	}
	at, err := filepath.EvalSymlinks("/bin/true")
	if err != nil {
		t.Fatal(err)
	}
	detail, err := host.Inspect(at)
	if err != nil {
		t.Fatal(err)
	}
	return program{text: text, detail: detail}
}
