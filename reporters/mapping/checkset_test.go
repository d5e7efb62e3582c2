package mapping

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/schema"
)

// madeSet is a mapping set as it was read.
type madeSet struct {
	Story      analysis.Story
	Scenarios  analysis.Scenarios
	Coverage   Coverage
	Callouts   CalloutOracle
	Signatures signaturesDocument
	Links      analysis.RuntimeLinks
}

// signaturesDocument is runtime_signatures.json as it is read.
type signaturesDocument struct {
	ExpectedMatrix struct {
		Profiles map[string]struct {
			Blob          string         `json:"blob"`
			Mode          string         `json:"mode"`
			Family        *string        `json:"family"`
			SemanticGroup *string        `json:"semantic_group"`
			Probes        []SignatureRow `json:"probes"`
		} `json:"profiles"`
	} `json:"expected_matrix"`
	ExpectedSummary  map[string]SignatureSummary   `json:"expected_summary"`
	Field2Summary    *Field2Summary                `json:"field2_summary"`
	Metadata         SignaturesMetadata            `json:"metadata"`
	Mismatches       []DisallowedMismatch          `json:"mismatches"`
	ProfilesMetadata map[string]SignatureProfile   `json:"profiles_metadata"`
	Scenarios        map[string]SignatureScenario  `json:"scenarios"`
	Signatures       map[string]map[string]*string `json:"signatures"`
}

// checkSet reads the documents of a mapping set and holds them against each other:
// what is said in two of them is the same.
func checkSet(t testing.TB, dir string) *madeSet {
	t.Helper()
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for name, version := range map[string]string{
		CoverageFile: "runtime-tools.runtime_coverage.v0.1", CalloutOracleFile: "runtime-tools.runtime_callout_oracle.v0.1",
		SignaturesFile: "runtime-tools.runtime_signatures.v0.1", LinksFile: "runtime-tools.runtime_links.v0.1",
	} {
		checkSchema(t, at(name), version)
	}
	s := &madeSet{
		Story: read[analysis.Story](t, at(storyFile)), Scenarios: read[analysis.Scenarios](t, at(CutsFolder+"/"+analysis.ScenariosFile)),
		Coverage: read[Coverage](t, at(CoverageFile)), Callouts: read[CalloutOracle](t, at(CalloutOracleFile)),
		Signatures: read[signaturesDocument](t, at(SignaturesFile)), Links: read[analysis.RuntimeLinks](t, at(LinksFile)),
	}
	s.checkWorlds(t)
	s.checkCoverage(t)
	s.checkScenarios(t)
	s.checkMatrix(t)
	s.checkCallouts(t)
	s.checkLinks(t)
	return s
}

// checkSchema holds a file against the schema of its documents.
func checkSchema(t testing.TB, file, version string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found, err := schema.Validate(version, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Errorf("%s:%d: %s: %s", file, f.Line, f.ID, f.Msg)
	}
}

func (s *madeSet) checkWorlds(t testing.TB) {
	t.Helper()
	for name, world := range map[string]string{
		"coverage": s.Coverage.Metadata.WorldID, "callouts": s.Callouts.Meta.WorldID, "signatures": s.Signatures.Metadata.WorldID,
		"links": s.Links.Meta.WorldID, "scenarios": s.Scenarios.Meta.WorldID,
	} {
		if world != s.Story.Meta.WorldID {
			t.Errorf("%s is of world %q, the story of %q", name, world, s.Story.Meta.WorldID)
		}
	}
	for name, tier := range map[string]string{"coverage": s.Coverage.Metadata.Tier, "signatures": s.Signatures.Metadata.Tier, "links": s.Links.Meta.Tier} {
		if tier != analysis.TierMapped {
			t.Errorf("%s has tier %q", name, tier)
		}
	}
	if s.Links.Meta.SchemaVersion != analysis.SchemaLinks || s.Callouts.Meta.SchemaVersion != schemaCallouts {
		t.Errorf("schemas %q, %q", s.Links.Meta.SchemaVersion, s.Callouts.Meta.SchemaVersion)
	}
	hashed := func(name string, files []string, hashes analysis.Hashes) {
		if got := unique(slices.Clone(files)); !slices.Equal(got, sortedKeys(hashes)) {
			t.Errorf("%s: inputs %q, hashes of %q", name, got, sortedKeys(hashes))
		}
	}
	hashed("callouts", s.Callouts.Meta.Inputs, s.Callouts.Meta.InputHashes)
	hashed("links", s.Links.Meta.Inputs, s.Links.Meta.InputHashes)
	for _, file := range s.Coverage.Metadata.Inputs {
		if s.Coverage.Metadata.InputHashes[file] == "" {
			t.Errorf("coverage: input %s has no hash", file)
		}
	}
	for _, file := range s.Signatures.Metadata.Inputs {
		if s.Signatures.Metadata.InputHashes[file] == "" {
			t.Errorf("signatures: input %s has no hash", file)
		}
	}
}

