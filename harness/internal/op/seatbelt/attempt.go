package seatbelt

import "github.com/rtgen/rtgen/harness/internal/op"

// Request is one attempt as a probe's process makes it.
type Request struct {
	Operation   string
	Target      string
	Driver      string `json:",omitempty"`
	Syscall     string `json:",omitempty"` // empty: the driver's default
	AttrPayload string `json:",omitempty"` // empty: the call's default
}

// Trial is an attempt that is ready to be made.
type Trial struct {
	res   op.Result
	sight *op.Sight
	call  func(*op.Result, Announce) // nil when there is nothing to attempt: res.Err says why
	free  func()                     // gives back what Prepare took; may be nil
}

// Announce tells who watches the process that it is about to become another
// program. What it is given is the result so far; should the program be started,
// nothing more will be heard from this one.
type Announce func(op.Result) error

// Prepare does what must happen before a policy applies: it looks where a target
// that is a path leads, opens what the attempt is to hold already, and finds
// every function of a library that the attempt will call. What fails here is in
// the Result of Attempt.
func Prepare(req Request) *Trial {
	o, s, text := resolve(req)
	if text != "" {
		return &Trial{res: op.Result{Syscall: req.Syscall, Err: text}}
	}
	t := &Trial{res: op.Result{Syscall: s.Name}}
	prepare(o, s, req, t)
	return t
}

// Sight is where the target led when Prepare was called; nil for one that is no
// path, and where nobody looked.
func (t *Trial) Sight() *op.Sight { return t.sight }

// Attempt makes the calls of the request in the calling process, once. An attempt
// that starts a program by becoming it does not return when that succeeds, and
// announces it before.
func (t *Trial) Attempt(announce Announce) op.Result {
	defer t.Close()
	if t.call != nil {
		t.call(&t.res, announce)
		t.call = nil
	}
	return t.res
}

// Close frees what Prepare took. It must be called when Attempt is not, and may
// be called again.
func (t *Trial) Close() {
	if t.free != nil {
		t.free()
		t.free = nil
	}
}

// Available says why the attempt cannot be made by this build; empty when it can.
func Available(o *Operation, s *Syscall) string { return available(o, s) }

// resolve finds what a request asks for; the text says why it cannot be attempted.
func resolve(req Request) (*Operation, *Syscall, string) {
	faults := Check(Attempt{
		Operation: req.Operation, Target: req.Target, Driver: req.Driver, Syscall: req.Syscall, AttrPayload: req.AttrPayload,
	})
	if len(faults) > 0 {
		return nil, nil, faults[0].Msg
	}
	o, _ := Lookup(req.Operation)
	d, _ := o.Driver(req.Driver)
	s, _ := d.Syscall(req.Syscall)
	return o, s, ""
}
