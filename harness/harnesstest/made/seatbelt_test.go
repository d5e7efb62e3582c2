package made_test

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// asked is a run of our own worker on macOS: the sandbox was asked beside every
// probe.
func asked() made.BundleSpec {
	file := func(name string, seen made.Seen, expected string, decisions ...string) made.Probe {
		p := made.Probe{Name: name, Operation: "file-read*", Target: "/data/" + name, Expected: expected, Scenario: seen, Baseline: made.Allow, Oracle: seen}
		return p.Answered("file-read-data", 1, decisions...)
	}
	service := func(name string, seen made.Seen, expected string, value int64, decision string) made.Probe {
		p := made.Probe{
			Name: name, Operation: "mach-lookup", Target: "com.example." + name, Expected: expected, Scenario: seen, Baseline: made.Allow,
			Return: &artifact.Return{Kind: "kern_return_t", Value: value}, Details: json.RawMessage(`{"operation":"mach-lookup"}`),
		}
		return p.Answered("mach-lookup", 2, decision)
	}
	unanswered := file("unanswered", made.Undecided, "deny", "error")
	unanswered.Kind, unanswered.Oracle = "op_not_witnessed", made.Deny
	return made.BundleSpec{WorldID: made.MacWorld, Profiles: []made.Profile{{
		ID: "mac:own", Prepared: "out/run-1/runtime_profiles/mac_own.runtime.sb", Probes: []made.Probe{
			file("allowed", made.Allow, "allow", "allow", "allow"),
			file("denied", made.Deny, "deny", "deny"),
			file("told_otherwise", made.Allow, "deny", "deny"),
			unanswered,
			service("refused", made.Deny, "deny", 1100, "deny"),
			service("absent", made.Undecided, "deny", 1102, "deny"),
		},
	}}}
}

