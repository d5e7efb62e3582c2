package harness_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness"
)

// FuzzReports holds that what a session reports, and the ticket it joins a run
// with, arrive as they were sent: read, sent on and read again they are the same.
func FuzzReports(f *testing.F) {
	kinds := []func(text string) (any, error){
		func(text string) (any, error) { return harness.ParseObservation(text) },
		func(text string) (any, error) { return harness.ParsePreflight(text) },
		func(text string) (any, error) { return harness.ParseWitnessReport(text) },
		func(text string) (any, error) {
			var t harness.Ticket
			return t, json.Unmarshal([]byte(text), &t)
		},
	}
	denied := harness.Observation{
		Lane: harness.LaneScenario, ProfileID: "p", ExpectationID: "p:é<&>", ProbeName: "n", Operation: "fs.read_file", Target: "/x\u2028",
		Expected: "deny", Outcome: harness.Denied, Actual: "deny",
	}
	text, err := harness.Serialise(&denied)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(0), text)
	f.Add(byte(0), `{"outcome":"denied","exit_code":0,"witness":null}`)
	f.Add(byte(1), `{"worker_pid":7,"layers":0,"canary":"ok","errno":13,"descriptors":["3"],"reason":"\ud800"}`)
	f.Add(byte(2), `{"listening":true,"lost":["a"]}`)
	f.Add(byte(3), `{"run_id":"r","probe_timeout":10000000000,"witness":"auto"}`)
	for i := range kinds {
		f.Add(byte(i), `null`)
		f.Add(byte(i), `{}{}`)
	}
	same := cmp.Options{cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(harness.Preflight{})}
	f.Fuzz(func(t *testing.T, which byte, text string) {
		read := kinds[int(which)%len(kinds)]
		first, err := read(text)
		if err != nil {
			return
		}
		sent, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("what was read cannot be sent on: %v", err)
		}
		second, err := read(string(sent))
		if err != nil {
			t.Fatalf("what was sent is refused: %v\n%s", err, sent)
		}
		if diff := cmp.Diff(first, second, same); diff != "" {
			t.Fatalf("%s (-first +second):\n%s", sent, diff)
		}
	})
}