func (s *madeSet) checkCoverage(t testing.TB) {
	t.Helper()
	c := &s.Coverage
	if len(c.Coverage) != len(s.Story.Ops) {
		t.Errorf("%d operations are covered, the story has %d", len(c.Coverage), len(s.Story.Ops))
	}
	total, all := MismatchSummary{Tags: map[string]int{}}, []OpExpectation{}
	for _, m := range s.Story.Ops {
		op, ok := c.Coverage.Get(m.Value.OpName)
		if !ok {
			t.Errorf("operation %q is not covered", m.Value.OpName)
			continue
		}
		var scenarios, mismatches []string
		for _, told := range m.Value.Scenarios {
			scenarios = append(scenarios, told.ScenarioID)
			for _, mismatch := range told.Mismatches {
				mismatches = append(mismatches, mismatch.ExpectationID)
			}
		}
		if !slices.Equal(op.RuntimeSignatures, unique(scenarios)) || op.Counts.RuntimeSignatures != len(op.RuntimeSignatures) {
			t.Errorf("operation %q: scenarios %q, the story has %q", m.Value.OpName, op.RuntimeSignatures, scenarios)
		}
		mismatches = slices.DeleteFunc(unique(mismatches), func(id string) bool { return id == "" })
		if op.MismatchSummary.Total != len(mismatches) || op.MismatchSummary.Disallowed != len(op.Mismatches) {
			t.Errorf("operation %q: %+v, of mismatches %q, disallowed %q", m.Value.OpName, op.MismatchSummary, mismatches, op.Mismatches)
		}
		for _, id := range op.Mismatches {
			if !slices.Contains(mismatches, id) {
				t.Errorf("operation %q: %q is no mismatch of the story", m.Value.OpName, id)
			}
			all = append(all, OpExpectation{m.Value.OpName, id})
		}
		total.add(op.MismatchSummary)
		if op.Status == analysis.HealthOK && (len(op.Mismatches) > 0 || op.UndecidedScenarios != nil || op.UnnamedMismatches > 0 || len(scenarios) == 0) {
			t.Errorf("operation %q is ok: %+v", m.Value.OpName, op)
		}
		if op.Status != analysis.HealthOK && c.Metadata.Status == analysis.HealthOK {
			t.Errorf("coverage is ok, operation %q is %s", m.Value.OpName, op.Status)
		}
	}
	if diff := cmp.Diff(total, c.Metadata.MismatchSummary); diff != "" {
		t.Errorf("sum of mismatches (-operations +metadata):\n%s", diff)
	}
	if diff := cmp.Diff(all, c.Metadata.Mismatches); diff != "" {
		t.Errorf("mismatches (-operations +metadata):\n%s", diff)
	}
}

