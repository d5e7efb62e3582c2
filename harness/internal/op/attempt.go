package op

// Attempt makes the system calls of req on the calling OS thread, by raw
// system calls that hand nothing to another thread: a policy applied to this
// thread is the policy the kernel asks. The caller has locked the thread.
//
// An attempt does what the policy decides and no more: opening for reading
// reads nothing, opening for writing writes nothing. It closes every
// descriptor it gets, and may block as long as the kernel does (a FIFO with no
// peer): deadlines are the caller's.
func Attempt(req Request) Result {
	o, v, text := resolve(req)
	if text != "" {
		return Result{Syscall: req.Syscall, Err: text}
	}
	res := Result{Syscall: v.Name}
	attempt(o, v, req, &res)
	return res
}
