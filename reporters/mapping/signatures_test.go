package mapping

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// The first digest is the format's own test vector. A key that only our rows have
// counts like any other.
func TestMatrixDigest(t *testing.T) {
	tests := map[string]struct{ matrix, want string }{
		"vector": {
			`{"world_id":"w-1","profiles":{"demo:read":{"blob":"sb/read.sb","mode":"sbpl","family":null,"semantic_group":null,"probes":[]}}}`,
			"0519e844948adb392e3213affbe10083196c6a40d9a373269d26ce2491bfd8d2",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var m artifact.ExpectedMatrix
			if err := json.Unmarshal([]byte(tt.matrix), &m); err != nil {
				t.Fatal(err)
			}
			got, err := matrixDigest(&m)
			if err != nil || got.String() != tt.want {
				t.Errorf("matrixDigest = %v, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// Streamed or not, the bytes that are hashed are those of the whole document.
func TestMatrixDigestIsOfTheWhole(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("out", everyEnd()))
	whole, err := artifact.Encode(s.matrix, artifact.TightSorted)
	if err != nil {
		t.Fatal(err)
	}
	got, err := matrixDigest(s.matrix)
	if want := bundle.DigestOf(whole); err != nil || got != want {
		t.Errorf("matrixDigest = %v, %v, want %v", got, err, want)
	}
	slices.Reverse(s.matrix.Profiles)
	if again, _ := matrixDigest(s.matrix); again != got {
		t.Error("the order of profiles counts")
	}
	s.matrix.Profiles[0].Value.Probes[0].Target += "x"
	if again, _ := matrixDigest(s.matrix); again == got {
		t.Error("a target does not count")
	}
}

func TestSignatureDecisions(t *testing.T) {
	for _, reference := range []bool{false, true} {
		w := newWorkshop(t)
		w.opts.ReferenceSignatures = reference
		s := w.make(w.set("maps", w.packet("out", everyEnd()))).Signatures
		blocked, undecided, odd := "", "", uncovered
		if reference {
			blocked, undecided, odd = "deny", "deny", coveredOK
		}
		want := map[string]string{
			"match": "allow", "known": "deny", "half": "allow", "fine": "deny", "asked": "deny", "blocked": blocked, "undecided": undecided,
		}
		got := map[string]string{}
		for name, decision := range s.Signatures["p:one"] {
			got[name] = text(decision)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("reference %v: decisions (-want +got):\n%s", reference, diff)
		}
		if d, ok := s.Signatures["p:two"]["unseen"]; !ok || d != nil {
			t.Errorf("reference %v: what no scenario attempted has decision %v, %v", reference, d, ok)
		}
		rows := map[string]class{}
		for _, row := range s.ExpectedMatrix.Profiles["p:one"].Probes {
			rows[row.Name] = row.Classification
		}
		wantRows := map[string]class{
			"match": coveredOK, "known": coveredAllowed, "half": coveredDisallowed, "fine": coveredOK, "asked": coveredOK, "blocked": odd, "undecided": odd,
		}
		if diff := cmp.Diff(wantRows, rows); diff != "" {
			t.Errorf("reference %v: classes (-want +got):\n%s", reference, diff)
		}
		for id, scenario := range s.Scenarios {
			unobserved := !reference && (id == "p:one:blocked" || id == "p:one:undecided")
			if unobserved != slices.Equal(scenario.UnobservedProbes, []string{id}) || unobserved && len(scenario.PassedProbes)+len(scenario.FailedProbes) > 0 {
				t.Errorf("reference %v: scenario %q: %+v", reference, id, scenario)
			}
		}
		if said := strings.Contains(s.Metadata.Notes, "nobody observed, of probes"); said != reference {
			t.Errorf("reference %v: notes %q", reference, s.Metadata.Notes)
		}
		if got := s.ProfilesMetadata; len(got) != 1 || got["p:one"].RuntimeProfile != "out/profiles/one.sb" {
			t.Errorf("reference %v: profiles_metadata %v", reference, got)
		}
		if want := []string{"plan:ends", "promotion_packet"}; !slices.Equal(s.Metadata.SourceJobs, want) {
			t.Errorf("reference %v: source_jobs %q, want %q", reference, s.Metadata.SourceJobs, want)
		}
	}
}

// A denial that the policy has not earned is a decision like any other, and said to
// be one that it has not earned, as expected or not.
func TestSignaturesTellVacuousDenials(t *testing.T) {
	w := newWorkshop(t)
	earned, met, unmet := probe("earned", "fs.read_file", made.Deny, made.Deny), probe("met", "fs.read_file", made.Deny, made.Deny), probe("unmet", "fs.read_file", made.Allow, made.Deny)
	met.Baseline, unmet.Baseline = made.Deny, made.Deny
	s := w.make(w.set("maps", w.packet("out", made.BundleSpec{Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{earned, met, unmet}}}}))).Signatures
	for name, want := range map[string]bool{"earned": false, "met": true, "unmet": true} {
		id := "p:" + name
		if got := s.Scenarios[id].VacuousProbes; slices.Equal(got, []string{id}) != want || text(s.Signatures["p"][name]) != "deny" {
			t.Errorf("%s: vacuous_probes %q, decision %q", name, got, text(s.Signatures["p"][name]))
		}
	}
	if want := (SignatureSummary{OK: 2, Disallowed: 1, TotalRows: 3, CoveredRows: 3, CoverageRatio: 1}); s.ExpectedSummary["fs.read_file"] != want {
		t.Errorf("summary %+v, want %+v", s.ExpectedSummary["fs.read_file"], want)
	}
}

// Three of four rows are covered, one in each way.
func TestCoverageRatio(t *testing.T) {
	w := newWorkshop(t)
	spec := made.BundleSpec{
		Impact: json.RawMessage(`{"metadata": {"allowed_tags": ["a"]}, "p:known": {"tags": ["a"]}}`),
		Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{
			probe("match", "fs.read_file", made.Deny, made.Deny), probe("known", "fs.read_file", made.Deny, made.Allow),
			probe("new", "fs.read_file", made.Deny, made.Allow), probe("unseen", "fs.read_file", made.Deny, made.Undecided),
		}}},
	}
	s := w.make(w.set("maps", w.packet("out", spec))).Signatures
	want := SignatureSummary{OK: 1, Allowed: 1, Disallowed: 1, Uncovered: 1, TotalRows: 4, CoveredRows: 3, CoverageRatio: 0.75}
	if got := s.ExpectedSummary["fs.read_file"]; got != want {
		t.Errorf("summary %+v, want %+v", got, want)
	}
	if s.Metadata.Status != analysis.HealthPartial {
		t.Errorf("status %s", s.Metadata.Status)
	}
}

