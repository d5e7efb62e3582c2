package analysis_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// sums are the counts that every document of a cut has.
type sums struct {
	All, Blocked, Unobserved, Counted, Undecided, Mismatches, Matches int
}

func (s *sums) add(r analysis.ScenarioResults) {
	s.All += r.TotalWithBlocked
	s.Blocked += r.Blocked.Total
	s.Unobserved += r.Unobserved
	s.Counted += r.Total
	s.Undecided += r.Undecided
	s.Mismatches += r.Mismatches
	s.Matches += r.Matches
}

// randomRows are n rows of few scenarios, of any class and decision.
func randomRows(r *rand.Rand, n int) []artifact.Event {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	rows := make([]artifact.Event, n)
	for i := range rows {
		e := row(pick("fs.read_file", "fs.write_file", "net.connect_tcp"), fmt.Sprintf("s%d", r.IntN(1+n/3)), pick("allow", "deny", ""), pick("allow", "deny", ""))
		e.ProfileID = pick("fam:one", "fam:two", "lone", "given")
		if e.Expected == "" {
			e.Match = nil
		}
		if e.Actual == nil && r.IntN(3) == 0 {
			e.Match = new(false)
		}
		switch r.IntN(5) {
		case 0:
			e.FailureStage = new(pick("apply", "bootstrap", "preflight", "probe", "unheard_of"))
			if r.IntN(2) == 0 {
				e.FailureKind = new(pick("k1", "k2"))
			}
		case 1:
			e.IntendedOpWitnessed = new(r.IntN(2) == 0)
		}
		rows[i] = e
	}
	return rows
}

// Whatever the rows, the documents of a cut count the same: by scenario, by
// family, by operation, and again from the traces.
func TestSumsAgree(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 7))
		rows := randomRows(r, 1+r.IntN(60))
		m := matrix(rows[:len(rows)/2]...)
		m.Profiles = append(m.Profiles, artifact.Member[artifact.MatrixProfile]{Key: "given", Value: artifact.MatrixProfile{Family: new("own"), Probes: m.Profiles[0].Value.Probes}})
		c := cut(t, analysis.CutOptions{Dir: t.TempDir(), Place: "c", Matrix: m}, rows...)

		var scenarios sums
		for _, s := range c.Scenarios.Scenarios {
			scenarios.add(s.Value.Results)
		}
		if scenarios.All != len(rows) || scenarios.All != scenarios.Counted+scenarios.Unobserved+scenarios.Blocked {
			t.Fatalf("seed %d: %d rows in %+v", seed, len(rows), scenarios)
		}
		var ops sums
		for _, op := range c.Ops.Ops {
			o := op.Value
			ops.add(analysis.ScenarioResults{
				TotalWithBlocked: o.ProbesWithBlocked, Blocked: o.Blocked, Unobserved: o.Unobserved, Total: o.Probes,
				Undecided: o.Undecided, Mismatches: o.Mismatches, Matches: o.Matches,
			})
		}
		if diff := cmp.Diff(scenarios, ops); diff != "" {
			t.Fatalf("seed %d: (-scenarios +ops)\n%s", seed, diff)
		}
		histograms := c.Scenarios.PhaseHistograms
		checkHistogram(t, seed, histograms.Overall, scenarios)
		families := analysis.PhaseHistogram{Blocked: analysis.BlockedCounts{ByStage: map[string]int{}, ByKind: map[string]int{}}}
		for _, h := range histograms.ByFamily {
			addHistogram(&families, h)
		}
		if diff := cmp.Diff(histograms.Overall, families); diff != "" {
			t.Fatalf("seed %d: (-overall +families)\n%s", seed, diff)
		}
		for _, name := range slices.Collect(maps.Keys(histograms.ByFamily)) {
			if !slices.Contains([]string{"fam", "own", "unknown"}, name) {
				t.Errorf("seed %d: family %q", seed, name)
			}
		}
		stored, err := analysis.LoadCut(c.Dir, "/")
		if err == nil {
			err = stored.Verify()
		}
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		agree(t, stored)
	}
}

func checkHistogram(t *testing.T, seed uint64, h analysis.PhaseHistogram, s sums) {
	t.Helper()
	p := h.Probe
	got := sums{h.Total, h.Blocked.Total, p.Unobserved, p.Allow + p.Deny + p.Undecided, p.Undecided, p.Mismatches, s.Matches}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Fatalf("seed %d: (-scenarios +histogram)\n%s", seed, diff)
	}
	if h.Stages.Probe != p.Total || h.Stages.Apply+h.Stages.Bootstrap+h.Stages.Preflight != h.Blocked.Total || p.Total != h.Total-h.Blocked.Total {
		t.Fatalf("seed %d: histogram %+v", seed, h)
	}
	for stage, n := range map[string]int{"apply": h.Stages.Apply, "bootstrap": h.Stages.Bootstrap, "preflight": h.Stages.Preflight} {
		if h.Blocked.ByStage[stage] != n {
			t.Fatalf("seed %d: histogram %+v", seed, h)
		}
	}
}

func addHistogram(to *analysis.PhaseHistogram, h analysis.PhaseHistogram) {
	to.Total += h.Total
	to.Stages.Apply += h.Stages.Apply
	to.Stages.Bootstrap += h.Stages.Bootstrap
	to.Stages.Preflight += h.Stages.Preflight
	to.Stages.Probe += h.Stages.Probe
	to.Blocked.Total += h.Blocked.Total
	for k, n := range h.Blocked.ByStage {
		to.Blocked.ByStage[k] += n
	}
	for k, n := range h.Blocked.ByKind {
		to.Blocked.ByKind[k] += n
	}
	to.Probe.Total += h.Probe.Total
	to.Probe.Allow += h.Probe.Allow
	to.Probe.Deny += h.Probe.Deny
	to.Probe.Mismatches += h.Probe.Mismatches
	to.Probe.Unobserved += h.Probe.Unobserved
	to.Probe.Undecided += h.Probe.Undecided
}

// agree holds the documents of a cut against each other: one set of scenarios in
// all, an operation for each expectation, and counts for each of its mismatches.
func agree(t *testing.T, c *analysis.StoredCut) {
	t.Helper()
	for name, keys := range map[string][]string{"index": c.Index.Traces.Keys(), "indexes": c.Indexes.ScenarioToTraces.Keys()} {
		if diff := cmp.Diff(c.Scenarios.Scenarios.Keys(), keys); diff != "" {
			t.Errorf("scenarios (-scenarios +%s):\n%s", name, diff)
		}
	}
	for _, m := range c.Scenarios.Scenarios {
		s := m.Value
		if s.Results.Mismatches > len(s.Mismatches) {
			t.Errorf("scenario %q counts %d mismatches and lists %d", m.Key, s.Results.Mismatches, len(s.Mismatches))
		}
		for _, x := range s.Expectations {
			listed, _ := c.Indexes.OpToScenarios.Get(x.Operation)
			if x.Operation != "" && !slices.Contains(listed, m.Key) {
				t.Errorf("scenario %q is not among those of %s", m.Key, x.Operation)
			}
		}
	}
	for _, m := range c.Indexes.OpToScenarios {
		if !slices.IsSorted(m.Value) || !slices.IsSorted(c.Indexes.OpToScenarios.Keys()) {
			t.Errorf("op_to_scenarios is not sorted: %q", m.Value)
		}
		if _, known := c.Ops.Ops.Get(m.Key); !known {
			t.Errorf("operation %q was expected, and %s does not have it", m.Key, analysis.OpsFile)
		}
	}
}
