package normalize_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

const (
	macWorld   = "ventura-13.0-22A380-x86_64-dyld-00ff00aa"
	linuxWorld = "linux-6.18.0-x86_64-landlock7-00ff00aa"
)

// keys are a JSON object's; a key that is to be missing has the value absent.
type keys map[string]any

type none struct{}

var absent none

func (k keys) and(more keys) keys {
	k = maps.Clone(k)
	maps.Copy(k, more)
	return k
}

// with is and for the last time: what is absent goes.
func (k keys) with(more keys) keys {
	k = k.and(more)
	maps.DeleteFunc(k, func(_ string, v any) bool { return v == absent })
	return k
}

// scene is one row with what stands around it; what it leaves out is as usual.
type scene struct {
	world    string
	mode     string // of the policy
	matrix   keys   // of the scenario in the matrix
	profile  keys   // of the profile in runtime_results
	row      keys
	result   keys // the row's runtime_result
	baseline keys // nil: no baseline row
}

// A denied read, as a current run has it.
var (
	usualMatrix = keys{"name": "a", "operation": "file-read*", "target": "/tmp/a", "expected": "deny", "expectation_id": "demo:p:a"}
	usualRow    = keys{
		"name": "a", "expectation_id": "demo:p:a", "operation": "file-read*", "path": "/tmp/a", "expected": "deny",
		"actual": "deny", "match": true, "violation_summary": nil, "command": []string{"reader", "p.sb", "/tmp/a"}, "exit_code": 2,
		"stdout": "", "stderr": "open target: denied\n", "probe_details": nil,
	}
	usualResult = keys{
		"status": "errno", "errno": 2, "runtime_result_schema_version": 1, "tool_marker_schema_version": 2,
		"failure_stage": "probe", "failure_kind": "probe_nonzero_exit", "apply_report": nil, "runner_info": nil,
		"seatbelt_callouts": nil, "intended_op_witnessed": nil, "sandbox_check_request": nil, "resource_hygiene": nil,
	}
	usualBaseline = keys{
		"name": "baseline:demo:p:a", "profile_id": "demo:p", "probe_name": "a", "operation": "file-read*", "target": "/tmp/a",
		"primary_intent": keys{}, "command": []string{"cat", "/tmp/a"}, "status": "allow", "exit_code": 0, "stdout": "", "stderr": "",
	}
	runner = keys{
		"entrypoint": "reader", "apply_model": "self_apply", "apply_timing": "pre_syscall", "preexisting_sandbox_suspected": false,
		"entrypoint_path": nil, "entrypoint_sha256": nil, "tool_build_id": nil,
	}
)

func (s scene) documents(t testing.TB) normalize.Documents {
	t.Helper()
	if s.world == "" {
		s.world = macWorld
	}
	if s.mode == "" {
		s.mode = "sbpl"
	}
	row := usualRow.with(s.row)
	if _, given := s.row["runtime_result"]; !given {
		row["runtime_result"] = usualResult.with(s.result)
	}
	docs := normalize.Documents{
		Matrix: encode(t, keys{"world_id": s.world, "profiles": keys{"demo:p": keys{
			"blob": "p.sb", "mode": s.mode, "probes": []keys{usualMatrix.with(s.matrix)},
		}}}),
		Results: encode(t, keys{"demo:p": keys{"status": "ok", "preflight": nil, "probes": []keys{row}}.with(s.profile)}),
	}
	if s.baseline != nil {
		docs.Baseline = encode(t, keys{"world_id": s.world, "run_id": "r1", "results": []keys{usualBaseline.with(s.baseline)}})
	}
	return docs
}

func (s scene) open(t testing.TB) *normalize.Set {
	t.Helper()
	set, err := normalize.Open(normalize.Run{RunID: "r1"}, s.documents(t))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// expect holds a document against lines "path value": the value is JSON, and "-"
// says that the key is missing.
func expect(t *testing.T, doc, wanted string) {
	t.Helper()
	for line := range strings.Lines(wanted) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		path, want, _ := strings.Cut(line, " ")
		got := gjson.Get(doc, strings.ReplaceAll(path, "*", `\*`)).Raw
		if got == "" {
			got = "-"
		}
		var flat bytes.Buffer
		if json.Compact(&flat, []byte(got)) == nil {
			got = flat.String()
		}
		if got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	if t.Failed() {
		t.Logf("in %s", doc)
	}
}

// events are what the set's rows mean, a JSON array.
func events(t *testing.T, set *normalize.Set) string {
	t.Helper()
	var out bytes.Buffer
	if err := set.WriteEvents(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

type sceneCase struct {
	name  string
	scene scene
	want  string // of the one event
}

func runScenes(t *testing.T, cases []sceneCase) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			expect(t, gjson.Get(events(t, tc.scene.open(t)), "0").Raw, tc.want)
		})
	}
}
