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
	ApplyGate    ApplyGate     `json:"apply_gate"`
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

	underSeatbelt bool               // which engine the preflight proves
	hello         worker.Hello       // of the worker that is at work
	preflight     *Preflight         // nil until something was to be attempted
	policies      map[string]*policy // by profile id
	lastPolicy    int                // the last id given to one
	seatbelts     map[string]*seatbeltPolicy
	ground        *fixture.Ground   // where targets of macOS's plans lie
	capabilities  map[string]string // name to why it is missing
	models        models
	ear           *ear // made for the first policy
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
		seatbelts: make(map[string]*seatbeltPolicy), ground: fixture.HostGround(), underSeatbelt: c.underSeatbelt(),
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
// there is a policy.
func (s *Session) attempt(ctx context.Context, obs *Observation, p *CompiledProfile, sc *Scenario) {
	// The baseline of another system's operations would say nothing here.
	if why := engineMissing(p.Mode); why != "" {
		blocked(obs, Blocked, kindNoEngine, why)
		return
	}
	prepare := landlockTrial
	if isSeatbelt(p.Mode) {
		prepare = seatbeltTrial
	}
	trial, why := prepare(sc)
	if why != "" {
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
	trial(s, ctx, obs, p)
}

// A trial attempts a scenario in the lane of the observation, with nothing left in
// its way that is known before.
type trial func(*Session, context.Context, *Observation, *CompiledProfile)

// ask has the worker attempt, and takes in what the answers of all engines have.
// There is none when false is returned, and the observation says why.
func (s *Session) ask(ctx context.Context, obs *Observation, req worker.Request, limit time.Duration) (worker.Answer, bool) {
	ans, err := s.worker.Do(ctx, req, limit)
	s.sign(obs, &ans, err)
	if err != nil {
		workerFailed(obs, err)
		return ans, false
	}
	obs.Started, obs.Finished = ans.Started, ans.Finished
	obs.Sight = sight(ans.Sight)
	return ans, true
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
	if isSeatbelt(p.Mode) {
		return s.gateSeatbelt(p)
	}
	return s.gateLandlock(p)
}

func unixNow() float64 { return float64(time.Now().UnixMicro()) / 1e6 }
