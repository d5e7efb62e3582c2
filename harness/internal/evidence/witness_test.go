package evidence_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// recorded gives an observation the kernel's record of a denial in layer 1.
func recorded(intended bool, blockers ...string) func(*evidence.Observation) {
	return func(o *evidence.Observation) {
		if !intended {
			o.FailureKind = evidence.KindNotWitnessed
		}
		o.Witness = &evidence.Witness{
			Status: evidence.WitnessRecorded, Intended: &intended,
			Denials: []evidence.Denial{{
				Serial: 7, Domain: "1b4911092", Layer: 1, Blockers: blockers,
				Object: map[string]string{"path": "/scratch/ws/f", "dev": "vda", "ino": "612"},
			}},
		}
	}
}

func silent(o *evidence.Observation) {
	o.Witness = &evidence.Witness{Status: evidence.WitnessSilent, Reason: "no record came within 1s"}
}

// What the kernel says of a denial reaches every place that judges it.
func TestWitness(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	yes, no := true, false
	path := "path=/scratch/ws/f"
	for _, tt := range []struct {
		name               string
		outcome            evidence.Outcome
		baseline           evidence.Outcome
		witness            func(*evidence.Observation)
		witnessed          *bool
		first              string
		source, attributed string
		mismatch           string
		counts             evidence.WitnessCounts
	}{
		{"intended", evidence.Denied, evidence.Allowed, recorded(true, "fs.read_file"), &yes, "fs.read_file", "kernel_witness", "process_policy", "", evidence.WitnessCounts{Denied: 1, Recorded: 1, Intended: 1}},
		{"intended_without_baseline", evidence.Denied, "", recorded(true, "fs.write_file", "fs.read_file"), &yes, "fs.read_file", "kernel_witness", "process_policy", "", evidence.WitnessCounts{Denied: 1, Recorded: 1, Intended: 1}},
		{"vacuous_all_the_same", evidence.Denied, evidence.Denied, recorded(true, "fs.read_file"), &yes, "fs.read_file", "inferred_from_baseline", "platform_policy", "", evidence.WitnessCounts{Denied: 1, Recorded: 1, Intended: 1}},
		{"another_right", evidence.Undecided, evidence.Allowed, recorded(false, "fs.execute"), &no, "fs.execute", "", "unknown", "op_not_witnessed", evidence.WitnessCounts{Denied: 1, Recorded: 1}},
		{"silent", evidence.Denied, evidence.Allowed, silent, nil, "", "inferred_from_baseline", "process_policy", "", evidence.WitnessCounts{Denied: 1, Silent: 1}},
		{"silent_and_whole", evidence.Undecided, evidence.Allowed, func(o *evidence.Observation) { silent(o); o.FailureKind = evidence.KindNotWitnessed }, nil, "", "", "unknown", "op_not_witnessed", evidence.WitnessCounts{Denied: 1, Silent: 1}},
		{"denied_for_a_reason_of_its_own", evidence.Denied, evidence.Undecided, recorded(true, "fs.read_file"), &yes, "fs.read_file", "", "unknown", "", evidence.WitnessCounts{Denied: 1, Recorded: 1, Intended: 1}},
		{"nobody_listened", evidence.Denied, evidence.Allowed, func(*evidence.Observation) {}, nil, "", "inferred_from_baseline", "process_policy", "", evidence.WitnessCounts{Denied: 1}},
		{"nobody_listened_nor_looked", evidence.Denied, "", func(*evidence.Observation) {}, nil, "", "", "unknown", "", evidence.WitnessCounts{Denied: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sign := func(o *evidence.Observation) {
				failed(13, "EACCES")(o)
				if o.Lane == evidence.LaneScenario {
					tt.witness(o)
				}
			}
			e, counts := oneEvent(t, run, lanePair(run, tt.outcome, tt.baseline, sign))
			if diff := cmp.Diff(tt.witnessed, e.IntendedOpWitnessed); diff != "" {
				t.Errorf("intended_op_witnessed (-want +got):\n%s", diff)
			}
			got := ""
			if e.FirstDenialOp != nil {
				got = *e.FirstDenialOp
			}
			if got != tt.first || (tt.first != "") != slices.Contains(e.FirstDenialFilters, path) {
				t.Errorf("first denial %q %v, want %q", got, e.FirstDenialFilters, tt.first)
			}
			p := e.PolicyLayers.ProcessPolicy
			if p.Source != tt.source || e.PolicyLayers.Attribution != tt.attributed {
				t.Errorf("attribution %q from %q, want %q from %q", e.PolicyLayers.Attribution, p.Source, tt.attributed, tt.source)
			}
			if tt.first != "" && (!slices.Equal(p.Layers, []int{1}) || len(p.Blockers) == 0) {
				t.Errorf("process policy %+v, want layer 1 and its blockers", p)
			}
			if diff := cmp.Diff(tt.counts, counts.Witness); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			mismatch := ""
			if len(counts.Mismatches) > 0 {
				mismatch = counts.Mismatches[0].MismatchType
			}
			if mismatch != tt.mismatch {
				t.Errorf("mismatch %q, want %q", mismatch, tt.mismatch)
			}
			details, err := e.Details()
			if err != nil {
				t.Fatal(err)
			}
			if (details.Witness != nil) != (tt.counts.Recorded+tt.counts.Silent > 0) {
				t.Errorf("probe_details.witness = %+v", details.Witness)
			}
		})
	}
}

