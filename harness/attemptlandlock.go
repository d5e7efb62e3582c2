package harness

import (
	"context"
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// landlockTrial is the attempt at a scenario on Linux. Why says that it cannot be
// made here.
func landlockTrial(sc *Scenario) (_ trial, why string) {
	operation, variant, err := lookupOperation(sc)
	if err != nil {
		return nil, err.Error()
	}
	if why := op.Available(operation, variant); why != "" {
		return nil, why
	}
	return func(s *Session, ctx context.Context, obs *Observation, p *CompiledProfile) {
		s.attemptLandlock(ctx, obs, p, sc, operation, variant)
	}, ""
}

// attemptLandlock attempts on a thread of the worker's, which has put the layers of
// the policy on itself.
func (s *Session) attemptLandlock(ctx context.Context, obs *Observation, p *CompiledProfile, sc *Scenario, operation *op.Op, variant *op.Variant) {
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
	ans, ok := s.ask(ctx, obs, worker.Request{Probe: &probe}, s.ticket.ProbeTimeout)
	if !ok {
		// The worker is dead, a program it started may not be: nothing of this
		// site is used again.
		site.Spoil()
		obs.Syscall = variant.Name
		return
	}
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

// gateLandlock says why no scenario of the profile can be observed here, if so.
func (s *Session) gateLandlock(p *CompiledProfile) (kind, why string) {
	pol, err := s.policy(p)
	if err != nil {
		return "profile_unusable", err.Error()
	}
	if pol.why != "" {
		return "capability_missing", fmt.Sprintf("profile %q: %s", p.ID, pol.why)
	}
	return "", ""
}
