package harness

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

func tallied(t *testing.T, bySyscall bool, events ...string) ([]DecisionRow, error) {
	t.Helper()
	rows := make(map[[2]string]*DecisionRow)
	for _, text := range events {
		var e artifact.Event
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		if err := tally(rows, &e, bySyscall); err != nil {
			return nil, err
		}
	}
	var list []DecisionRow
	for _, r := range rows {
		list = append(list, *r)
	}
	return list, nil
}

// Each event counts once, as what it is.
func TestTally(t *testing.T) {
	list, err := tallied(t, false,
		`{"operation": "fs.read_file", "actual": "allow", "match": true, "runtime_status": "success"}`,
		`{"operation": "fs.read_file", "actual": "deny", "match": true, "errno": 13, "errno_name": "EACCES", "intended_op_witnessed": true,
		  "probe_details": {"syscall": "openat", "witness": {"status": "recorded", "denials": [{"blockers": ["fs.read_file", "fs.execute"]}]}}}`,
		`{"operation": "fs.read_file", "actual": "deny", "match": false, "errno": 13}`,
		`{"operation": "fs.read_file", "runtime_status": "errno", "errno": 2, "errno_name": "ENOENT"}`,
		`{"operation": "fs.read_file", "runtime_status": "errno", "errno": 13, "errno_name": "EACCES", "intended_op_witnessed": false,
		  "probe_details": {"syscall": "openat", "witness": {"status": "recorded", "denials": [{"blockers": ["fs.read_dir"]}]}}}`,
		`{"operation": "fs.read_file", "runtime_status": "blocked"}`,
	)
	want := []DecisionRow{{
		Operation: "fs.read_file", Allow: 1, Deny: 2, Undecided: 2, Blocked: 1, Matches: 2,
		Errnos: map[string]int{"EACCES": 1, "errno 13": 1}, Witnessed: 1,
		Blockers: map[string]int{"fs.read_file": 1, "fs.execute": 1, "fs.read_dir": 1},
	}}
	if diff := cmp.Diff(want, list); err != nil || diff != "" {
		t.Errorf("error %v, rows (-want +got):\n%s", err, diff)
	}
	if missing := UnobservedRights(list); slices.Contains(missing, "fs.read_file") || !slices.Contains(missing, "scope.signal") {
		t.Errorf("unobserved %q", missing)
	}
}

// What was blocked was not observed.
func TestUnobservedRights(t *testing.T) {
	list, err := tallied(t, true, `{"operation": "scope.signal", "runtime_status": "blocked"}`)
	if err != nil || !slices.Contains(UnobservedRights(list), "scope.signal") {
		t.Errorf("unobserved %q, %v", UnobservedRights(list), err)
	}
}

func TestTallyRefuses(t *testing.T) {
	_, err := tallied(t, false, `{"operation": "fs.read_file", "actual": "maybe"}`)
	if err == nil || !strings.Contains(err.Error(), `decision "maybe" is neither`) {
		t.Errorf("error %v", err)
	}
}
