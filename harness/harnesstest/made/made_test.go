package made_test

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// everything is a spec with a scenario for everything that can be seen.
func everything(worldID, read string) made.BundleSpec {
	probe := func(seen made.Seen, expected string) made.Probe {
		return made.Probe{Name: string(seen), Operation: read, Target: "/data/" + string(seen), Expected: expected, Scenario: seen, Baseline: made.Allow}
	}
	return made.BundleSpec{WorldID: worldID, Profiles: []made.Profile{
		{ID: "p:one", Family: "f", Probes: []made.Probe{
			probe(made.Allow, "allow"), probe(made.Deny, "deny"), probe(made.Undecided, "deny"), probe(made.NotWitnessed, "deny"),
			{Name: "vacuous", Operation: read, Target: "/data/vacuous", Expected: "deny", Scenario: made.Deny, Baseline: made.Deny, Oracle: made.Undecided},
			{Name: "unexpected", Operation: read, Target: "/data/unexpected", Expected: "deny", Scenario: made.Allow, Baseline: made.Allow, Oracle: made.Deny},
		}},
		{ID: "p:two", Probes: []made.Probe{
			probe(made.Blocked, "deny"), probe(made.Unsupported, "deny"), probe(made.BlockedApply, "deny"), probe(made.BlockedBootstrap, "deny"),
			probe(made.Broken, "deny"), {Name: "unseen", Operation: read, Target: "/data/unseen"},
		}},
	}}
}

// decided are the profiles of everything of which nothing speaks against a
// promotion.
func decided(spec made.BundleSpec) made.BundleSpec {
	spec.Profiles = spec.Profiles[:1]
	return spec
}

func TestWriteBundlePromotable(t *testing.T) {
	linux, mac := everything(made.LinuxWorld, "fs.read_file"), everything(made.MacWorld, "file-read*")
	with := func(spec made.BundleSpec, change func(*made.BundleSpec)) made.BundleSpec {
		change(&spec)
		return spec
	}
	tests := []struct {
		name    string
		spec    made.BundleSpec
		reasons []bundle.Reason
	}{
		{"linux", decided(linux), nil},
		{"mac", decided(mac), nil},
		{"linux, also what was not observed", linux, []bundle.Reason{bundle.EvidenceBroken, bundle.ScenarioBlocked}},
		{"mac, also what was not observed", mac, []bundle.Reason{bundle.EvidenceBroken, bundle.ScenarioBlocked}},
		{"mac, that and nothing counts it", with(mac, func(s *made.BundleSpec) { s.Uncounted = true }), nil},
		{"linux, nothing counts", with(decided(linux), func(s *made.BundleSpec) { s.Uncounted = true }), []bundle.Reason{bundle.ArtifactsMissing, bundle.WorldMismatch}},
		{"another channel", with(decided(linux), func(s *made.BundleSpec) { s.Channel = "direct" }), []bundle.Reason{bundle.NotCleanChannel}},
		{"another world's channel", with(decided(mac), func(s *made.BundleSpec) { s.Channel = "spawn_clean" }), []bundle.Reason{bundle.NotCleanChannel}},
		{"pinned here", with(decided(linux), func(s *made.BundleSpec) { s.Pinned = made.LinuxWorld }), nil},
		{"pinned elsewhere", with(decided(linux), func(s *made.BundleSpec) { s.Pinned = made.MacWorld }), []bundle.Reason{bundle.WorldMismatch}},
		{"not applied", with(decided(linux), func(s *made.BundleSpec) { s.NotApplied = true }), []bundle.Reason{bundle.ApplyFailed}},
		{"confined", with(decided(mac), func(s *made.BundleSpec) { s.Confined = true }), []bundle.Reason{bundle.AlreadySandboxed}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			packet := write(t, tt.spec)
			v, err := bundle.VerifyPacket(packet, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range v.Findings {
				if !f.Warning {
					t.Errorf("%v", f)
				}
			}
			if !slices.Equal(v.Reasons, tt.reasons) || v.Promotable != (tt.reasons == nil) {
				t.Errorf("promotable %v, reasons %v, want %v", v.Promotable, v.Reasons, tt.reasons)
			}
		})
	}
}

