package bundle

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// FuzzStatement makes statements from any events of two scenarios that a deep
// reading finds no fault with. The laws: the tests are those of a plain reading of
// the whole document, every name stands in one list once, the result is never
// more than they allow, and what is written reads back as the same statement.
func FuzzStatement(f *testing.F) {
	const scenario = `{"name": "n", "operation": "o", "target": "t", "expected": "deny", "expectation_id": "a"}`
	matrix := `{"world_id": "w", "profiles": {"p": {"probes": [` + scenario + `, ` + strings.NewReplacer(`"n"`, `"m"`, `"a"`, `"b"`, "deny", "allow").Replace(scenario) + `]}}}`
	row := `{"expectation_id": "a", "expected": "deny", "actual": "deny", "match": true, "runtime_status": "errno", "policy_layers": {"attribution": "process_policy",` +
		` "process_policy": {"decision": "deny"}}, "run_id": "r1", "world_id": "w", "profile_id": "p", "probe_name": "n", "operation": "o", "target": "t"}`
	other := strings.NewReplacer(`"a"`, `"b"`, `"n"`, `"m"`, "deny", "allow", "process_policy\",", "allow\",", "errno", "success").Replace(row)
	f.Add([]byte(`[]`))
	f.Add([]byte(`[` + other + `]`))
	for _, change := range [][2]string{
		{"", ""}, {`"actual": "deny", "match": true`, `"actual": "allow", "match": false`}, {`"attribution": "process_policy"`, `"attribution": "platform_policy"`},
		{`"attribution": "process_policy"`, `"attribution": "contradiction"`}, {`"policy_layers"`, `"later"`}, {"true", "null"}, {"true", "false"},
		{"errno", "blocked"}, {`"actual": "deny", "match": true`, `"actual": null`}, {`"a"`, `"\ud800"`}, {`"a"`, `"c\n"`}, {`"a"`, `""`},
	} {
		f.Add([]byte(`[` + other + `,` + strings.Replace(row, change[0], change[1], 1) + `]`))
	}
	f.Add([]byte(`[` + row + `,` + row + `]`))
	f.Add([]byte(`[` + row + `] x`))
	f.Add([]byte(`[{]`))
	f.Fuzz(func(t *testing.T, events []byte) {
		in := &inspection{index: &Index{RunID: "r1", WorldID: "w"}, summary: &Summary{Status: StatusOK}}
		tests := new(scenarioTests)
		a := newAgreement(in, tests)
		if err := a.readMatrix(strings.NewReader(matrix)); err != nil {
			t.Fatal(err)
		}
		a.read[artifact.ExpectedMatrixFile] = true
		if a.readEvents(bytes.NewReader(events)) != nil || len(in.findings) > 0 {
			return
		}
		var all []artifact.Event
		if err := json.Unmarshal(events, &all); err != nil || len(all) != tests.total() {
			t.Fatalf("read %d of %d: %v", tests.total(), len(all), err)
		}
		in.manifest = &RunManifest{Selection: &Selection{ByLane: map[string]Count{"scenario": {Planned: len(all)}}}}
		verdict := Promotability{PromotableDecisionStage: true}
		st := &statement{Type: StatementType, PredicateType: PredicateType, Subject: []resource{fileResource("p", Digest{})}, Predicate: testResult{
			Result: in.result(verdict, tests), Configuration: in.configuration(),
			PassedTests: tests.passed, WarnedTests: tests.warned, FailedTests: tests.failed,
		}}
		if passed := len(all) > 0 && len(tests.passed) == len(all); (st.Predicate.Result == resultPassed) != passed {
			t.Fatalf("%s with %d of %d passed", st.Predicate.Result, len(tests.passed), len(all))
		}
		if len(tests.failed) > 0 && st.Predicate.Result != resultFailed {
			t.Fatalf("%s with failed %q", st.Predicate.Result, tests.failed)
		}
		for _, r := range []Reason{NotCleanChannel, EvidenceBroken, "of_the_future"} {
			if got := in.result(Promotability{Reasons: []Reason{r}}, tests); got == resultPassed {
				t.Fatalf("%s over a bundle with %s", got, r)
			}
		}
		seen := map[string]bool{}
		for _, list := range [][]string{tests.passed, tests.warned, tests.failed} {
			for _, name := range list {
				if seen[name] || !strings.HasPrefix(name, "scenario:") {
					t.Fatalf("name %q, seen before: %v", name, seen[name])
				}
				seen[name] = true
			}
		}
		var text bytes.Buffer
		if err := st.write(&text); err != nil {
			t.Fatal(err)
		}
		if err := st.differs(text.Bytes()); err != nil {
			t.Fatalf("does not read back: %v\n%s", err, text.Bytes())
		}
	})
}
