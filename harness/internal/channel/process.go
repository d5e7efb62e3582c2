package channel

import "sync"

// Process is a worker process and the wire it answers on.
type Process struct {
	Wire *Wire

	body body
	once sync.Once
}

// body is what is alive at the other end of the wire: a child, or a job of
// launchd.
type body interface {
	pid() int
	exited() bool
	// end ends what is still alive of it, and waits for that.
	end()
	// epitaph says in one line how it ended and what it last wrote, once it has.
	epitaph() string
}

// PID is the worker's process id.
func (p *Process) PID() int { return p.body.pid() }

// Exited says whether the process has ended.
func (p *Process) Exited() bool { return p.body.exited() }

// Kill ends the worker and every program it started, and waits for its end. It
// may be called more than once.
func (p *Process) Kill() {
	p.once.Do(func() {
		if !p.Exited() {
			// First: when the worker is gone nobody knows which were its own.
			EndPrograms(p.PID())
		}
		p.body.end()
		p.Wire.Close()
	})
}

// Epitaph says in one line how the process ended and what it last wrote. It ends
// one that has not.
func (p *Process) Epitaph() string {
	p.Kill()
	return p.body.epitaph()
}
