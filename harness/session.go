package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// Ticket is what one process needs to take part in a run that another opened.
// It travels between the processes of a parallel suite as JSON.
type Ticket struct {
	RunID        string        `json:"run_id"`
	RunDir       string        `json:"run_dir"`
	WorldID      string        `json:"world_id"`
	Channel      ChannelName   `json:"channel"`
	Scratch      string        `json:"scratch"` // the run's scratch folder
	ProbeTimeout time.Duration `json:"probe_timeout"`
	Witness      WitnessMode   `json:"witness"`
}

// Session observes scenarios for one process of a run: it has the worker, the
// scratch folder and what was measured before the first policy. It is not safe
// for concurrent use.
type Session struct {
	compiled *Compiled
	ticket   Ticket
	facts    world.Facts
	scratch  string
	seq      int
	maker    *fixture.Maker
	launcher *channel.Launcher
	worker   *worker.Worker
	progress func(*Observation)

	hello        worker.Hello       // of the worker that is at work
	preflight    *Preflight         // nil until something was to be attempted
	policies     map[string]*policy // by profile id
	lastPolicy   int                // the last id given to one
	capabilities map[string]string  // name to why it is missing
	models       models
	ear          *ear // made for the first policy
}

// Join opens a session of the run the ticket speaks of. Process tells sessions
// of one run apart: Ginkgo's parallel process number, or 1.
func Join(c *Compiled, t Ticket, process int) (*Session, error) {
	facts, err := world.Survey()
	if err != nil {
		return nil, fmt.Errorf("survey this host: %w", err)
	}
	scratch := filepath.Join(t.Scratch, "p"+strconv.Itoa(process))
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return nil, fmt.Errorf("scratch folder: %w", err)
	}
	s := &Session{
		compiled: c, ticket: t, facts: facts, scratch: scratch,
		maker:    fixture.NewMaker(scratch),
		policies: make(map[string]*policy), capabilities: make(map[string]string),
	}
	s.launcher = channel.NewLauncher(channel.Launch{Name: t.Channel, RunID: t.RunID, Process: process})
	s.worker = worker.New(s.launcher, s.greet)
	return s, nil
}

// OnObservation has f told of every observation, in this process.
func (s *Session) OnObservation(f func(*Observation)) { s.progress = f }

// Close ends the worker and removes the session's scratch folder.
func (s *Session) Close() error {
	s.worker.Close()
	s.ear.close()
	return errors.Join(s.maker.Close(), fixture.RemoveAll(s.scratch))
}

// Observe attempts or predicts one scenario in one lane. What goes wrong is
// part of the observation: there is no other error. When ctx ends, the probe
// under way is ended with its worker.
func (s *Session) Observe(ctx context.Context, lane Lane, p *CompiledProfile, sc *Scenario) Observation {
	obs := Observation{
		Lane: lane, ProfileID: p.ID, ExpectationID: sc.ExpectationID, ProbeName: sc.Name,
		Operation: sc.Operation, Target: sc.Target, Expected: sc.Expected,
	}
	obs.Started = unixNow()
	switch lane {
	case LaneOracle:
		s.predict(&obs, p, sc)
	default:
		s.attempt(ctx, &obs, p, sc)
	}
	if obs.Finished == 0 {
		obs.Finished = unixNow()
	}
	if s.progress != nil {
		s.progress(&obs)
	}
	return obs
}

