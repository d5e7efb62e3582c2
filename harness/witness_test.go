package harness

import (
	"errors"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/evidence"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/witness"
)

// An attempt that goes wrong after the kernel was heard takes back what the
// kernel said: the run is kept, with that spec broken.
func TestBrokenWithdrawsTheWitness(t *testing.T) {
	yes := true
	obs := Observation{
		Lane: LaneScenario, Outcome: Denied, Actual: Deny, Errno: 13,
		Witness: &evidence.Witness{Status: evidence.WitnessRecorded, Intended: &yes, Denials: []evidence.Denial{{Blockers: []string{"fs.read_file"}}}},
	}
	broken(&obs, "post_state_unknown", "no")
	if obs.Outcome != Broken || obs.Actual != "" || obs.Witness != nil {
		t.Errorf("%+v: want nothing decided and nothing witnessed", obs)
	}
}

// A state that someone else changed is said, and fails nothing; one that could
// not be put back fails the run.
func TestRestored(t *testing.T) {
	changed := &witness.ChangedError{Fields: []string{"audit_enabled is 0, not 1 as set"}}
	for _, tt := range []struct {
		err         error
		note, fault string
	}{
		{nil, "", ""},
		{changed, "audit_enabled is 0, not 1 as set", ""},
		{errors.New("no permission"), "", "put the audit state back: no permission"},
	} {
		note, fault := restored(tt.err)
		if !strings.Contains(note, tt.note) || (note == "") != (tt.note == "") {
			t.Errorf("%v: note %q, want %q", tt.err, note, tt.note)
		}
		if (fault == nil) != (tt.fault == "") || fault != nil && fault.Error() != tt.fault {
			t.Errorf("%v: fault %v, want %q", tt.err, fault, tt.fault)
		}
	}
}

// What a record is of comes whole, and as text that JSON can carry.
func TestObject(t *testing.T) {
	got := object(&witness.Denial{Path: "/a\xff", Dev: "vda", Ino: 612, DAddr: "::1", DPort: 443, OPID: 7, OComm: "cat"})
	want := map[string]string{"path": "/a\uFFFD", "dev": "vda", "ino": "612", "daddr": "::1", "dest": "443", "opid": "7", "ocomm": "cat"}
	if len(got) != len(want) {
		t.Errorf("object %v, want %v", got, want)
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %q, want %q", key, got[key], value)
		}
	}
}

// A denial is not about a right that no layer handles.
func TestDisown(t *testing.T) {
	of := func(layers ...landlock.Ruleset) *policy {
		return &policy{ready: layers, restricted: restrictedBy(layers)}
	}
	files := of(landlock.Ruleset{HandledFS: landlock.ReadFile})
	ports := of(landlock.Ruleset{HandledNet: landlock.BindTCP}, landlock.Ruleset{Scoped: landlock.ScopeSignal})
	for _, tt := range []struct {
		policy        *policy
		operation, by string
		want          Outcome
	}{
		{files, "fs.read_file", "", Denied},
		{files, "fs.execute", "", Undecided},
		{files, "fs.refer", "link", Denied},
		{files, "fs.change_topology", "mount", Denied},
		{files, "ptrace", "attach", Denied},
		{files, "syscall.rename", "", Denied}, // refer may be what is missing
		{ports, "net.bind_tcp", "", Denied},
		{ports, "net.connect_tcp", "", Undecided},
		{ports, "scope.signal", "", Denied},
		{ports, "scope.abstract_unix_socket", "", Undecided},
		{ports, "ptrace", "attach", Denied},
		{ports, "fs.refer", "rename", Undecided},
		{ports, "fs.read_file", "", Undecided},
	} {
		o, v, err := lookupOperation(&Scenario{Operation: tt.operation, Syscall: tt.by})
		if err != nil {
			t.Fatal(err)
		}
		obs := Observation{Outcome: Denied, Actual: Deny, Operation: tt.operation}
		tt.policy.disown(&obs, o, v)
		if obs.Outcome != tt.want || (obs.Actual == "") != (tt.want == Undecided) {
			t.Errorf("%s %s under %+v: %s, want %s", tt.operation, tt.by, tt.policy.ready, obs.Outcome, tt.want)
		}
	}
}
