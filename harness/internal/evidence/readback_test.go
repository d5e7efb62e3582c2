package evidence_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// differences are the keys of an event that reading rows back does not give as
// they were written, each with the reason why we write them otherwise. Whatever
// is not here is the same for every case of this package.
var differences = map[string]string{
	"requested_path":         "the path handed to the kernel; rows have the target as the plan spells it, and the format gives none to fs.* operations",
	"observed_path":          "the path of the probe's own descriptor; it is on no standard error and in no row",
	"observed_path_source":   "follows observed_path",
	"normalized_path":        "follows requested_path, observed_path and what was seen without the policy",
	"normalized_path_source": "follows requested_path, observed_path and what was seen without the policy",
	"primary_intent":         "put together from what rows have under keys of their own",

	"file_confounder of syscall.*": "that such a call is on a path is the op table's knowledge; its name does not say it",

	"policy_layers.process_policy.source":   "says what the attribution rests on; the format does not",
	"policy_layers.process_policy.blockers": "from the kernel's record",
	"policy_layers.process_policy.layers":   "from the kernel's record",
}

// Our own documents are the format's: what a reader makes of the rows and the
// baseline is what we say of them, but for the differences above.
func TestReadBack(t *testing.T) {
	used := map[string]bool{}
	for _, tc := range slices.Concat(goldenCases(), witnessCases(), errnoCases()) {
		t.Run(tc.name, func(t *testing.T) {
			docs, _, err := evidence.Derive(tc.run, tc.obs(tc.run))
			if err != nil {
				t.Fatal(err)
			}
			files := map[string][]byte{}
			for _, doc := range docs {
				files[doc.Name] = doc.Data
			}
			if files[eventsFile] == nil {
				return // no scenario lane, no events to read back
			}
			ours, theirs := flatEvents(t, files[eventsFile]), flatEvents(t, normalized(t, tc.run, files))
			if len(ours) != len(theirs) {
				t.Fatalf("%d events, read back are %d", len(ours), len(theirs))
			}
			for i := range ours {
				for key := range ours[i] {
					if _, both := theirs[i][key]; !both {
						theirs[i][key] = "-"
					}
				}
				for key, read := range theirs[i] {
					written, both := ours[i][key]
					if !both {
						written = "-"
					}
					if written == read {
						continue
					}
					if strings.HasPrefix(key, "primary_intent.") {
						key = "primary_intent"
					}
					if strings.HasPrefix(key, "file_confounder.") && strings.HasPrefix(ours[i]["operation"], `"syscall.`) {
						key = "file_confounder of syscall.*"
					}
					if differences[key] == "" {
						t.Errorf("event %d: %s is %s, read back it is %s", i, key, written, read)
					}
					used[key] = true
				}
			}
		})
	}
	for key := range differences {
		if !used[key] {
			t.Errorf("%s never differs: take it off the list", key)
		}
	}
}

// flatEvents gives each event's leaves by their path.
func flatEvents(t testing.TB, data []byte) []map[string]string {
	t.Helper()
	var events []map[string]any
	if err := json.Unmarshal(data, &events); err != nil {
		t.Fatal(err)
	}
	flat := make([]map[string]string, len(events))
	for i, event := range events {
		flat[i] = map[string]string{}
		flatten(t, flat[i], "", event)
	}
	return flat
}

func flatten(t testing.TB, into map[string]string, path string, v any) {
	if object, ok := v.(map[string]any); ok && len(object) > 0 {
		for key, inner := range object {
			flatten(t, into, strings.TrimPrefix(path+"."+key, "."), inner)
		}
		return
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	into[path] = string(text)
}

// witnessCases are denials that the kernel's log speaks of, with and without a
// baseline.
func witnessCases() []goldenCase {
	recorded := func(o *evidence.Observation) {
		o.Witness = &evidence.Witness{Status: evidence.WitnessRecorded, Intended: new(true), Denials: []evidence.Denial{{
			Serial: 7, Domain: "1a", Blockers: []string{"fs.read_file"}, Object: map[string]string{"path": "/scratch/ws/f"},
		}}}
	}
	denied := func(lanes ...evidence.Lane) func(evidence.Run) []evidence.Observation {
		return func(run evidence.Run) []evidence.Observation {
			obs := []evidence.Observation{observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Denied, called("/scratch/ws/f"), applied, failed(13, "EACCES"), recorded)}
			for _, lane := range lanes {
				obs = append(obs, observe(run, lane, "demo:rw:f", evidence.Allowed, called("/scratch/ws/f")))
			}
			return obs
		}
	}
	run := testRun(readProbe("f", evidence.Deny))
	return []goldenCase{
		{name: "witnessed", run: run, obs: denied(evidence.LaneBaseline)},
		{name: "witnessed_no_baseline", run: run, obs: denied()},
	}
}

// errnoCases are denials whose errno says little by itself.
func errnoCases() []goldenCase {
	run := testRun(readProbe("f", evidence.Deny))
	confined := func(o *evidence.Observation) { o.Worker = &evidence.Worker{Sandboxed: true} }
	both := func(errno int, name string, also ...func(*evidence.Observation)) func(evidence.Run) []evidence.Observation {
		return func(run evidence.Run) []evidence.Observation {
			return allLanes(run, "f", evidence.Denied, append(also, failed(errno, name))...)
		}
	}
	call := testRun(evidence.MatrixProbe{
		Name: "f", Operation: "syscall.rename", Target: "${workspace}/f", Expected: evidence.Deny, ExpectationID: "demo:rw:f",
	})
	call.Matrix.Profiles[0].Probes[0].OnPath = true
	return []goldenCase{
		{name: "call_on_a_path", run: call, obs: both(13, "EACCES")},
		{name: "eperm_in_both", run: run, obs: both(1, "EPERM")},
		{name: "eacces_confined_before", run: run, obs: both(13, "EACCES", confined)},
		{name: "exdev_in_both", run: run, obs: both(18, "EXDEV")},
		{name: "a_number_of_linux_alone", run: run, obs: func(run evidence.Run) []evidence.Observation {
			return allLanes(run, "f", evidence.Undecided, failed(40, "ELOOP"), because("", "ELOOP decides nothing"))
		}},
	}
}

// A row that contradicts itself is refused before anything is written.
func TestDeriveRefusesViolations(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	unapplied := observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Broken, because("bootstrap_exec_failed", ""), func(o *evidence.Observation) {
		o.FailureStage = evidence.StageBootstrap
	})
	refused(t, run, []evidence.Observation{unapplied}, `scenario observation of "demo:rw:f": bootstrap_stage_not_applied: `)
}

// Every event we write holds by itself, too.
func TestEventsHold(t *testing.T) {
	for _, tc := range slices.Concat(goldenCases(), witnessCases(), errnoCases()) {
		docs, _, err := evidence.Derive(tc.run, tc.obs(tc.run))
		if err != nil {
			t.Fatal(err)
		}
		for _, doc := range docs {
			if doc.Name != eventsFile {
				continue
			}
			var events []artifact.Event
			if err := json.Unmarshal(doc.Data, &events); err != nil {
				t.Fatal(err)
			}
			for i := range events {
				if diff := cmp.Diff([]contract.Violation(nil), contract.CheckEvent(&events[i], contract.Current)); diff != "" {
					t.Errorf("%s:\n%s", tc.name, diff)
				}
			}
		}
	}
}
