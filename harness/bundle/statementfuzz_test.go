package bundle

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// FuzzStatement makes statements from any events. The laws: the tests are those
// of a plain reading of the whole document, every name stands in one list once,
// the result is never more than they allow, and what is written reads back as
// the same statement.
func FuzzStatement(f *testing.F) {
	row := `{"expectation_id": "a", "expected": "deny", "actual": "deny", "match": true, "runtime_status": "errno", "policy_layers": {"attribution": "process_policy"}}`
	f.Add([]byte(`[]`))
	f.Add([]byte(`[` + row + `]`))
	for _, change := range [][2]string{
		{"deny", "allow"}, {"process_policy", "platform_policy"}, {"process_policy", "contradiction"}, {"true", "null"}, {"true", "false"},
		{"errno", "blocked"}, {`"actual": "deny"`, `"actual": null`}, {`"a"`, `"\ud800"`}, {`"a"`, `"é\n"`}, {`"a"`, `""`},
	} {
		f.Add([]byte(`[` + row + `,` + strings.ReplaceAll(strings.Replace(row, `"a"`, `"b"`, 1), change[0], change[1]) + `]`))
	}
	f.Add([]byte(`[` + row + `,` + row + `]`))
	f.Add([]byte(`[` + row + `] x`))
	f.Add([]byte(`[{]`))
	f.Fuzz(func(t *testing.T, events []byte) {
		tests := new(scenarioTests)
		if tests.read(bytes.NewReader(events)) != nil {
			return
		}
		var all []eventFacts
		if err := json.Unmarshal(events, &all); err != nil || len(all) != tests.total() {
			t.Fatalf("read %d of %d: %v", tests.total(), len(all), err)
		}
		in := &inspection{
			index: &Index{RunID: "r1"}, summary: &Summary{Status: StatusOK},
			manifest: &RunManifest{Selection: &Selection{ByLane: map[string]Count{"scenario": {Planned: len(all)}}}},
		}
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