// attempt runs the baseline and the scenario lane: all that differs is whether
// there are layers.
func (s *Session) attempt(ctx context.Context, obs *Observation, p *CompiledProfile, sc *Scenario) {
	// The baseline of another system's operations would say nothing here.
	if why := engineMissing(p.Mode); why != "" {
		blocked(obs, Blocked, kindNoEngine, why)
		return
	}
	operation, variant, err := lookupOperation(sc)
	if err != nil {
		blocked(obs, Unsupported, "operation_unsupported", err.Error())
		return
	}
	if why := op.Available(operation, variant); why != "" {
		blocked(obs, Unsupported, "operation_unsupported", why)
		return
	}
	if name, why := s.missingCapability(sc); why != "" {
		blocked(obs, Blocked, "capability_missing", fmt.Sprintf("needs %s: %s", name, why))
		return
	}
	if obs.Lane == LaneScenario {
		if kind, why := s.gate(ctx, p); why != "" {
			blocked(obs, Blocked, kind, why)
			return
		}
	}

	s.seq++
	spec := Fixture{}
	if sc.Fixture != nil {
		spec = *sc.Fixture
	}
	site, err := s.maker.Make(s.seq, spec)
	if err != nil {
		var fault *fixture.Error
		if errors.As(err, &fault) {
			obs.Listener = listener(fault.Listener)
		}
		broken(obs, "fixture_failed", err.Error())
		return
	}
	defer func() {
		err := site.Close()
		obs.Listener = listener(site.Listener) // the count of connections is known now
		if err != nil && obs.Outcome != Broken {
			broken(obs, "fixture_failed", err.Error())
		}
	}()

	req, err := request(operation, variant, sc, &spec, site.Vars)
	if err != nil {
		broken(obs, "fixture_failed", err.Error())
		return
	}
	obs.RequestedPath, obs.SourcePath = req.Target, req.Source
	if err := ownsChanged(operation, variant, req, site); err != nil {
		broken(obs, "fixture_failed", err.Error())
		return
	}
	probe := worker.Probe{Op: req}
	var pol *policy
	if obs.Lane == LaneScenario {
		if pol, err = s.policy(p); err != nil {
			broken(obs, "profile_unusable", err.Error())
			return
		}
		s.listen(ctx)
		tag := s.ear.tag(s.seq)
		defer s.ear.forget(tag)
		probe.Policy = s.workerPolicy(pol, site, tag)
	}

	if err := ctx.Err(); err != nil {
		workerFailed(obs, err)
		return
	}
	ans, err := s.worker.Do(ctx, worker.Request{Probe: &probe}, s.ticket.ProbeTimeout)
	s.sign(obs, &ans, err)
	if err != nil {
		// The worker is dead, a program it started may not be: nothing of this
		// site is used again.
		site.Spoil()
		obs.Syscall = variant.Name
		workerFailed(obs, err)
		return
	}
	obs.Started, obs.Finished = ans.Started, ans.Finished
	obs.Sight = sight(ans.Sight)
	if probe.Policy != nil && !s.applied(obs, probe.Policy, ans.Apply) {
		return
	}
	if ans.Result == nil {
		broken(obs, "probe_error", "the worker gave no result: "+ans.Err)
		return
	}
	read(obs, variant, ans.Result)
	if pol != nil {
		s.testify(ctx, obs, operation, variant, pol, probe.Policy.Options.Tag)
		pol.disown(obs, operation, variant)
	}
	if variant.Mutates {
		if obs.PostState, err = stateAfter(variant, req, site); err != nil {
			broken(obs, "post_state_unknown", err.Error())
		}
	}
}

// lookupOperation finds what a scenario attempts. Compile has refused plans
// that name something else; a suite compiled by another version may still.
func lookupOperation(sc *Scenario) (*op.Op, *op.Variant, error) {
	operation, ok := op.Lookup(sc.Operation)
	if !ok {
		return nil, nil, fmt.Errorf("operation %q is not known to this build%s", sc.Operation, nearest.Meant(op.Nearest(sc.Operation)))
	}
	variant, ok := operation.Variant(sc.Syscall)
	if !ok {
		return nil, nil, fmt.Errorf("operation %q has no syscall variant %q", sc.Operation, sc.Syscall)
	}
	return operation, variant, nil
}

// request expands a scenario's templates for one fixture.
func request(o *op.Op, v *op.Variant, sc *Scenario, spec *Fixture, vars map[string]string) (op.Request, error) {
	req := op.Request{Op: o.Name, Syscall: v.Name}
	var err error
	if req.Target, err = fixture.Expand(sc.Target, vars); err != nil {
		return req, fmt.Errorf("target of scenario %q: %w", sc.ExpectationID, err)
	}
	if req.Source, err = fixture.Expand(spec.Source, vars); err != nil {
		return req, fmt.Errorf("fixture source of scenario %q: %w", sc.ExpectationID, err)
	}
	return req, nil
}

func (s *Session) missingCapability(sc *Scenario) (name, why string) {
	for _, text := range sc.Capabilities {
		why, known := s.capabilities[text]
		if !known {
			if c, err := capability.Parse(text); err != nil {
				why = err.Error()
			} else {
				why = c.In(s.scratch).Missing(s.facts)
			}
			s.capabilities[text] = why
		}
		if why != "" {
			return text, why
		}
	}
	return "", ""
}

// gate says why no scenario of the profile can be observed here, if so.
func (s *Session) gate(ctx context.Context, p *CompiledProfile) (kind, why string) {
	if s.compiled.WorldID != "" && s.compiled.WorldID != s.ticket.WorldID {
		return "world_mismatch", fmt.Sprintf("the plan is pinned to world %s, this is %s", s.compiled.WorldID, s.ticket.WorldID)
	}
	if pre := s.Preflight(ctx); !pre.OK() {
		return pre.Kind, "preflight failed: " + pre.Reason
	}
	pol, err := s.policy(p)
	if err != nil {
		return "profile_unusable", err.Error()
	}
	if pol.why != "" {
		return "capability_missing", fmt.Sprintf("profile %q: %s", p.ID, pol.why)
	}
	return "", ""
}

func unixNow() float64 { return float64(time.Now().UnixMicro()) / 1e6 }
