package harness

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// ownGrace is how much longer a worker may take than the process that attempts:
// it ends that process itself, and lives on.
const ownGrace = 5 * time.Second

// seatbeltWay is how a scenario is attempted on macOS.
type seatbeltWay struct {
	sc        *Scenario
	operation *attempt.Operation // nil: sandbox_check is asked, and nothing attempted
	call      *attempt.Syscall   // likewise
	asks      []seatbelt.Question
	asked     *seatbelt.Request // what the questions come from; nil: nothing that evidence speaks of
}

// seatbeltTrial is the attempt at a scenario on macOS. Why says that it cannot be
// made here.
func seatbeltTrial(sc *Scenario) (_ trial, why string) {
	way := &seatbeltWay{sc: sc}
	way.asks, way.asked = seatbelt.Questions(seatbelt.Probe{
		Operation: sc.Operation, Target: sc.Target, Driver: sc.Driver, FilterName: sc.FilterName, FilterType: sc.FilterType,
	})
	if sc.Driver == attempt.CheckDriver {
		if len(way.asks) == 0 {
			return nil, fmt.Sprintf("sandbox_check cannot be asked about %s with the probe's filter", sc.Operation)
		}
		return way.attempt, ""
	}
	var err error
	if way.operation, way.call, err = lookupSeatbelt(sc); err != nil {
		return nil, err.Error()
	}
	if why := attempt.Available(way.operation, way.call); why != "" {
		return nil, why
	}
	return way.attempt, ""
}

// attempt is made by a process of its own, which the worker starts and which has
// put the policy on itself.
func (w *seatbeltWay) attempt(s *Session, ctx context.Context, obs *Observation, p *CompiledProfile) {
	sc := w.sc
	if sc.onPath(p.Mode) {
		obs.RequestedPath = sc.Target
	}
	plot, err := s.ground.Make(ctx, w.need())
	switch {
	case err != nil && ctx.Err() != nil:
		workerFailed(obs, ctx.Err())
		return
	case err != nil:
		broken(obs, "fixture_failed", err.Error())
		return
	}
	defer func() {
		err := plot.Close()
		obs.Listener = listener(plot.Listener) // the count of connections is known now
		if err != nil && obs.Outcome != Broken {
			broken(obs, "fixture_failed", err.Error())
		}
	}()
	own := worker.OwnProcess{
		Attempt: attempt.Request{
			Operation: sc.Operation, Target: sc.Target, Driver: sc.Driver, Syscall: sc.Syscall, AttrPayload: sc.AttrPayload,
		},
		Limit: s.ticket.ProbeTimeout,
	}
	if obs.Lane == LaneScenario {
		pol, err := s.seatbeltPolicy(p)
		if err != nil {
			broken(obs, "profile_unusable", err.Error())
			return
		}
		own.Policy, own.Ask = pol.appliedFor(sc), w.asks
		obs.Asked = checkRequest(w.asked)
	} else if w.operation == nil {
		own.Ask = w.asks // the attempt is to ask
	}
	if err := ctx.Err(); err != nil {
		workerFailed(obs, err)
		return
	}
	ans, ok := s.ask(ctx, obs, worker.Request{Own: &own}, own.Limit+ownGrace)
	if !ok {
		return
	}
	if ans.ProbePID != 0 {
		obs.WorkerPID = ans.ProbePID
	}
	w.take(obs, &own, &ans)
	applied := ans.Apply == nil || ans.Apply.Err == ""
	if applied && w.operation != nil && w.operation.Target == attempt.TargetPath && w.call.Mutates {
		w.lookAfter(obs)
	}
}

// take reads the answer, in the order in which its process came that far.
func (w *seatbeltWay) take(obs *Observation, own *worker.OwnProcess, ans *worker.Answer) {
	if ans.Apply != nil && !appliedSeatbelt(obs, ans.Apply) {
		return
	}
	if obs.Lane == LaneScenario {
		for _, a := range ans.Callouts {
			obs.Callouts = append(obs.Callouts, callout(a))
		}
	}
	switch {
	case ans.Lost != nil && ans.Lost.TimedOut:
		broken(obs, "probe_timeout", ans.Lost.Epitaph)
	case ans.Lost != nil:
		broken(obs, "probe_process_died", ans.Lost.Epitaph)
	case ans.Err != "":
		broken(obs, "probe_error", ans.Err)
	case own.Policy != nil && ans.Apply == nil:
		broken(obs, "probe_error", "the probe's process did not say that it applied the policy")
	case ans.Bootstrap != nil && ans.Bootstrap.Errno != 0:
		notStarted(obs, ans.Bootstrap)
	case ans.Result == nil:
		broken(obs, "probe_error", "the probe's process gave no result")
	default:
		readAttempt(obs, ans.Result)
		unlessAnswered(obs)
	}
}

// lookAfter looks at what the attempt may have changed.
func (w *seatbeltWay) lookAfter(obs *Observation) {
	st, err := op.StateOf(w.path(), "")
	if err != nil {
		if obs.Outcome != Broken {
			broken(obs, "post_state_unknown", err.Error())
		}
		return
	}
	obs.PostState = postState(st)
}

// path is the target from "/".
func (w *seatbeltWay) path() string {
	if w.call != nil && w.call.RootRel {
		return "/" + w.sc.Target
	}
	return w.sc.Target
}

// need is what the attempt is to find. A program that is to be executed is none
// that could be made.
func (w *seatbeltWay) need() (need fixture.Need) {
	sc := w.sc
	switch {
	case w.operation == nil:
		if w.asked != nil && w.asked.FilterName == "path" && strings.HasPrefix(sc.Operation, "file-") {
			need.Path, need.Kind = sc.Target, fixture.File
		}
	case w.operation.Target == attempt.TargetPath && strings.HasPrefix(w.operation.Name, "file-"):
		need = fixture.Need{Path: w.path(), Kind: fixture.File, Mutates: w.call.Mutates}
		switch w.operation.Name {
		case "file-search":
			need.Kind = fixture.Dir
		case "file-read-xattr":
			need.Xattr = attempt.Attribute
		}
	case w.operation.Name == "network-outbound":
		need.Listen = loopbackOf(sc.Target)
	}
	return need
}

// loopbackOf is the address of the fixture's listener, where the format has one.
func loopbackOf(target string) string {
	host, port, ok := strings.Cut(target, ":")
	if !ok || host != "127.0.0.1" && host != "localhost" {
		return ""
	}
	return "127.0.0.1:" + port
}
