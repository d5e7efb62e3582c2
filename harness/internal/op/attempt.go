package op

// Trial is an attempt that is ready to be made.
type Trial struct {
	res   Result
	sight *Sight
	call  func(*Result) // nil when there is nothing to attempt: res.Err says why
	free  func()        // gives back what Prepare took; may be nil
}

// Prepare does what must happen before the policy is applied: it looks where a
// target that is a path leads, opens the descriptor of a variant that is about
// held descriptors, or gives the thread its own mounts. Most variants need
// nothing but the look. The View may be nil. What fails here, or is not
// Available, is in the Result of Attempt. Prepare, Attempt and what applies the
// policy run on one locked thread; of a variant that Taints, the thread is not
// to be used again once Prepare was called.
func Prepare(req Request, view *View) *Trial {
	o, v, text := resolve(req)
	if text != "" {
		return &Trial{res: Result{Syscall: req.Syscall, Err: text}}
	}
	t := &Trial{res: Result{Syscall: v.Name, view: view}}
	if t.res.Err = Available(o, v); t.res.Err == "" {
		t.sight = look(o, v, req.Target, view)
		prepare(o, v, req, t)
	}
	return t
}

// Sight is where the target led when Prepare was called; nil for one that is no
// absolute path, and where nothing can be attempted.
func (t *Trial) Sight() *Sight { return t.sight }

// Attempt makes the system calls of the request on the calling OS thread, once,
// by raw system calls that hand nothing to another thread: a policy applied to
// this thread is the policy the kernel asks. Then it frees what Prepare took.
//
// An attempt does what the policy decides and no more: opening for reading
// reads nothing, opening for writing writes nothing. It closes every
// descriptor it gets, ends every process it starts, and may block as long as
// the kernel does (a FIFO with no peer): deadlines are the caller's.
func (t *Trial) Attempt() Result {
	defer t.Close()
	if t.call != nil {
		t.call(&t.res)
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
