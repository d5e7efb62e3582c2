package specs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"

	"github.com/rtgen/rtgen/harness"
)

// A Reporter turns a finished report into something that lasts. It is called
// once, on process 1, after every process has ended, while the run is open.
type Reporter interface {
	Report(run *harness.Run, report types.Report) error
}

// Suite is a compiled plan on its way to becoming a Ginkgo suite.
type Suite struct {
	compiled *harness.Compiled
	params   func() (harness.Params, error) // read when the run starts: flags are parsed by then
	specs    []spec

	run     *harness.Run     // on process 1
	session *harness.Session // on every process
	require bool
	greeted bool  // the session's preflight was attached to a spec
	closed  bool  // finish was called
	err     error // what the reporters and the end of the run could not do
}

// spec is one scenario and the place a reader should be sent to.
type spec struct {
	profile  *harness.CompiledProfile
	scenario *harness.Scenario
	at       types.CodeLocation
}

func (s *Suite) add(p *harness.CompiledProfile, sc *harness.Scenario, at types.CodeLocation) {
	s.specs = append(s.specs, spec{p, sc, at})
}

// perContainer is how many scenarios share a container. Ginkgo takes quadratic
// time in the nodes of one: ten thousand in a single container cost seconds
// before the first spec runs.
const perContainer = 64

// build makes the tree, in plan order: a container for the plan, in it
// containers for its profiles, a large profile having several of one name, and
// in those a spec per scenario and lane.
func (s *Suite) build(reporters []Reporter) {
	ginkgo.Describe(s.compiled.PlanID, ginkgo.Label("plan:"+label(s.compiled.PlanID)), func() {
		for rest := s.specs; len(rest) > 0; {
			n := 1
			for n < len(rest) && n < perContainer && rest[n].profile == rest[0].profile {
				n++
			}
			s.container(rest[:n])
			rest = rest[n:]
		}
	})
	ginkgo.SynchronizedBeforeSuite(s.start, s.join)
	ginkgo.ReportAfterSuite("commit the evidence", func(report ginkgo.Report) { s.finish(report, reporters) })
	ginkgo.SynchronizedAfterSuite(s.leave, func() {})
}

func (s *Suite) container(group []spec) {
	id := group[0].profile.ID
	ginkgo.Describe(id, group[0].at, ginkgo.Label("profile:"+label(id)), func() {
		for _, sp := range group {
			for _, lane := range harness.AllLanes() {
				if sp.scenario.Lanes.Has(lane) {
					s.it(lane, sp)
				}
			}
		}
	})
}

func (s *Suite) it(lane harness.Lane, sp spec) {
	sc := sp.scenario
	text := fmt.Sprintf("%s %s: %s %s", sc.ExpectationID, lane, sc.Operation, sc.Target)
	if lane != harness.LaneBaseline {
		text += " → " + string(sc.Expected)
	}
	labels := ginkgo.Label(string(lane), "op:"+label(sc.Operation))
	ginkgo.It(text, sp.at, labels, func(ctx ginkgo.SpecContext) { s.observe(ctx, lane, sp) })
}

// label replaces what Ginkgo's filter language keeps for itself.
func label(id string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("&|!,()/", r) {
			return '_'
		}
		return r
	}, id)
}

// start opens the run on process 1 and makes the ticket for all.
func (s *Suite) start() []byte {
	params, err := s.params()
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	if s.run == nil { // rtgen run opens its run before the suite
		if s.run, err = harness.Start(s.compiled, params); err != nil {
			ginkgo.Fail(err.Error())
		}
	}
	ginkgo.AddReportEntry("rtgen run", fmt.Sprintf("run_id=%s world_id=%s out=%s", s.run.ID(), s.run.Ticket().WorldID, s.run.Out()))
	ticket, err := json.Marshal(s.run.Ticket())
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	return ticket
}

func (s *Suite) join(ticket []byte) {
	params, err := s.params()
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	s.require = params.RequireEvidence
	var t harness.Ticket
	if err := json.Unmarshal(ticket, &t); err != nil {
		ginkgo.Fail(fmt.Sprintf("ticket of the run: %v", err))
	}
	s.session, err = harness.Join(s.compiled, t, ginkgo.GinkgoParallelProcess())
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	s.session.OnObservation(params.Progress)
}

// leave ends this process's part. The run itself is closed by finish, which
// comes later, on process 1.
func (s *Suite) leave() {
	if s.session == nil {
		return
	}
	err := s.session.Close()
	if list := s.session.Launches(); list != nil {
		attach(harness.LaunchEntry, list)
	}
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	if w := s.session.WitnessReport(); w != nil {
		attach(harness.WitnessEntry, w)
	}
}

// attach adds what a session measured to the report of the node that runs.
func attach(name string, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.AddReportEntry(name, string(data), ginkgo.ReportEntryVisibilityNever)
}

func (s *Suite) observe(ctx context.Context, lane harness.Lane, sp spec) {
	obs := s.session.Observe(ctx, lane, sp.profile, sp.scenario)
	text, err := harness.Serialise(&obs)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	ginkgo.AddReportEntry(harness.ObservationEntry, text, ginkgo.ReportEntryVisibilityNever)
	if pre := s.session.Measured(); pre != nil && !s.greeted {
		attach(harness.PreflightEntry, pre)
		s.greeted = true
	}
	meet := &meetExpectation{require: s.require, at: place(sp.at)}
	gomega.NewGomega(ginkgo.Fail).Expect(&obs).To(meet)
	if meet.verdict.Kind == harness.VerdictSkip {
		ginkgo.Skip(meet.verdict.Text)
	}
}

// finish hands the report to the reporters and closes the run. Without a run
// there is nothing to report: every spec was filtered out, or start failed and
// said why.
func (s *Suite) finish(report ginkgo.Report, reporters []Reporter) {
	if s.run == nil {
		s.wantEvidence(report)
		return
	}
	s.closed = true
	var errs []error
	for _, r := range reporters {
		errs = append(errs, r.Report(s.run, report))
	}
	errs = append(errs, s.run.Close())
	if s.err = errors.Join(errs...); s.err != nil {
		ginkgo.Fail(s.err.Error())
	}
	s.wantEvidence(report)
}

// wantEvidence lets CI that wants evidence not go green on nothing, nor on what
// models say. When the start of the run failed, the suite has failed already.
func (s *Suite) wantEvidence(report ginkgo.Report) {
	params, err := s.params()
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	if params.RequireEvidence && report.SuiteSucceeded && !report.SuiteConfig.DryRun && !attempted(report) {
		ginkgo.Fail("no spec of the scenario lane was run and evidence is required: widen the filter")
	}
}

// attempted says whether a spec of the scenario lane was run.
func attempted(report ginkgo.Report) bool {
	return slices.ContainsFunc(report.SpecReports, func(spec ginkgo.SpecReport) bool {
		return spec.State.Is(types.SpecStatePassed|types.SpecStateFailureStates) && slices.Contains(spec.Labels(), string(harness.LaneScenario))
	})
}

// abandon closes a run that finish never saw. When a test process is lost,
// Ginkgo has no report of all processes and calls nobody with what it has.
func (s *Suite) abandon() error {
	if s.run == nil || s.closed {
		return nil
	}
	err := errors.New("a test process was lost, and with it what it observed")
	return errors.Join(s.run.Fail(err), s.run.Close())
}
