//go:build darwin || seatbelt_fake

package seatbelt_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// asked is what the model has to say of a row under a policy that denies nothing.
func asked(t *testing.T, r fileRow, target string) sbpl.Answer {
	t.Helper()
	profile, faults := sbpl.Compile(sbpl.Source{File: "p.sb", Text: "(version 1)\n(allow default)\n"})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	return profile.Ask(sbpl.Question{Operation: r.operation, Target: r.request(target, "").Target, Syscall: r.call.Name})
}

// The model has an answer for the call of every row, but for those whose attempt
// decides nothing: both then say that the call does not ask about the operation.
func TestFileRowsAndTheModel(t *testing.T) {
	dir := folder(t)
	for _, r := range fileRows() {
		answer := asked(t, r, dir)
		if got := answer.Decision != sbpl.Unknown; got != r.asks() {
			t.Errorf("%s: the model answers %s: %s", r, answer.Decision, answer.Reason)
		}
		if r.asks() {
			continue
		}
		res, _ := attempt(r.request(dir, ""))
		if !strings.Contains(answer.Reason, "does not ask") || !strings.Contains(res.Err, "says nothing about "+r.operation) {
			t.Errorf("%s: the model says %q, the attempt %q", r, answer.Reason, res.Err)
		}
	}
}

// What the model takes to be asked first is asked by the first call that can
// fail: where nothing is there, it is the one that does.
func TestFirstCallIsTheModels(t *testing.T) {
	const missing = "/private/tmp/rtgen-no-such-folder"
	for _, r := range fileRows() {
		answer := asked(t, r, missing+"/f")
		if len(answer.Checks) == 0 {
			continue
		}
		first := answer.Checks[0]
		res, _ := attempt(r.request(missing+"/f", ""))
		opens := strings.HasPrefix(res.Call, "open(") || strings.HasPrefix(res.Call, "openat(")
		if opened := first.Operation == "file-read-data" || first.Operation == "file-write-data"; opened != opens {
			t.Errorf("%s: the model has %s first, the attempt %s", r, first.Operation, res.Call)
		}
		if folder := first.Target == missing; folder != strings.Contains(res.Call, "O_DIRECTORY") {
			t.Errorf("%s: the model has %s of %s first, the attempt %s", r, first.Operation, first.Target, res.Call)
		}
		if decision, _ := seatbelt.Classify(res); decision != "" {
			t.Errorf("%s: decided %s: %+v", r, decision, res)
		}
	}
}