// A document may be ok only when everything was decided as expected.
func TestSignaturesStatus(t *testing.T) {
	tests := []struct {
		name string
		seen []made.Seen
		want analysis.Health
	}{
		{"all match", []made.Seen{made.Deny, made.Deny}, analysis.HealthOK},
		{"one undecided", []made.Seen{made.Deny, made.Undecided}, analysis.HealthPartial},
		{"one mismatch", []made.Seen{made.Deny, made.Allow}, analysis.HealthPartial},
		{"none decided", []made.Seen{made.Undecided, made.NotWitnessed}, analysis.HealthBrittle},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorkshop(t)
			profile := made.Profile{ID: "p"}
			for i, seen := range tt.seen {
				profile.Probes = append(profile.Probes, probe(string(rune('a'+i)), "fs.read_file", made.Deny, seen))
			}
			s := w.make(w.set("maps", w.packet("out", made.BundleSpec{Profiles: []made.Profile{profile}})))
			if got := s.Signatures.Metadata.Status; got != tt.want || s.Coverage.Metadata.Status != tt.want {
				t.Errorf("status %s, of coverage %s, want %s", got, s.Coverage.Metadata.Status, tt.want)
			}
		})
	}
}

// What the sandbox says when it is asked is no decision: with the answers and
// without them the signatures are the same.
func TestSignaturesKnowNoCallouts(t *testing.T) {
	signatures := func(decision string) string {
		w := newWorkshop(t)
		spec := made.BundleSpec{WorldID: made.MacWorld, Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{
			probe("a", "mach-lookup", made.Deny, made.Undecided), probe("b", "mach-lookup", made.Deny, made.Deny),
		}}}}
		for i := range spec.Profiles[0].Probes {
			spec.Profiles[0].Probes[i].Callouts = []artifact.Callout{{Tool: "t", Stage: "pre_syscall", Operation: "mach-lookup", Decision: decision}}
		}
		s := w.make(w.set("maps", w.packet("out", spec)))
		if s.Callouts.Counts.ByDecision[decision] != 2 {
			t.Errorf("callouts %+v", s.Callouts.Counts)
		}
		s.Signatures.Metadata.InputHashes = nil
		data, err := json.Marshal(s.Signatures)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if diff := cmp.Diff(signatures("allow"), signatures("deny")); diff != "" {
		t.Errorf("signatures (-sandbox said allow +deny):\n%s", diff)
	}
}

