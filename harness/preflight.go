package harness

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// Preflight is what a session measured before its first policy: what its worker
// inherited, and that the engine really enforces. It travels with the session's
// first observation.
type Preflight struct {
	WorkerPID int    `json:"worker_pid"`
	Layers    int    `json:"layers"` // Landlock layers the worker was born under
	LayersErr string `json:"layers_error,omitempty"`

	// On macOS there are no layers: a process is confined or it is not.
	Engine       string `json:"engine,omitempty"`    // ModeSBPL where Seatbelt is under test; empty: Landlock
	Sandboxed    bool   `json:"sandboxed,omitempty"` // the worker was born confined
	SandboxedErr string `json:"sandboxed_error,omitempty"`

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
// under test: nothing it observes can be promoted. What could not be measured is
// taken for the worse.
func (p *Preflight) AlreadySandboxed() bool {
	return p.Layers > 0 || p.LayersErr != "" || p.Sandboxed || p.SandboxedErr != ""
}

// seatbelt says whether macOS's engine is under test.
func (p *Preflight) seatbelt() bool { return p.Engine != "" }

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
	canary, limit := worker.Canary{Dir: filepath.Join(s.scratch, "canary")}, s.ticket.ProbeTimeout
	if s.underSeatbelt {
		canary.Seatbelt, canary.Limit = true, limit
		limit += ownGrace
	}
	if err := os.MkdirAll(canary.Dir, 0o755); err != nil {
		fail("fixture_failed", "%v", err)
		p.Canary = "not tried"
		return
	}
	ans, err := s.worker.Do(ctx, worker.Request{Canary: &canary}, limit)
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
	if isSeatbelt(cp.Mode) {
		return s.applyAlone(ctx, p, cp)
	}
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

// applyAlone is applyOnce for a profile of macOS, which takes a process. It looks
// at "/" under it.
func (s *Session) applyAlone(ctx context.Context, p *Preflight, cp *CompiledPolicy) error {
	own := worker.OwnProcess{
		Policy:  &seatbelt.Policy{Path: cp.Path, Text: cp.Text, Parameters: cp.Parameters, Blob: cp.Blob},
		Attempt: attempt.Request{Operation: "file-read-metadata", Target: "/", Driver: "metadata_runner"},
		Limit:   s.ticket.ProbeTimeout,
	}
	ans, err := s.worker.Do(ctx, worker.Request{Own: &own}, own.Limit+ownGrace)
	switch {
	case err != nil:
		return err
	case ans.Apply == nil && ans.Lost != nil:
		return errors.New(ans.Lost.Epitaph)
	case ans.Apply == nil:
		return errors.New("the probe's process did not say how applying went: " + ans.Err)
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
	if s.underSeatbelt {
		p.Engine = ModeSBPL
		p.greetSeatbelt(h.Seatbelt)
	} else {
		p.Layers = max(p.Layers, h.Layers)
		p.LayersErr = cmp.Or(h.LayersErr, p.LayersErr)
		if h.EngineErr != "" {
			p.Kind, p.Reason = kindNoEngine, h.EngineErr
		}
	}
	p.Descriptors = nil
	for _, fd := range h.Descriptors {
		p.Descriptors = append(p.Descriptors, fd.String())
	}
	return nil
}

func (p *Preflight) greetSeatbelt(self *worker.SelfCheck) {
	switch {
	case self == nil:
		p.SandboxedErr = "the worker did not ask whether it is confined"
	case self.Err != "":
		p.SandboxedErr = self.Err
	default:
		p.Sandboxed = p.Sandboxed || self.Confined
	}
}
