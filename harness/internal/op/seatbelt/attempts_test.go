//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// Every way of the table has an attempt.
func TestEveryWayHasAnAttempt(t *testing.T) {
	for _, o := range seatbelt.All() {
		for _, d := range o.Drivers {
			for _, s := range d.Syscalls {
				if !seatbelt.HasAttempt(o.Name, d.Name, s.Name) {
					t.Errorf("%s by %q: no attempt at %s is written", o.Name, d.Name, s.Name)
				}
			}
		}
	}
}

// made makes an attempt that becomes no other program.
func made(t *testing.T, req seatbelt.Request) op.Result {
	t.Helper()
	trial := seatbelt.Prepare(req)
	defer trial.Close()
	return trial.Attempt(func(op.Result) error {
		t.Errorf("%+v was announced", req)
		return errors.New("not to be made")
	})
}

// want is what is to come of an attempt.
type want struct {
	decision, kind string
	errno          int
	call           string // a regular expression for all of it
	err            string // likewise; empty: there is none
}

func (w want) check(t *testing.T, r op.Result) {
	t.Helper()
	decision, kind := seatbelt.Classify(r)
	if decision != w.decision || kind != w.kind || r.Errno != w.errno {
		t.Errorf("%s = %d, %q: %q, %q, want %d: %q, %q", r.Call, r.Errno, r.Err, decision, kind, w.errno, w.decision, w.kind)
	}
	if !regexp.MustCompile("^(" + w.call + ")$").MatchString(r.Call) {
		t.Errorf("call %s, want %s", r.Call, w.call)
	}
	if !regexp.MustCompile("^(" + w.err + ")$").MatchString(r.Err) {
		t.Errorf("err %q, want %q", r.Err, w.err)
	}
}

func allowed(call string) want { return want{decision: op.Allow, call: call} }

func undecided(errno int, call string) want {
	return want{kind: op.KindErrno, errno: errno, call: call}
}

// seen reads what else an attempt saw.
func seen(t *testing.T, r op.Result) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(r.Details, &m); err != nil {
		t.Fatalf("details %q: %v", r.Details, err)
	}
	return m
}
