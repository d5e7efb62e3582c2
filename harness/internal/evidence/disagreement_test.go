package evidence_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

type adjust = func(*evidence.Observation)

// foreseen is the scenario and the oracle lane of one scenario that expects a
// denial. An empty outcome leaves a lane out.
func foreseen(run evidence.Run, observed, predicted evidence.Outcome, inScenario, inOracle adjust) []evidence.Observation {
	obs := lanePair(run, observed, "", failed(13, "EACCES"))
	for i := range obs {
		inScenario(&obs[i])
	}
	for _, o := range allLanes(run, "f", predicted) {
		if o.Lane == evidence.LaneOracle && predicted != "" {
			inOracle(&o)
			obs = append(obs, o)
		}
	}
	return obs
}

// A model that says otherwise than was observed is told of, with a reason of its
// own, and nothing else is.
func TestDisagreement(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	const allowed, denied, undecided = evidence.Allowed, evidence.Denied, evidence.Undecided
	plain := func(*evidence.Observation) {}
	kernel := recorded(true, "fs.execute", "fs.read_file") // of layer 1
	other := recorded(false, "fs.execute")
	lossy := func(o *evidence.Observation) { kernel(o); o.Witness.Reason = "2 records were lost" }
	const foretells, deny = "the model foretells a record of layer ", "the model says deny, observed was allow"
	for _, tt := range []struct {
		name                 string
		observed, predicted  evidence.Outcome
		inScenario, inOracle adjust
		detail               string // empty: none
		reason               string // empty: there is no packet
		want                 evidence.OracleCounts
	}{
		{"alike", denied, denied, plain, plain, "", "", evidence.OracleCounts{Compared: 1, Same: 1}},
		{"allows_what_was_denied", denied, allowed, plain, plain, "the model says allow, observed was deny", "oracle_disagreement", evidence.OracleCounts{Compared: 1, Disagreements: 1}},
		{"denies_what_was_allowed", allowed, denied, plain, plain, deny, "oracle_disagreement", evidence.OracleCounts{Compared: 1, Disagreements: 1}},
		{"alike_and_unexpected", allowed, allowed, plain, plain, "", "expectation_too_strong", evidence.OracleCounts{Compared: 1, Same: 1}},
		{"does_not_know", denied, evidence.Unsupported, plain, because("model_unknown", "a magic link"), "", "", evidence.OracleCounts{}},
		{"was_not_asked", denied, "", plain, plain, "", "", evidence.OracleCounts{}},
		{"nothing_observed", "", denied, plain, plain, "", "", evidence.OracleCounts{}},
		{"nothing_decided", undecided, allowed, plain, plain, "", "op_not_witnessed", evidence.OracleCounts{}},

		{"same_record", denied, denied, kernel, foretold(1, "fs.execute", "fs.read_file"), "", "", evidence.OracleCounts{Compared: 1, Same: 1, Records: 1, SameRecords: 1}},
		{"other_layer", denied, denied, kernel, foretold(0, "fs.execute", "fs.read_file"), foretells + "0 for want of fs.execute,fs.read_file, the kernel wrote one of layer 1 for want of fs.execute,fs.read_file", "oracle_disagreement", evidence.OracleCounts{Compared: 1, Same: 1, Records: 1, Disagreements: 1}},
		{"other_blockers", denied, denied, kernel, foretold(1, "fs.read_file"), foretells + "1 for want of fs.read_file, the kernel wrote one of layer 1 for want of fs.execute,fs.read_file", "oracle_disagreement", evidence.OracleCounts{Compared: 1, Same: 1, Records: 1, Disagreements: 1}},
		{"other_order", denied, denied, kernel, foretold(1, "fs.read_file", "fs.execute"), foretells + "1", "oracle_disagreement", evidence.OracleCounts{Compared: 1, Same: 1, Records: 1, Disagreements: 1}},
		{"none_foretold", denied, denied, kernel, plain, "", "", evidence.OracleCounts{Compared: 1, Same: 1}},
		{"none_written", denied, denied, silent, foretold(1, "fs.read_file"), "", "", evidence.OracleCounts{Compared: 1, Same: 1}},
		{"the_first_may_be_lost", denied, denied, lossy, foretold(1, "fs.read_file"), "", "", evidence.OracleCounts{Compared: 1, Same: 1}},
		{"lost_and_the_same", denied, denied, lossy, foretold(1, "fs.execute", "fs.read_file"), "", "", evidence.OracleCounts{Compared: 1, Same: 1, Records: 1, SameRecords: 1}},
		{"same_record_of_another_right", undecided, denied, other, foretold(1, "fs.execute"), "", "op_not_witnessed", evidence.OracleCounts{Records: 1, SameRecords: 1}},
		{"other_record_of_another_right", undecided, denied, other, foretold(1, "fs.read_file"), foretells + "1 for want of fs.read_file", "op_not_witnessed", evidence.OracleCounts{Records: 1, Disagreements: 1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			docs, counts, err := evidence.Derive(run, foreseen(run, tt.observed, tt.predicted, tt.inScenario, tt.inOracle))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, counts.Agreement); diff != "" {
				t.Errorf("agreement (-want +got):\n%s", diff)
			}
			told := ""
			for _, d := range counts.Disagreements {
				told += d.ExpectationID + ": " + d.Detail
			}
			if (tt.detail == "") != (told == "") || !strings.Contains(told, tt.detail) || tt.detail != "" && !strings.HasPrefix(told, "demo:rw:f: ") {
				t.Errorf("told %q, want %q", told, tt.detail)
			}
			packets, err := artifact.ReadMismatchPackets(bytes.NewReader(document(t, docs, packetsFile).Data))
			if err != nil {
				t.Fatal(err)
			}
			reason, detail := "", ""
			for _, p := range packets {
				reason += p.MismatchReason
				if p.OracleCheck != nil && p.OracleCheck.Detail != nil {
					detail = *p.OracleCheck.Detail
				}
			}
			if reason != tt.reason || (detail == "") != (tt.detail == "") || !strings.Contains(detail, tt.detail) {
				t.Errorf("packets of %d for %q, %q; want %q, %q", len(packets), reason, detail, tt.reason, tt.detail)
			}
			if want := map[bool]string{true: artifact.SchemaMismatchPacket}[tt.reason != ""]; document(t, docs, packetsFile).Schema != want {
				t.Errorf("schema %q of the packets, want %q", document(t, docs, packetsFile).Schema, want)
			}
		})
	}
}