func TestSignaturesOfOneName(t *testing.T) {
	w := newWorkshop(t)
	a, b, c := probe("same", "fs.read_file", made.Deny, made.Deny), probe("same", "fs.read_file", made.Allow, made.Allow), probe("own", "fs.read_file", made.Deny, made.Deny)
	a.ExpectationID, b.ExpectationID, b.Target = "e:a", "e:b", "/data/other"
	s := w.make(w.set("maps", w.packet("out", made.BundleSpec{Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{a, b, c}}}}))).Signatures.Signatures["p"]
	if len(s) != 3 || text(s["e:a"]) != "deny" || text(s["e:b"]) != "allow" || text(s["own"]) != "deny" {
		t.Errorf("decisions %v", s)
	}
}

// Rows that no promotion lets through are told of all the same.
func TestSignatureScenarios(t *testing.T) {
	unexpected := told("s:unexpected", matched)
	unexpected.Expectations = nil
	failedUnseen := told("s:blocked", blocked, "s:blocked")
	story := func(ops ...*analysis.StoryOp) *analysis.Story {
		s := &analysis.Story{}
		for _, op := range ops {
			s.Ops = append(s.Ops, artifact.Member[*analysis.StoryOp]{Key: op.OpName, Value: op})
		}
		return s
	}
	g := newSignatures(&set{opts: new(Options)})
	coverage := &Coverage{Coverage: artifact.Ordered[*OpCoverage]{{Key: "op", Value: &OpCoverage{Status: analysis.HealthOK}}}}
	all, err := tales(story(&analysis.StoryOp{OpName: "op", Scenarios: []*analysis.StoryScenario{unexpected, failedUnseen}}), coverage)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d scenarios, %v", len(all), err)
	}
	if s := g.scenario(all[1]); !s.RuntimeOnly || len(s.ExpectedRowIDs) != 0 || s.Status != analysis.HealthOK {
		t.Errorf("scenario that nobody expects: %+v", s)
	}
	if s := g.scenario(all[0]); s.Status != analysis.HealthPartial || len(s.FailedProbes) != 0 || !slices.Equal(s.UnobservedProbes, []string{"s:blocked"}) {
		t.Errorf("scenario with a mismatch that nobody observed: %+v", s)
	}
	if want := []DisallowedMismatch{{"s:blocked", "s:blocked", "op"}}; !slices.Equal(g.disallowed(all), want) {
		t.Errorf("disallowed %v, want %v", g.disallowed(all), want)
	}
	g.of("s:unjudged").decision = allowed
	if s := g.scenario(tale{&analysis.StoryOp{OpName: "op"}, told("s:unjudged", analysis.ScenarioResults{Total: 1}), analysis.HealthOK}); len(s.PassedProbes) != 0 || len(s.UnobservedProbes) != 1 {
		t.Errorf("scenario with another decision than expected, which nobody called a mismatch: %+v", s)
	}
	all, err = tales(story(&analysis.StoryOp{OpName: "another", Scenarios: []*analysis.StoryScenario{told("s", matched)}}), coverage)
	if s := g.scenario(all[0]); err != nil || s.Status != analysis.HealthPartial || s.CoverageStatus != analysis.HealthPartial {
		t.Errorf("scenario of an operation that is not covered: %+v, %v", s, err)
	}
	op := func(name string) *analysis.StoryOp {
		return &analysis.StoryOp{OpName: name, Scenarios: []*analysis.StoryScenario{told("s", matched)}}
	}
	if _, err := tales(story(op("one"), op("two")), coverage); err == nil || !strings.Contains(err.Error(), `scenario "s" is of operations "one" and "two"`) {
		t.Errorf("scenario of two operations: %v, want an error", err)
	}
	if err := g.write("x", nil, coverage); err == nil {
		t.Error("signatures without a story were written")
	}
}