// The file's permissions are no suspect where the kernel says what denied.
func TestWitnessClearsTheConfounder(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	e, _ := oneEvent(t, run, lanePair(run, evidence.Denied, "", func(o *evidence.Observation) {
		failed(13, "EACCES")(o)
		recorded(true, "fs.read_file")(o)
	}))
	if c := e.FileConfounder; c == nil || c.Attribution != "landlock" {
		t.Errorf("file_confounder %+v, want the policy engine", c)
	}
}

// A record that cannot be true of its observation is refused.
func TestWitnessRefused(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	for name, tt := range map[string]struct {
		lane    evidence.Lane
		outcome evidence.Outcome
		witness func(*evidence.Observation)
		want    string
	}{
		"allowed":         {evidence.LaneScenario, evidence.Allowed, recorded(true, "fs.read_file"), `outcome "allowed" with the kernel's record`},
		"broken":          {evidence.LaneScenario, evidence.Broken, recorded(true, "fs.read_file"), `outcome "broken" with the kernel's record`},
		"baseline":        {evidence.LaneBaseline, evidence.Denied, recorded(true, "fs.read_file"), "there is no policy"},
		"another_right":   {evidence.LaneScenario, evidence.Denied, recorded(false, "fs.execute"), "denied, for want of fs.execute"},
		"nothing_in_it":   {evidence.LaneScenario, evidence.Denied, func(o *evidence.Observation) { o.Witness = &evidence.Witness{Status: evidence.WitnessRecorded} }, "with 0 records"},
		"silent_and_sure": {evidence.LaneScenario, evidence.Denied, func(o *evidence.Observation) { silent(o); o.Witness.Intended = new(bool) }, `witness "silent" that says`},
		"no_status":       {evidence.LaneScenario, evidence.Denied, func(o *evidence.Observation) { o.Witness = &evidence.Witness{} }, `unknown witness status ""`},
	} {
		t.Run(name, func(t *testing.T) {
			mods := []func(*evidence.Observation){called("/scratch/ws/f")}
			if tt.lane == evidence.LaneScenario {
				mods = append(mods, applied)
			}
			switch tt.outcome {
			case evidence.Denied:
				mods = append(mods, failed(13, "EACCES"))
			case evidence.Broken:
				mods = append(mods, because("probe_timeout", "hung"))
			}
			o := observe(run, tt.lane, "demo:rw:f", tt.outcome, append(mods, tt.witness)...)
			_, _, err := evidence.Derive(run, []evidence.Observation{o})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// The record is in the results' probe details, where consumers of rows look.
func TestWitnessInResults(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	docs, _, err := evidence.Derive(run, lanePair(run, evidence.Denied, evidence.Allowed, func(o *evidence.Observation) {
		failed(13, "EACCES")(o)
		if o.Lane == evidence.LaneScenario {
			recorded(true, "fs.read_file")(o)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	var results artifact.RuntimeResults
	if err := json.Unmarshal(document(t, docs, resultsFile).Data, &results); err != nil {
		t.Fatal(err)
	}
	row := results[0].Value.Probes[0]
	if v, ok := row.RuntimeResult.IntendedOpWitnessed.Get(); !ok || !v {
		t.Error("runtime_result.intended_op_witnessed is not true")
	}
	details, err := row.Details()
	if err != nil || details.Witness == nil {
		t.Fatalf("details %+v, %v", details, err)
	}
	want := []artifact.KernelDenial{{
		Serial: 7, Domain: "1b4911092", Layer: 1, Blockers: []string{"fs.read_file"},
		Object: map[string]string{"path": "/scratch/ws/f", "dev": "vda", "ino": "612"},
	}}
	if diff := cmp.Diff(want, details.Witness.Denials); diff != "" {
		t.Errorf("denials (-want +got):\n%s", diff)
	}
}