func (s *madeSet) checkScenarios(t testing.TB) {
	t.Helper()
	sig := &s.Signatures
	if got, want := sortedKeys(sig.Scenarios), slices.Sorted(slices.Values(s.Scenarios.Scenarios.Keys())); !slices.Equal(got, want) {
		t.Errorf("scenarios %q, the cut has %q", got, want)
	}
	told := map[string]*analysis.StoryScenario{}
	for _, op := range s.Story.Ops {
		for _, scenario := range op.Value.Scenarios {
			told[scenario.ScenarioID] = scenario
		}
	}
	disallowed := []DisallowedMismatch{}
	for _, id := range sortedKeys(sig.Scenarios) {
		scenario := sig.Scenarios[id]
		if scenario.ScenarioID != id {
			t.Errorf("scenario %q is called %q", id, scenario.ScenarioID)
		}
		op, _ := s.Coverage.Coverage.Get(scenario.OpName)
		if op == nil || op.Status != scenario.CoverageStatus || scenario.CoverageStatus != analysis.HealthOK && scenario.Status != scenario.CoverageStatus {
			t.Errorf("scenario %q: status %s, coverage %s, of operation %+v", id, scenario.Status, scenario.CoverageStatus, op)
		}
		var mismatches []string
		for _, m := range told[id].Mismatches {
			mismatches = append(mismatches, m.ExpectationID)
		}
		if !slices.Equal(scenario.Mismatches, unique(mismatches)) {
			t.Errorf("scenario %q: mismatches %q, the story has %q", id, scenario.Mismatches, mismatches)
		}
		for _, m := range scenario.DisallowedMismatches {
			if !slices.Contains(op.Mismatches, m) || !slices.Contains(scenario.Mismatches, m) {
				t.Errorf("scenario %q: %q is disallowed, of its operation %q are", id, m, op.Mismatches)
			}
			disallowed = append(disallowed, DisallowedMismatch{id, m, scenario.OpName})
		}
		if scenario.RuntimeOnly != (len(scenario.ExpectedRowIDs) == 0) {
			t.Errorf("scenario %q: runtime_only %v with rows %q", id, scenario.RuntimeOnly, scenario.ExpectedRowIDs)
		}
		of := slices.Concat(scenario.PassedProbes, scenario.UnobservedProbes)
		for _, m := range scenario.FailedProbes {
			of = append(of, m.ExpectationID)
		}
		if got, want := unique(of), unique(slices.Clone(scenario.ExpectedRowIDs)); !slices.Equal(got, want) {
			t.Errorf("scenario %q: probes %q passed, failed or were not observed, of rows %q", id, got, want)
		}
		if sig.Metadata.Status == analysis.HealthOK && scenario.Status != analysis.HealthOK {
			t.Errorf("signatures are ok, scenario %q is %s", id, scenario.Status)
		}
	}
	if diff := cmp.Diff(disallowed, sig.Mismatches); diff != "" {
		t.Errorf("disallowed mismatches (-scenarios +document):\n%s", diff)
	}
	if len(disallowed) > 0 && sig.Metadata.Status != analysis.HealthPartial {
		t.Errorf("status %s with mismatches that nobody allowed", sig.Metadata.Status)
	}
}

func (s *madeSet) checkMatrix(t testing.TB) {
	t.Helper()
	sig := &s.Signatures
	sums := map[string]SignatureSummary{}
	for profile, p := range sig.ExpectedMatrix.Profiles {
		if len(p.Probes) != len(sig.Signatures[profile]) {
			t.Errorf("profile %q: %d probes, %d decisions", profile, len(p.Probes), len(sig.Signatures[profile]))
		}
		for _, row := range p.Probes {
			sum := sums[row.Operation]
			sum.count(row.Classification)
			sums[row.Operation] = sum
			scenario, covered := sig.Scenarios[row.ScenarioID]
			if covered == (row.Classification == uncovered) || covered != (row.ScenarioID != "") {
				t.Errorf("row %q: %s by scenario %q", row.ExpectationID, row.Classification, row.ScenarioID)
			}
			if covered && !slices.Contains(scenario.ExpectedRowIDs, row.ExpectationID) {
				t.Errorf("row %q is covered by scenario %q, which has %q", row.ExpectationID, row.ScenarioID, scenario.ExpectedRowIDs)
			}
			if decision, ok := sig.Signatures[profile][row.Name]; ok && (decision == nil) == covered && sig.Metadata.Notes == signatureNotes {
				t.Errorf("row %q: %s, and decision %v", row.ExpectationID, row.Classification, decision)
			}
		}
	}
	for op, sum := range sums {
		if sum.OK+sum.Allowed+sum.Disallowed != sum.CoveredRows || sum.CoveredRows+sum.Uncovered != sum.TotalRows {
			t.Errorf("operation %q: %+v does not add up", op, sum)
		}
		if want := artifact.Float(float64(sum.CoveredRows) / float64(sum.TotalRows)); sum.CoverageRatio != want {
			t.Errorf("operation %q: coverage_ratio %v, want %v", op, sum.CoverageRatio, want)
		}
	}
	if diff := cmp.Diff(sums, sig.ExpectedSummary); diff != "" {
		t.Errorf("expected_summary (-rows +document):\n%s", diff)
	}
}