func TestSignaturesOfAnotherWorld(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("out", everyEnd()))
	s.world = made.LinuxWorld
	err := newSignatures(s).write(filepath.Join(s.dir, SignaturesFile), &analysis.Story{}, &Coverage{})
	if err == nil || !strings.Contains(err.Error(), "packet out/promotion_packet.json") || !strings.Contains(err.Error(), made.MacWorld) {
		t.Errorf("%v, want an error with the packet and its world", err)
	}
}

func TestField2(t *testing.T) {
	w := newWorkshop(t)
	w.opts.Field2 = filepath.Join(w.root, "tools", "field2.json")
	if err := os.MkdirAll(filepath.Dir(w.opts.Field2), 0o755); err != nil {
		t.Fatal(err)
	}
	text := `{"profiles": {"a": {"field2_entries": 7, "unknown_named": 2, "more": 1}}, "unknown_nodes": [1], "by": "x"}`
	if err := os.WriteFile(w.opts.Field2, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(w.opts.Field2)) // which is where the options start from, and not the root
	w.opts.Field2 = "field2.json"
	s := w.make(w.set("maps", w.packet("out", everyEnd()))).Signatures
	if f := s.Field2Summary; f == nil || f.Profiles["a"] != (Field2Profile{7, 2}) || strings.Join(strings.Fields(string(f.UnknownNodes)), "") != "[1]" {
		t.Errorf("field2_summary %+v", f)
	}
	if want := []string{"experiment:field2", "plan:ends", "promotion_packet"}; !slices.Equal(s.Metadata.SourceJobs, want) {
		t.Errorf("source_jobs %q, want %q", s.Metadata.SourceJobs, want)
	}
	if got, want := s.Metadata.InputHashes["tools/field2.json"], bundle.DigestOf([]byte(text)).String(); got != want {
		t.Errorf("input hash %q, want %q", got, want)
	}
}

func TestField2Refuses(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"no object":       {`[]`, "want an object"},
		"no profiles":     {`{"unknown_nodes": 1}`, "profiles"},
		"no nodes":        {`{"profiles": {}}`, "unknown_nodes"},
		"half a profile":  {`{"profiles": {"a": {"field2_entries": 1}}, "unknown_nodes": 1}`, `profile "a"`},
		"text for number": {`{"profiles": {"a": {"field2_entries": "1", "unknown_named": 1}}, "unknown_nodes": 1}`, "whole number"},
		"profile twice":   {`{"profiles": {"a": {"field2_entries": 1, "unknown_named": 1}, "a": {}}, "unknown_nodes": 1}`, "twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := parseField2([]byte(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseField2(%s) = %v, want an error with %q", tt.text, err, tt.want)
			}
		})
	}
	if _, _, err := readField2(filepath.Join(t.TempDir(), "none.json")); err == nil {
		t.Error("a file that is not there was read")
	}
}

func FuzzField2(f *testing.F) {
	f.Add([]byte(`{"profiles": {"a": {"field2_entries": 7, "unknown_named": 2}}, "unknown_nodes": [1]}`))
	f.Add([]byte(`{"profiles": {}, "unknown_nodes": null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		summary, err := parseField2(data)
		if err != nil {
			return
		}
		text, err := artifact.Encode(summary, artifact.Indented)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if again, err := parseField2(text); err != nil || len(again.Profiles) != len(summary.Profiles) {
			t.Errorf("read again: %+v, %v", again, err)
		}
	})
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
