package reporters_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/onsi/ginkgo/v2/types"

	"github.com/rtgen/rtgen/reporters"
)

// Every test of the report has a start and an end, suite nodes are no tests,
// and the package's own end is there.
func TestGoJSON(t *testing.T) {
	run := startRun(t, small(t))
	path := filepath.Join(t.TempDir(), "events.json")
	report := types.Report{
		SuiteDescription: "demo", SuitePath: "/x/demo", PreRunStats: types.PreRunStats{TotalSpecs: 3, SpecsThatWillRun: 3},
		SpecReports: types.SpecReports{
			{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStatePassed},
			{LeafNodeType: types.NodeTypeIt, LeafNodeText: "a", State: types.SpecStatePassed},
			{LeafNodeType: types.NodeTypeIt, LeafNodeText: "b", State: types.SpecStateFailed},
			{LeafNodeType: types.NodeTypeIt, LeafNodeText: "c", State: types.SpecStateSkipped},
			{LeafNodeType: types.NodeTypeReportAfterSuite, LeafNodeText: "commit", State: types.SpecStatePassed},
		},
	}
	if err := (&reporters.GoJSON{Path: path}).Report(run, report); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	started, ended, said := map[string]int{}, map[string]string{}, ""
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e struct{ Action, Test, Output string }
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatalf("%v: %s", err, lines.Bytes())
		}
		switch e.Action {
		case "run":
			started[e.Test]++
		case "output":
			if e.Test == "" {
				said += e.Output
			}
		case "pass", "fail", "skip":
			ended[e.Test] = e.Action
		}
	}
	if !strings.Contains(said, "run_id="+run.ID()) {
		t.Errorf("the package says %q, nothing of run %s", said, run.ID())
	}
	want := map[string]string{"[It] a": "pass", "[It] b": "fail", "[It] c": "skip", "": "fail"}
	for test, action := range want {
		if ended[test] != action {
			t.Errorf("%q ends with %q, want %q", test, ended[test], action)
		}
		if test != "" && started[test] != 1 {
			t.Errorf("%q starts %d times", test, started[test])
		}
	}
	if len(ended) != len(want) {
		t.Errorf("tests that end: %v", ended)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestGoJSONUnwritable(t *testing.T) {
	run := startRun(t, small(t))
	if err := (&reporters.GoJSON{Path: filepath.Join(t.TempDir(), "none", "f")}).Report(run, types.Report{}); err == nil {
		t.Error("a folder that is not there is no error")
	}
}