func (s *madeSet) checkCallouts(t testing.TB) {
	t.Helper()
	n := 0
	for _, c := range s.Callouts.Counts.ByOperation {
		n += c
	}
	if len(s.Callouts.Rows) != s.Callouts.Counts.Total || n != s.Callouts.Counts.Total {
		t.Errorf("%d callouts, counts %+v", len(s.Callouts.Rows), s.Callouts.Counts)
	}
	for i, row := range s.Callouts.Rows {
		if row.ResultSource != calloutSource || row.WorldID != s.Callouts.Meta.WorldID {
			t.Errorf("callout %d: %+v", i, row)
		}
		if _, ok := s.Scenarios.Scenarios.Get(row.ScenarioID); !ok {
			t.Errorf("callout %d is of scenario %q, which is not in the cut", i, row.ScenarioID)
		}
	}
}

func (s *madeSet) checkLinks(t testing.TB) {
	t.Helper()
	l := &s.Links
	for _, keys := range [][]string{l.Profiles.Keys(), l.Expectations.Keys()} {
		if !slices.IsSorted(keys) {
			t.Errorf("keys are not sorted: %q", keys)
		}
	}
	if l.Links.OpsVocab == nil || l.Links.RuntimeSignatures == nil || l.Links.OpRuntimeSummary == nil || l.Links.RuntimeCalloutOracle == nil {
		t.Errorf("links %+v", l.Links)
	}
	vocab, err := analysis.VocabularyOf(l.Meta.WorldID)
	if err != nil {
		t.Fatal(err)
	}
	of := map[string][]string{} // expectations by profile
	for _, m := range l.Expectations {
		e := m.Value
		if id, ok := vocab.ID(e.Operation); !ok || e.OpID == nil || *e.OpID != id || m.Key != e.ExpectationID {
			t.Errorf("expectation %q: operation %q with id %v", m.Key, e.Operation, e.OpID)
		}
		if _, ok := l.Packets.Get(e.SourcePacket); !ok {
			t.Errorf("expectation %q: packet %q is not linked", m.Key, e.SourcePacket)
		}
		of[e.ProfileID] = append(of[e.ProfileID], e.ExpectationID)
	}
	for _, m := range l.Profiles {
		p := m.Value
		if got := slices.Sorted(slices.Values(p.ExpectationIDs)); !slices.Equal(got, of[m.Key]) {
			t.Errorf("profile %q: expectations %q, linked are %q", m.Key, got, of[m.Key])
		}
		ids := map[int]bool{}
		for _, op := range slices.Concat(p.ExpectedOps, p.ObservedOps) {
			if id, ok := vocab.ID(op); ok {
				ids[id] = true
			}
		}
		if !slices.Equal(p.OpIDs, slices.Sorted(maps.Keys(ids))) {
			t.Errorf("profile %q: op_ids %v of %q", m.Key, p.OpIDs, p.ExpectedOps)
		}
		for _, id := range p.ObservedExpectationIDs {
			if !slices.Contains(p.ScenarioIDs, id) {
				t.Errorf("profile %q: %q was observed in no scenario", m.Key, id)
			}
		}
	}
}
