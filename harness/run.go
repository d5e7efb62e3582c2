package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/witness"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// Run is one run of a compiled plan: its id, its world and its folder, locked
// until Close. Sessions observe for it; Finish writes what they saw.
type Run struct {
	compiled *Compiled
	params   Params
	facts    world.Facts
	ticket   Ticket
	stage    *bundle.Stage
	binary   binary

	audit      *witness.Switch    // nil: the run leaves audit alone
	auditAfter *bundle.AuditState // nil: not put back yet
	auditNote  string             // that someone else changed it meanwhile
}

// Start opens a run: it checks the world and the profiles' parents, takes the
// lock and makes the run folder with run_status in_progress. Everything that
// can be refused is refused before anything is written.
func Start(c *Compiled, p Params) (*Run, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	facts, err := world.Survey()
	if err != nil {
		return nil, &UnavailableError{fmt.Errorf("survey this host: %w", err)}
	}
	// Where there is no engine every scenario is blocked anyway, and the oracle
	// lane must not be refused for what the host lacks. A profile of macOS names
	// nothing that the host must have.
	if !p.Dry && c.Lanes.Scenario && facts.LandlockABI > 0 {
		if err := checkHost(c); err != nil {
			return nil, err
		}
	}
	if p.RunID == "" {
		p.RunID = uuid.NewString()
	}
	r := &Run{compiled: c, params: p, facts: facts, binary: thisBinary()}
	if r.audit, err = enableWitness(c, p); err != nil {
		return nil, err
	}
	r.stage, err = bundle.Create(p.Out, bundle.Options{
		RunID: p.RunID, WorldID: facts.ID(), Channel: string(p.Channel.Name),
		PlanID: c.PlanID, PlanDigest: c.PlanDigest.String(),
		LockMode: p.Channel.LockMode, LockTimeout: p.Channel.LockTimeout,
	})
	if err != nil {
		return nil, errors.Join(err, r.restoreWitness())
	}
	scratch, err := os.MkdirTemp(p.Scratch, "rtgen-")
	if err == nil {
		// A worker of another channel may not share our umask.
		err = os.Chmod(scratch, 0o755)
	}
	if err != nil {
		err = &UnavailableError{fmt.Errorf("scratch folder: %w", err)}
		return nil, errors.Join(err, r.stage.Fail(err), r.stage.Close(), r.restoreWitness())
	}
	r.ticket = Ticket{
		RunID: p.RunID, RunDir: r.stage.Dir(), WorldID: facts.ID(), Channel: p.Channel.Name,
		Scratch: scratch, ProbeTimeout: p.ProbeTimeout, Witness: p.Witness, ApplyGate: p.ApplyGate,
	}
	return r, nil
}

// checkHost refuses profiles that this host cannot carry.
func checkHost(c *Compiled) error {
	var faults []error
	for i := range c.Profiles {
		p := &c.Profiles[i]
		if p.Mode != ModeLandlock || engineMissing(p.Mode) != "" {
			continue // else its scenarios are blocked, and say so
		}
		pol, err := newPolicy(&p.CompiledPolicy)
		if err == nil {
			err = pol.checkHost()
		}
		if err != nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// ID is the run's id.
func (r *Run) ID() string { return r.ticket.RunID }

// Dir is the run's folder.
func (r *Run) Dir() string { return r.stage.Dir() }

// Out is the out folder the run's folder lies in.
func (r *Run) Out() string { return r.params.Out }

// Compiled is the plan the run is of.
func (r *Run) Compiled() *Compiled { return r.compiled }

// Ticket lets another process take part in the run.
func (r *Run) Ticket() Ticket { return r.ticket }

// Join opens a session of the run in this process.
func (r *Run) Join() (*Session, error) {
	s, err := Join(r.compiled, r.ticket, 1)
	if err != nil {
		return nil, err
	}
	s.progress = r.params.Progress
	return s, nil
}

// Close releases the lock and removes the scratch folder. A run that was not
// finished is closed as failed: nobody will ever add to it.
func (r *Run) Close() error {
	err := fixture.RemoveAll(r.ticket.Scratch)
	return errors.Join(err, r.restoreWitness(), r.stage.Close())
}

// An UnavailableError means that no evidence could be made on this host: the
// engine, the channel or the scratch folder is not to be had.
type UnavailableError struct{ Err error }

func (e *UnavailableError) Error() string { return e.Err.Error() }
func (e *UnavailableError) Unwrap() error { return e.Err }

// RunPlan compiles the plan at path, runs every scenario in every lane and
// writes the bundle and its promotion packet. It is the plain door for
// programs: no test framework, and it may be called many times in one process.
//
// The Result says how the run went; an error means that there is none.
func RunPlan(ctx context.Context, path string, p Params) (*Result, error) {
	c, err := CompilePlan(Source{}, path)
	if err != nil {
		return nil, err
	}
	if c, err = c.Select(p.Select); err != nil {
		return nil, err
	}
	return RunCompiled(ctx, c, p)
}

// RunCompiled is RunPlan for a plan that was compiled before.
func RunCompiled(ctx context.Context, c *Compiled, p Params) (res *Result, err error) {
	run, err := Start(c, p)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, run.Close()) }()

	ev := Evidence{Selection: SelectionOf(c, "")}
	if !p.Dry {
		session, err := run.Join()
		if err != nil {
			return nil, errors.Join(err, run.Fail(err))
		}
		ev = observeAll(ctx, session)
		if err := session.Close(); err != nil {
			return nil, errors.Join(err, run.Fail(err))
		}
		ev.Launches = session.Launches()
		if w := session.WitnessReport(); w != nil {
			ev.Witnesses = append(ev.Witnesses, *w)
		}
	}
	return run.Finish(ev)
}

func observeAll(ctx context.Context, s *Session) Evidence {
	ev := Evidence{Selection: SelectionOf(s.compiled, "")}
	for i := range s.compiled.Profiles {
		p := &s.compiled.Profiles[i]
		for j := range p.Scenarios {
			sc := &p.Scenarios[j]
			for _, lane := range AllLanes() {
				if !sc.Lanes.Has(lane) {
					continue
				}
				if err := ctx.Err(); err != nil {
					ev.Err, ev.ErrStage = fmt.Errorf("interrupted: %w", context.Cause(ctx)), "interrupted"
					return ev
				}
				ev.Observations = append(ev.Observations, s.Observe(ctx, lane, p, sc))
			}
		}
	}
	if pre := s.Measured(); pre != nil {
		ev.Preflights = append(ev.Preflights, *pre)
	}
	return ev
}

// PacketPath is where a finished run leaves its promotion packet.
func (r *Run) PacketPath() string { return filepath.Join(r.stage.Out(), bundle.PacketFile) }