// What the documents say is what the spec said.
func TestWriteBundleTells(t *testing.T) {
	type told struct{ Actual, Stage, Kind, Attribution string }
	for world, read := range map[string]string{made.LinuxWorld: "fs.read_file", made.MacWorld: "file-read*"} {
		t.Run(world, func(t *testing.T) {
			spec := everything(world, read)
			spec.Profiles[0].Probes[1].Callouts = []artifact.Callout{{Tool: "sbpl-oracle", MarkerVersion: 2, Operation: read, Decision: "deny"}}
			spec.Profiles[0].Probes[1].Command = []string{"bin/sandbox_runner", "one.sb"}
			spec.Profiles[0].Probes[2].Kind = "probe_odd"
			b := open(t, write(t, spec))
			got := map[string]told{}
			var callouts []artifact.Callout
			var command []string
			err := b.Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
				return artifact.ReadEvents(r, func(e *artifact.Event) error {
					if e.WorldID != world || e.ScenarioID != e.ExpectationID || (e.Match != nil) != (e.Actual != nil) {
						t.Errorf("event %+v", e)
					}
					got[e.ExpectationID] = told{text(e.Actual), text(e.FailureStage), text(e.FailureKind), e.PolicyLayers.Attribution}
					callouts, command = append(callouts, e.Callouts...), append(command, e.Command...)
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]told{
				"p:one:allow":             {Actual: "allow", Attribution: "allow"},
				"p:one:deny":              {"deny", "probe", "probe_syscall_errno", "process_policy"},
				"p:one:undecided":         {"", "probe", "probe_odd", "unknown"},
				"p:one:not_witnessed":     {"", "probe", "op_not_witnessed", "unknown"},
				"p:one:vacuous":           {"deny", "probe", "probe_syscall_errno", "platform_policy"},
				"p:one:unexpected":        {Actual: "allow", Attribution: "allow"},
				"p:two:blocked":           {"", "preflight", "capability_missing", "unknown"},
				"p:two:unsupported":       {"", "preflight", "operation_unsupported", "unknown"},
				"p:two:blocked_apply":     {"", "apply", "policy_apply_failed", "unknown"},
				"p:two:blocked_bootstrap": {"", "bootstrap", "bootstrap_failed", "unknown"},
				"p:two:broken":            {"", "probe", "probe_timeout", "unknown"},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if len(callouts) != 1 || callouts[0].Decision != "deny" || !slices.Equal(command, spec.Profiles[0].Probes[1].Command) {
				t.Errorf("callouts %+v, commands %q", callouts, command)
			}
		})
	}
}

func TestWriteBundleRefuses(t *testing.T) {
	tests := map[string]made.Probe{
		"unknown":               {Name: "a", Operation: "fs.read_file", Target: "/a", Scenario: "seen"},
		"baseline of a witness": {Name: "a", Operation: "fs.read_file", Target: "/a", Scenario: made.Deny, Baseline: made.NotWitnessed},
		"baseline applies":      {Name: "a", Operation: "fs.read_file", Target: "/a", Scenario: made.Deny, Baseline: made.BlockedApply},
		"expectation":           {Name: "a", Operation: "fs.read_file", Target: "/a", Expected: "maybe", Scenario: made.Deny},
	}
	for name, probe := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := made.WriteBundle(t.TempDir(), made.BundleSpec{Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{probe}}}}); err == nil {
				t.Error("it was made")
			}
		})
	}
}

func TestWriteBundles(t *testing.T) {
	const n, observations = 3, 250
	for _, world := range []string{made.LinuxWorld, made.MacWorld} {
		packets, err := made.WriteBundles(t.TempDir(), n, observations, world)
		if err != nil || len(packets) != n {
			t.Fatalf("%d packets, %v", len(packets), err)
		}
		ids, ended := map[string]bool{}, map[string]int{}
		for _, packet := range packets {
			v, err := bundle.VerifyPacket(packet, "")
			if err != nil || !v.OK() || !v.Promotable || v.Statement == "" {
				t.Fatalf("%s: %+v, %v", packet, v, err)
			}
			err = open(t, packet).Stream(artifact.RuntimeEventsFile, func(r io.Reader) error {
				return artifact.ReadEvents(r, func(e *artifact.Event) error {
					ids[e.ExpectationID] = true
					ended[text(e.Actual)+" for "+e.Expected]++
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(ids) != n*observations {
			t.Errorf("%d scenarios of %d have an id of their own", len(ids), n*observations)
		}
		if len(ended) != 5 { // an allow that was expected never goes without a decision
			t.Errorf("scenarios ended in %d ways: %v", len(ended), slices.Sorted(maps.Keys(ended)))
		}
	}
}

func write(t *testing.T, spec made.BundleSpec) (packet string) {
	t.Helper()
	packet, err := made.WriteBundle(filepath.Join(t.TempDir(), "out"), spec)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

func open(t *testing.T, packet string) *bundle.Bundle {
	t.Helper()
	p, err := bundle.LoadPacket(packet)
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// A forged bundle has digests that hold, and its documents contradict each other.
func TestForgeEvents(t *testing.T) {
	packet := write(t, decided(everything(made.LinuxWorld, "fs.read_file")))
	err := made.ForgeEvents(packet, func(events []artifact.Event) []artifact.Event {
		events[2].Actual, events[2].Match = new("deny"), new(true)
		return events
	})
	if err != nil {
		t.Fatal(err)
	}
	open(t, packet)
	v, err := bundle.VerifyPacket(packet, "")
	if err != nil {
		t.Fatal(err)
	}
	if want := []bundle.Reason{bundle.IntegrityUnverified}; !slices.Equal(v.Reasons, want) {
		t.Errorf("reasons %v, want %v", v.Reasons, want)
	}
	for _, f := range v.Findings {
		if !f.Warning && f.Code != bundle.Disagrees && f.Code != bundle.PromotabilityDiffers {
			t.Errorf("%v", f)
		}
	}
}
