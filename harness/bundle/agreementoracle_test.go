package bundle_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// foretoldRun is a run of three scenarios in which a model was asked about each:
// the last was denied, the kernel's record of it is there and was foretold.
func foretoldRun(t testing.TB) string {
	t.Helper()
	r := newRun("r1")
	r.artifacts = append(r.artifacts, "oracle_results.json", "mismatch_packets.jsonl")
	r.summary.OutcomeCounts["oracle"] = map[string]int{"allowed": 2, "denied": 1}
	r.summary.OracleAgreement = &bundle.OracleAgreement{Compared: 3, Same: 3, Records: 1, SameRecords: 1}
	dir := r.write(t, filepath.Join(t.TempDir(), "out"))
	edit(t, dir, artifact.RuntimeEventsFile, func(events *[]artifact.Event) {
		p := &(*events)[2].PolicyLayers.ProcessPolicy
		p.Blockers, p.Layers = []string{"fs.read_file"}, []int{1}
	})
	oracleRow(t, dir, 2, func(r *artifact.OracleRow) {
		r.Prediction.Record = &artifact.DenialRecord{Layer: 1, Blockers: []string{"fs.read_file"}}
	})
	return dir
}

func oracleRow(t testing.TB, dir string, i int, change func(*artifact.OracleRow)) {
	t.Helper()
	edit(t, dir, artifact.OracleResultsFile, func(o *artifact.OracleResults) { change(&o.Results[i]) })
}

// unexpected makes the denied scenario one that expected to be allowed, in every
// document that says so.
func unexpected(t *testing.T, dir string) {
	t.Helper()
	edit(t, dir, artifact.ExpectedMatrixFile, func(m *artifact.ExpectedMatrix) { m.Profiles[0].Value.Probes[2].Expected = "allow" })
	edit(t, dir, artifact.RuntimeResultsFile, func(r *artifact.RuntimeResults) {
		p := &(*r)[0].Value.Probes[2]
		p.Expected, p.Match = "allow", new(false)
	})
	edit(t, dir, artifact.RuntimeEventsFile, func(events *[]artifact.Event) {
		e := &(*events)[2]
		e.Expected, e.Match = "allow", new(false)
	})
	edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.Status = bundle.StatusPartial })
}

func agreed(t *testing.T, dir string, want bundle.OracleAgreement) {
	t.Helper()
	edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OracleAgreement = &want })
}

// packeted leaves a packet for the denied scenario, with what the model said of
// it. The detail says in what the model contradicts what was observed.
func packeted(t *testing.T, dir, reason, detail string, change ...func(*artifact.MismatchPacket)) {
	t.Helper()
	check := &artifact.OracleCheck{Stage: new(artifact.ModelStage)}
	oracleRow(t, dir, 2, func(r *artifact.OracleRow) { check.Decision = r.Decision })
	if detail != "" {
		check.Detail = &detail
	}
	p := artifact.MismatchPacket{
		SchemaVersion: artifact.SchemaMismatchPacket, ExpectationID: theProfile + ":p2", MismatchReason: reason, OracleCheck: check,
		RunContext:    artifact.RunContext{RunID: "r1", WorldID: linuxWorld},
		Expected:      artifact.PacketExpectation{ExpectationID: theProfile + ":p2", ExpectedDecision: "deny"},
		DecisionEvent: artifact.DecisionEvent{Decision: new("deny")},
	}
	for _, change := range change {
		change(&p)
	}
	data, err := canon.MarshalLines([]artifact.MismatchPacket{p}, canon.LineSorted)
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(data), dir, artifact.MismatchPacketsFile)
	sealAnew(t, dir)
}

func expecting(decision string) func(*artifact.MismatchPacket) {
	return func(p *artifact.MismatchPacket) { p.Expected.ExpectedDecision = decision }
}