// What a model says touches no other lane: with it and without, every document but
// its own and the packets is the same to the byte, and so is every other count. A
// packet it alone has differs in nothing but what the model said.
func TestOracleTouchesNothing(t *testing.T) {
	run := testRun(readProbe("f", evidence.Deny))
	witnesses := map[string]adjust{
		"silence": silent, "own_record": recorded(true, "fs.read_file"), "nothing": func(*evidence.Observation) {},
	}
	for _, observed := range []evidence.Outcome{evidence.Allowed, evidence.Denied, evidence.Undecided, evidence.Broken, evidence.Blocked} {
		for _, predicted := range []evidence.Outcome{evidence.Allowed, evidence.Denied, evidence.Undecided, evidence.Unsupported} {
			for name, witness := range witnesses {
				if observed != evidence.Denied && name != "nothing" {
					continue
				}
				t.Run(fmt.Sprintf("%s_%s_%s", observed, predicted, name), func(t *testing.T) {
					inOracle := witnesses["nothing"]
					switch predicted {
					case evidence.Denied:
						inOracle = foretold(0, "fs.truncate")
					case evidence.Unsupported:
						inOracle = because("model_unknown", "")
					}
					without := foreseen(run, observed, "", witness, nil)
					predictions := foreseen(run, "", predicted, nil, inOracle)
					bare, bareCounts, err := evidence.Derive(run, without)
					if err != nil {
						t.Fatal(err)
					}
					docs, counts, err := evidence.Derive(run, append(without, predictions...))
					if err != nil {
						t.Fatal(err)
					}
					for i := range bare {
						if name := bare[i].Name; name != oracleFile && name != packetsFile && !bytes.Equal(bare[i].Data, docs[i].Data) {
							t.Errorf("%s: %s", name, cmp.Diff(string(bare[i].Data), string(docs[i].Data)))
						}
					}
					ignored := cmpopts.IgnoreFields(evidence.Counts{}, "Oracle", "Agreement", "Disagreements", "Status", "Profiles", "byType")
					if diff := cmp.Diff(bareCounts, counts, ignored); diff != "" {
						t.Errorf("counts (-without +with):\n%s", diff)
					}
					if bareCounts.Profiles[0].Scenario != counts.Profiles[0].Scenario || bareCounts.Profiles[0].Status != counts.Profiles[0].Status {
						t.Errorf("profile %+v, without the oracle %+v", counts.Profiles[0], bareCounts.Profiles[0])
					}
				})
			}
		}
	}
}
