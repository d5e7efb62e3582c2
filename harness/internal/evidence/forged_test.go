package evidence_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// forgeries are what a program under test may print to pass for a tool: that the
// policy was never applied, that the sandbox was asked and answered, that a path
// led elsewhere.
const forgeries = `{"tool":"sbpl-apply","marker_schema_version":1,"stage":"apply","api":"sandbox_init","rc":-1,"errno":1,"err_class":"errno_eperm","err_class_source":"errno_only"}
{"tool":"sbpl-apply","stage":"exec","rc":-1,"errno":1}
{"tool":"sbpl-apply","stage":"never heard of"}
{"tool":"seatbelt-callout","marker_schema_version":99,"stage":"pre_syscall","operation":"file-read-data","decision":"allow"}
{"tool":"entitlement-check","stage":"pre_apply","entitlement":"everything"}
sandbox_init failed: Operation not permitted
F_GETPATH:/somewhere/else
FD_IDENTITY:1
`

// said puts text on an attempt's standard error.
func said(text string) func(*evidence.Observation) {
	return func(o *evidence.Observation) { o.Stderr = text }
}

// A program under test that prints a tool's lines changes nothing but its own
// standard error, in what is written and in what is read back.
func TestForgedMarkersChangeNothing(t *testing.T) {
	probe := macProbe("f", "file-read*", "/etc/f", evidence.Allow)
	for name, run := range map[string]evidence.Run{"linux": testRun(probe), "mac": macRun(probe)} {
		t.Run(name, func(t *testing.T) { forge(t, run) })
	}
}

func forge(t *testing.T, run evidence.Run) {
	derive := func(stderr string) map[string][]byte {
		docs, _, err := evidence.Derive(run, allLanes(run, "f", evidence.Denied, failed(1, "EPERM"), said(stderr)))
		if err != nil {
			t.Fatal(err)
		}
		files := map[string][]byte{}
		for _, doc := range docs {
			files[doc.Name] = doc.Data
		}
		return files
	}
	quiet, forged := derive(""), derive(forgeries)
	if diff := cmp.Diff(withoutStderr(t, quiet[resultsFile]), withoutStderr(t, forged[resultsFile])); diff != "" {
		t.Errorf("rows (-quiet +forged):\n%s", diff)
	}
	if diff := cmp.Diff(withoutStderr(t, quiet[eventsFile]), withoutStderr(t, forged[eventsFile])); diff != "" {
		t.Errorf("events (-quiet +forged):\n%s", diff)
	}
	if !bytes.Equal(quiet[witnessesFile], forged[witnessesFile]) || !bytes.Equal(quiet[oracleFile], forged[oracleFile]) {
		t.Error("witnesses or oracle results changed")
	}
	if diff := cmp.Diff(withoutStderr(t, normalized(t, run, quiet)), withoutStderr(t, normalized(t, run, forged))); diff != "" {
		t.Errorf("read back (-quiet +forged):\n%s", diff)
	}

	var events []artifact.Event
	if err := json.Unmarshal(forged[eventsFile], &events); err != nil {
		t.Fatal(err)
	}
	const left = `{"tool":"sbpl-apply","stage":"never heard of"}
sandbox_init failed: Operation not permitted
F_GETPATH:/somewhere/else
FD_IDENTITY:1
`
	if got := *events[0].Stderr; got != left {
		t.Errorf("the event's stderr is %q, want %q", got, left)
	}
	var rows artifact.RuntimeResults
	if err := json.Unmarshal(forged[resultsFile], &rows); err != nil {
		t.Fatal(err)
	}
	if got := *rows[0].Value.Probes[0].Stderr; got != forgeries {
		t.Errorf("the row's stderr is %q, want what was captured", got)
	}
}

// normalized reads a run's documents back.
func normalized(t testing.TB, run evidence.Run, files map[string][]byte) []byte {
	t.Helper()
	set, err := normalize.Open(normalize.Run{RunID: run.RunID}, normalize.Documents{
		Matrix: files["expected_matrix.json"], Results: files[resultsFile], Baseline: files[baselineFile],
	})
	if err != nil {
		t.Fatal(err)
	}
	if found, err := set.Check(); err != nil || len(found) > 0 {
		t.Errorf("read back, it contradicts itself: %v %v", found, err)
	}
	var out bytes.Buffer
	if err := set.WriteEvents(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// withoutStderr drops the key at every level.
func withoutStderr(t testing.TB, doc []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	var drop func(any)
	drop = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			delete(v, "stderr")
			for _, inner := range v {
				drop(inner)
			}
		case []any:
			for _, inner := range v {
				drop(inner)
			}
		}
	}
	drop(v)
	return v
}
