package mapping

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// ownMac is a run of our own worker on macOS: no commands, and the sandbox was asked.
func ownMac() made.BundleSpec {
	refused := probe("refused", "mach-lookup", made.Deny, made.Deny)
	refused.Return, refused.Details = &artifact.Return{Kind: "kern_return_t", Value: 1100}, json.RawMessage(`{"kr":1100}`)
	gated := probe("gated", "file-read*", made.Deny, made.BlockedApply)
	return made.BundleSpec{WorldID: made.MacWorld, PlanID: "own", Profiles: []made.Profile{
		{ID: "mac:own", Path: "sb/own.sb", Prepared: "out/run-1/runtime_profiles/own.mac_3aown.runtime.sb", Probes: []made.Probe{
			probe("read", "file-read-data", made.Allow, made.Allow).Answered("file-read-data", 1, "allow"), refused.Answered("mach-lookup", 2, "deny"),
		}},
		{ID: "mac:plain", Path: "sb/plain.sb", Probes: []made.Probe{probe("read", "file-read-data", made.Deny, made.Deny)}},
		{ID: "mac:unapplied", Path: "sb/un.sb", Prepared: "out/run-1/runtime_profiles/un.mac_3aunapplied.runtime.sb", Probes: []made.Probe{gated}},
	}}
}

// The copy of a policy that our own worker applied is found, though no command
// names it, and the sandbox's answers are told apart from what was observed.
func TestMappingsOfOwnMacRun(t *testing.T) {
	w := newWorkshop(t)
	packet := w.packet("out", ownMac())
	for _, name := range []string{"own.mac_3aown", "un.mac_3aunapplied"} {
		writeFile(t, filepath.Join(w.root, "out/run-1/runtime_profiles", name+".runtime.sb"), "(version 1)\n")
	}
	s := w.make(w.set("maps", packet))
	want := map[string]SignatureProfile{"mac:own": {"out/run-1/runtime_profiles/own.mac_3aown.runtime.sb"}}
	if diff := cmp.Diff(want, s.Signatures.ProfilesMetadata); diff != "" {
		t.Errorf("profiles_metadata (-want +got):\n%s", diff)
	}
	p, _ := s.Links.Profiles.Get("mac:own")
	if p.RuntimeProfile == nil || p.RuntimeProfile.SHA256 != bundle.DigestOf([]byte("(version 1)\n")).String() {
		t.Errorf("runtime_profile %+v", p.RuntimeProfile)
	}
	if diff := cmp.Diff(map[string]int{"allow": 1, "deny": 1}, s.Callouts.Counts.ByDecision); diff != "" {
		t.Errorf("callouts (-want +got):\n%s", diff)
	}
	if got := s.Signatures.Signatures["mac:own"]["refused"]; text(got) != "deny" {
		t.Errorf("what was refused by its Return is %q", text(got))
	}
}

// What our own worker saw on macOS passes the gate, from the packet to the receipt.
func TestPromoteOwnMacRun(t *testing.T) {
	w := newWorkshop(t)
	spec := ownMac()
	spec.Profiles = spec.Profiles[:2]
	out := filepath.Join(w.root, "maps")
	p, err := Promote(Options{Root: w.root, Out: out, Packets: []string{w.packet("out", spec)}})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Receipt.Packets.Used) != 1 {
		t.Errorf("receipt %+v", p.Receipt)
	}
	oracle := read[CalloutOracle](t, filepath.Join(out, CalloutOracleFile))
	if oracle.Counts.Total != 2 || oracle.Rows[0].CalloutFilterTypeName == nil || *oracle.Rows[0].CalloutFilterTypeName != "path" {
		t.Errorf("callouts %+v", oracle)
	}
}