func TestOwnMacBundle(t *testing.T) {
	packet := write(t, asked())
	v, err := bundle.VerifyPacket(packet, "")
	if err != nil {
		t.Fatal(err)
	}
	if !v.Promotable {
		t.Errorf("reasons %v, findings %v", v.Reasons, v.Findings)
	}
	b := open(t, packet)
	deep, err := bundle.ValidateDeep(b.Dir)
	if err != nil || !deep.OK() {
		t.Fatalf("%+v, %v", deep, err)
	}
	rows := map[string][]string{}
	err = b.Stream(artifact.OracleResultsFile, func(r io.Reader) error {
		_, err := artifact.ReadOracle(r, func(row *artifact.OracleRow) error {
			rows[row.ExpectationID] = append(rows[row.ExpectationID], text(row.API)+" "+text(row.Decision))
			return nil
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"mac:own:allowed":        {"model allow", "sandbox_check allow", "sandbox_check allow"},
		"mac:own:denied":         {"model deny", "sandbox_check deny"},
		"mac:own:told_otherwise": {"model allow", "sandbox_check deny"},
		"mac:own:unanswered":     {"model deny", "sandbox_check error"},
		"mac:own:refused":        {"sandbox_check deny"},
		"mac:own:absent":         {"sandbox_check deny"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("oracle_results (-want +got):\n%s", diff)
	}
}

// Whoever changes what the sandbox answered, or what a decision rests on, leaves a
// document that says otherwise.
func TestForgedOwnMacBundle(t *testing.T) {
	results := func(change func(p *artifact.ResultsProbe)) func(string) func([]byte) ([]byte, error) {
		return func(id string) func([]byte) ([]byte, error) {
			return func(data []byte) ([]byte, error) {
				var doc artifact.RuntimeResults
				if err := json.Unmarshal(data, &doc); err != nil {
					return nil, err
				}
				for i := range doc[0].Value.Probes {
					if p := &doc[0].Value.Probes[i]; p.ExpectationID == id {
						change(p)
					}
				}
				return artifact.Encode(doc, artifact.Indented)
			}
		}
	}
	event := func(change func(e *artifact.Event)) func(string) func([]byte) ([]byte, error) {
		return func(id string) func([]byte) ([]byte, error) {
			return func(data []byte) ([]byte, error) {
				var doc []artifact.Event
				if err := json.Unmarshal(data, &doc); err != nil {
					return nil, err
				}
				for i := range doc {
					if doc[i].ExpectationID == id {
						change(&doc[i])
					}
				}
				return artifact.Encode(doc, artifact.IndentedSorted)
			}
		}
	}
	oracle := func(change func(r *artifact.OracleRow)) func(string) func([]byte) ([]byte, error) {
		return func(id string) func([]byte) ([]byte, error) {
			return func(data []byte) ([]byte, error) {
				var doc artifact.OracleResults
				if err := json.Unmarshal(data, &doc); err != nil {
					return nil, err
				}
				for i := range doc.Results {
					if r := &doc.Results[i]; r.ExpectationID == id && text(r.API) != artifact.ModelAPI {
						change(r)
					}
				}
				return artifact.Encode(&doc, artifact.Indented)
			}
		}
	}
	tests := []struct {
		name, file, id string
		change         func(string) func([]byte) ([]byte, error)
		want           string
	}{
		{"another_answer", artifact.RuntimeResultsFile, "denied", results(func(p *artifact.ResultsProbe) { p.RuntimeResult.Callouts[0].Decision = "error" }), "intended_op_witnessed is true, by its 1 callouts it is false"},
		{"no_answer", artifact.RuntimeResultsFile, "denied", results(func(p *artifact.ResultsProbe) { p.RuntimeResult.Callouts = nil }), "intended_op_witnessed is true, by its 0 callouts it is false"},
		{"not_witnessed", artifact.RuntimeResultsFile, "denied", results(func(p *artifact.ResultsProbe) { p.RuntimeResult.IntendedOpWitnessed = artifact.Some(false) }), "intended_op_witnessed is false, by its 1 callouts it is true"},
		{"witnessed_after_all", artifact.RuntimeResultsFile, "unanswered", results(func(p *artifact.ResultsProbe) { p.RuntimeResult.IntendedOpWitnessed = artifact.Some(true) }), "intended_op_witnessed is true, by its 1 callouts it is false"},
		{"witness_unsaid", artifact.RuntimeResultsFile, "denied", results(func(p *artifact.ResultsProbe) { p.RuntimeResult.IntendedOpWitnessed = artifact.Null[bool]() }), "intended_op_witnessed is null"},
		{"given_something_else", artifact.RuntimeResultsFile, "refused", results(func(p *artifact.ResultsProbe) {
			p.ProbeDetails = json.RawMessage(strings.Replace(string(p.ProbeDetails), `"value": 1100`, `"value": 0`, 1))
		}), `actual is deny, and its call gave kern_return_t 0, which decides "allow"`},
		{"decided_by_nothing", artifact.RuntimeResultsFile, "absent", results(func(p *artifact.ResultsProbe) { p.Actual, p.Match = new("deny"), new(true) }), `its call gave kern_return_t 1102, which decides ""`},
		{"event_witnessed", artifact.RuntimeEventsFile, "unanswered", event(func(e *artifact.Event) { e.IntendedOpWitnessed = new(true) }), "intended_op_witnessed is true, runtime_results.json has another"},
		{"event_answered", artifact.RuntimeEventsFile, "denied", event(func(e *artifact.Event) { e.Callouts[0].Decision = "allow" }), "seatbelt_callouts are 1, runtime_results.json has others"},
		{"event_silent", artifact.RuntimeEventsFile, "denied", event(func(e *artifact.Event) { e.Callouts = nil }), "seatbelt_callouts are 0, oracle_results.json has others"},
		{"oracle_answered", artifact.OracleResultsFile, "denied", oracle(func(r *artifact.OracleRow) { r.Decision = new("allow") }), "seatbelt_callouts are 1, oracle_results.json has others"},
		{"oracle_of_another_call", artifact.OracleResultsFile, "denied", oracle(func(r *artifact.OracleRow) { r.API = new("sandbox_ask") }), `api is "sandbox_ask", elsewhere it is a model's`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packet := write(t, asked())
			if err := made.Forge(packet, tt.file, tt.change("mac:own:"+tt.id)); err != nil {
				t.Fatal(err)
			}
			deep, err := bundle.ValidateDeep(open(t, packet).Dir)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(deep.Findings, func(f bundle.Finding) bool {
				return f.Code == bundle.Disagrees && strings.Contains(f.Message, tt.want)
			}) {
				t.Errorf("findings %v, want one with %q", deep.Findings, tt.want)
			}
		})
	}
}
