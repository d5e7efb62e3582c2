package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// Preflight is what a session measured before its first policy: what its worker
// inherited, and that the engine really enforces. It travels with the session's
// first observation.
type Preflight struct {
	WorkerPID   int      `json:"worker_pid"`
	Layers      int      `json:"layers"` // Landlock layers the worker was born under
	LayersErr   string   `json:"layers_error,omitempty"`
	Descriptors []string `json:"descriptors,omitempty"` // inherited by the worker, beyond the standard three

	Profile string `json:"profile,omitempty"` // the plan's apply_preflight_profile
	API     string `json:"api,omitempty"`     // last call of applying it
	Errno   int    `json:"errno,omitempty"`

	Canary string `json:"canary"`           // "ok", or why it failed
	Kind   string `json:"kind,omitempty"`   // failure kind; empty when all is well
	Reason string `json:"reason,omitempty"` // one line; empty when all is well

	started bool
}

// OK says whether scenarios may run.
func (p *Preflight) OK() bool { return p.Kind == "" }

// AlreadySandboxed says whether the worker was born confined by the engine
// under test: nothing it observes can be promoted. A count that could not be
// made is taken for the worse.
func (p *Preflight) AlreadySandboxed() bool { return p.Layers > 0 || p.LayersErr != "" }

// Preflight measures once per session and remembers.
func (s *Session) Preflight(ctx context.Context) *Preflight {
	if s.preflight == nil {
		s.preflight = &Preflight{}
	}
	if !s.preflight.started {
		s.preflight.started = true
		s.runPreflight(ctx, s.preflight)
	}
	return s.preflight
}

// Measured is the preflight if something has been measured, else nil.
func (s *Session) Measured() *Preflight {
	if s.preflight == nil || !s.preflight.started {
		return nil
	}
	return s.preflight
}

func (s *Session) runPreflight(ctx context.Context, p *Preflight) {
	fail := func(kind, format string, args ...any) {
		p.Kind, p.Reason = kind, fmt.Sprintf(format, args...)
	}
	if err := s.worker.StartContext(ctx); err != nil {
		fail("worker_launch_failed", "%v", err)
		p.Canary = "not tried"
		return
	}
	if p.Kind != "" { // greet found no engine
		p.Canary = "not tried"
		return
	}
	dir := filepath.Join(s.scratch, "canary")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		fail("fixture_failed", "%v", err)
		p.Canary = "not tried"
		return
	}
	ans, err := s.worker.Do(ctx, worker.Request{Canary: &worker.Canary{Dir: dir}}, s.ticket.ProbeTimeout)
	switch {
	case err != nil:
		fail("canary_failed", "canary: %v", err)
	case ans.Err != "":
		fail("canary_failed", "%s", ans.Err)
	}
	if p.Kind != "" {
		p.Canary = p.Reason
		return
	}
	p.Canary = "ok"
	if s.compiled.Preflight != nil {
		if err := s.applyOnce(ctx, p, s.compiled.Preflight); err != nil {
			fail("apply_failed", "apply_preflight_profile %s: %v", s.compiled.Preflight.Path, err)
		}
	}
}

// applyOnce puts the plan's own preflight profile on a thread and opens the
// scratch folder under it, whatever comes of that: the question is whether the
// profile can be applied at all.
func (s *Session) applyOnce(ctx context.Context, p *Preflight, cp *CompiledPolicy) error {
	p.Profile = cp.Path
	pol, err := newPolicy(cp)
	if err != nil {
		return err
	}
	s.seq++
	site, err := s.maker.Make(s.seq, fixture.Spec{})
	if err != nil {
		return err
	}
	defer site.Close()
	if err := s.ready(pol); err != nil {
		return err
	}
	if pol.why != "" {
		return errors.New(pol.why)
	}
	req := op.Request{Op: "fs.read_dir", Target: site.Vars["workspace"]}
	ans, err := s.worker.Do(ctx, worker.Request{Probe: &worker.Probe{Policy: s.workerPolicy(pol, site, ""), Op: req}}, s.ticket.ProbeTimeout)
	if err != nil {
		return err
	}
	if ans.Apply == nil {
		return errors.New("the worker did not say how applying went")
	}
	p.API, p.Errno = ans.Apply.API, ans.Apply.Errno
	if ans.Apply.Err != "" {
		return errors.New(ans.Apply.Err)
	}
	return nil
}

// greet takes in what a new worker measured of itself. It refuses a worker that
// lives in another world than the run.
func (s *Session) greet(h worker.Hello) error {
	if h.WorldErr != "" {
		return fmt.Errorf("the worker could not survey its world: %s", h.WorldErr)
	}
	if id := h.World.ID(); id != s.ticket.WorldID {
		return fmt.Errorf("the worker lives in world %s, the run in %s", id, s.ticket.WorldID)
	}
	if s.preflight == nil {
		s.preflight = &Preflight{}
	}
	s.hello = h
	p := s.preflight
	p.WorkerPID = h.PID
	// A replaced worker may have been born under more than the first one.
	p.Layers = max(p.Layers, h.Layers)
	if h.LayersErr != "" {
		p.LayersErr = h.LayersErr
	}
	p.Descriptors = nil
	for _, fd := range h.Descriptors {
		p.Descriptors = append(p.Descriptors, fd.String())
	}
	if h.EngineErr != "" {
		p.Kind, p.Reason = kindNoEngine, h.EngineErr
	}
	return nil
}