// What models say of a run is held against what was observed, and the packets
// against both. Whether it may be relied on is up to what was observed alone.
func TestOracleAgreement(t *testing.T) {
	const file = artifact.OracleResultsFile
	contradicted := bundle.OracleAgreement{Compared: 3, Same: 2, Records: 1, SameRecords: 1, Disagreements: 1}
	otherRecord := bundle.OracleAgreement{Compared: 3, Same: 3, Records: 1, Disagreements: 1}
	allows := func(r *artifact.OracleRow) { r.Decision, r.Prediction.Record = new("allow"), nil }
	recount := func(t *testing.T, dir string) {
		edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OutcomeCounts["oracle"] = map[string]int{"allowed": 3} })
	}
	for name, tt := range map[string]struct {
		forge func(t *testing.T, dir string)
		want  []string // in the findings, one each
	}{
		"agrees": {func(*testing.T, string) {}, nil},
		"contradicted": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
			packeted(t, dir, artifact.ReasonOracleDisagreement, "both")
		}, nil},
		"contradicted_and_not_told": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
		}, []string{"0 packets, runtime_results.json has 0 mismatches, and models contradict 1 scenarios that match"}},
		"contradicted_and_not_counted": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			packeted(t, dir, artifact.ReasonOracleDisagreement, "both")
		}, []string{"oracle_agreement is {Compared:3 Same:3 Records:1 SameRecords:1 Disagreements:0}, by " + file + " it is {Compared:3 Same:2 Records:0 SameRecords:0 Disagreements:1}"}},
		"told_and_not_contradicted": {func(t *testing.T, dir string) { packeted(t, dir, artifact.ReasonOracleDisagreement, "") }, []string{
			"mismatch_reason is oracle_disagreement, " + file + " has no model that says otherwise", "1 packets, ",
		}},
		"told_for_another_reason": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Prediction.Record.Layer = 0 })
			agreed(t, dir, otherRecord)
			packeted(t, dir, artifact.ReasonExpectationTooStrong, "both")
		}, []string{`mismatch_reason is "expectation_too_strong", actual is deny and a model says otherwise`}},
		"matches_and_has_a_packet": {func(t *testing.T, dir string) { packeted(t, dir, artifact.ReasonExpectationTooStrong, "") }, []string{
			"is no mismatch in runtime_results.json", "1 packets, ",
		}},
		"another_record": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Prediction.Record.Blockers = []string{"fs.execute"} })
			agreed(t, dir, otherRecord)
			packeted(t, dir, artifact.ReasonOracleDisagreement, "both")
		}, nil},
		"another_record_and_not_told": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Prediction.Record.Blockers = []string{"fs.execute"} })
			agreed(t, dir, otherRecord)
		}, []string{"0 packets, runtime_results.json has 0 mismatches, and models contradict 1 scenarios that match"}},
		"another_record_where_some_are_lost": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Prediction.Record.Blockers = []string{"fs.execute"} })
			edit(t, dir, artifact.RuntimeEventsFile, func(events *[]artifact.Event) {
				(*events)[2].ProbeDetails = []byte(`{"witness": {"status": "recorded", "reason": "2 records were lost"}}`)
			})
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 3})
		}, nil},
		"record_of_an_allow": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Decision = new("allow") })
			recount(t, dir)
			agreed(t, dir, contradicted)
			packeted(t, dir, artifact.ReasonOracleDisagreement, "both")
		}, []string{"foretells the record of a denial, decision is allow"}},
		"contradicted_of_an_earlier_api": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.API, r.Prediction = new("oracle:landlock"), nil })
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 2, Same: 2})
		}, []string{`row "proof:p2": api is "oracle:landlock", elsewhere it is a model's`}},
		"predicted_by_a_call": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.API = new("sandbox_check") })
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OracleAgreement = &bundle.OracleAgreement{Compared: 2, Same: 2} })
		}, []string{`row "proof:p2": api is "sandbox_check", elsewhere it is a model's`}},
		"has_the_result_of_a_call": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.RC, r.Errno = new(-1), new(13) })
		}, []string{"api is model, and it has the result of a call"}},
		"of_another_stage": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Stage = new("operation") })
		}, []string{`api is model, stage "operation"`}},
		"of_another_operation": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Operation = new("fs.execute") })
		}, []string{`operation is "fs.execute", expected_matrix.json has another`}},
		"no_such_decision": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) { r.Decision, r.Prediction.Record = new("perhaps"), nil })
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) {
				s.OutcomeCounts["oracle"] = map[string]int{"allowed": 2, "unsupported": 1}
			})
			agreed(t, dir, bundle.OracleAgreement{Compared: 2, Same: 2})
		}, []string{`decision is "perhaps", error ""`}},
		"errno_of_an_allow": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 0, func(r *artifact.OracleRow) { r.Prediction.Errno = 13 })
		}, []string{"foretells errno 13, decision is allow"}},
		"not_counted_at_all": {func(t *testing.T, dir string) {
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OracleAgreement = nil })
		}, []string{"oracle_agreement is {Compared:0 Same:0 Records:0 SameRecords:0 Disagreements:0}, by " + file + " it is {Compared:3"}},
		"told_that_it_said_the_same": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
			packeted(t, dir, artifact.ReasonOracleDisagreement, "", func(p *artifact.MismatchPacket) {
				p.OracleCheck.Decision, p.OracleCheck.Stage = new("deny"), new("operation")
			})
		}, []string{"oracle_check.decision is deny, " + file + " has allow", `oracle_check.stage is "operation", of a model`, `oracle_check.detail is ""`}},
		"told_without_what_it_said": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
			packeted(t, dir, artifact.ReasonOracleDisagreement, "", func(p *artifact.MismatchPacket) { p.OracleCheck = nil })
		}, []string{"oracle_check is null, " + file + " has a model's answer"}},
		"contradicted_and_unexpected": {func(t *testing.T, dir string) {
			unexpected(t, dir)
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
			packeted(t, dir, artifact.ReasonOracleDisagreement, "both", expecting("allow"))
		}, nil},
		"contradicted_and_told_as_unexpected_alone": {func(t *testing.T, dir string) {
			unexpected(t, dir)
			oracleRow(t, dir, 2, allows)
			recount(t, dir)
			agreed(t, dir, bundle.OracleAgreement{Compared: 3, Same: 2, Disagreements: 1})
			packeted(t, dir, artifact.ReasonExpectationTooStrong, "both", expecting("allow"))
		}, []string{`mismatch_reason is "expectation_too_strong", actual is deny and a model says otherwise`}},
		"asked_twice": {func(t *testing.T, dir string) {
			edit(t, dir, file, func(o *artifact.OracleResults) { o.Results[1] = o.Results[0] })
		}, []string{`two rows "proof:p0"`}},
		// Rows of before have packets for mismatches alone, whatever they say.
		"earlier_row": {func(t *testing.T, dir string) {
			oracleRow(t, dir, 2, func(r *artifact.OracleRow) {
				r.API, r.Stage, r.Decision, r.Prediction = new("oracle:landlock"), new("model"), new("allow"), nil
			})
			for i := range 2 {
				oracleRow(t, dir, i, func(r *artifact.OracleRow) { r.API, r.Stage, r.Prediction = new("oracle:landlock"), new("model"), nil })
			}
			recount(t, dir)
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OracleAgreement = nil })
		}, nil},
		"callouts": {func(t *testing.T, dir string) {
			edit(t, dir, file, func(o *artifact.OracleResults) {
				for i := range o.Results {
					r := &o.Results[i]
					r.API, r.ExpectationID, r.Decision, r.Prediction = new("sandbox_check"), theProfile+":p2", new("allow"), nil
				}
			})
			recount(t, dir)
			edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OracleAgreement = nil })
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := foretoldRun(t)
			tt.forge(t, dir)
			v, err := bundle.ValidateDeep(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Findings) != len(tt.want) {
				t.Errorf("findings %v, want %q", v.Findings, tt.want)
			}
			for i, f := range v.Findings {
				if i < len(tt.want) && !strings.Contains(f.String(), tt.want[i]) {
					t.Errorf("finding %v, want %q", f, tt.want[i])
				}
			}
			p, err := bundle.Emit(dir, filepath.Join(t.TempDir(), "p.json"), false)
			if err != nil || p.Promotability.PromotableDecisionStage != (len(tt.want) == 0) {
				t.Errorf("promotability %+v, %v", p.Promotability, err)
			}
		})
	}
}
