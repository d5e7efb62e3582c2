package mapping

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// otherLinux is a second Linux world.
const otherLinux = "linux-6.12.0-aarch64-landlock6-89abcdef"

// linuxSpec is a plan that was run in two Linux worlds; what the scenario and the
// baseline lane saw of each probe is given in its order. An empty word is a lane
// that did not look.
func linuxSpec(world string, saw ...[2]made.Seen) made.BundleSpec {
	probes := []made.Probe{
		{Name: "in", Operation: "fs.read_file", Target: "/ws/in", Expected: "allow"},
		{Name: "out", Operation: "fs.read_file", Target: "/home/out", Expected: "deny"},
		{Name: "root", Operation: "fs.read_file", Target: "/root/key", Expected: "deny"},
		{Name: "leak", Operation: "fs.write_file", Target: "/home/leak", Expected: "deny"},
		{Name: "odd", Operation: "fs.write_file", Target: "/ws/odd", Expected: "deny"},
		{Name: "run", Operation: "fs.execute", Target: "/ws/run", Expected: "deny"},
		{Name: "unrun", Operation: "fs.execute", Target: "/ws/unrun", Expected: "deny"},
		{Name: "call", Operation: "net.connect_tcp", Target: "127.0.0.1:443", Expected: "allow"},
	}
	for i := range probes {
		probes[i].Scenario, probes[i].Baseline = saw[i][0], saw[i][1]
	}
	return made.BundleSpec{WorldID: world, PlanID: "agent.v1", RunID: "run-" + world[:10], Profiles: []made.Profile{
		{ID: "agent:files", Family: "files", Probes: probes[:7]}, {ID: "agent:net", Probes: probes[7:]},
	}}
}

var (
	firstWorld = linuxSpec(made.LinuxWorld,
		[2]made.Seen{made.Allow, made.Allow}, [2]made.Seen{made.Deny, made.Allow}, [2]made.Seen{made.Deny, made.Deny}, [2]made.Seen{made.Allow, made.Allow},
		[2]made.Seen{made.Undecided, made.Allow}, [2]made.Seen{made.NotWitnessed, made.Allow}, [2]made.Seen{}, [2]made.Seen{made.Allow, made.Deny})
	secondWorld = linuxSpec(otherLinux,
		[2]made.Seen{made.Allow, made.Allow}, [2]made.Seen{made.Undecided, made.Allow}, [2]made.Seen{made.Deny, made.Allow}, [2]made.Seen{made.Deny, made.Allow},
		[2]made.Seen{made.Deny, made.Allow}, [2]made.Seen{made.Deny, made.Allow}, [2]made.Seen{made.Deny, made.Allow}, [2]made.Seen{made.Allow, made.Allow})
	// macWorld is written as the reference system does, which does not hold it
	// against a bundle that scenarios were blocked. What the sandbox says when it is
	// asked, and what a model says, is the opposite of what was seen, where anything
	// was.
	macWorld = made.BundleSpec{WorldID: made.MacWorld, PlanID: "mac.v1", RunID: "run-mac", Uncounted: true, Profiles: []made.Profile{{ID: "mac:closed", Probes: []made.Probe{
		{
			Name: "read", Operation: "file-read*", Target: "/etc/hosts", Expected: "allow", Scenario: made.Allow, Baseline: made.Allow,
			Callouts: callout("file-read*", "deny"), Command: []string{"bin/sandbox_reader", "out/closed.runtime.sb", "/etc/hosts"},
		},
		{Name: "gate", Operation: "mach-lookup", Target: "svc.gate", Expected: "allow", Scenario: made.Blocked, Callouts: callout("mach-lookup", "allow")},
		{Name: "apply", Operation: "file-write*", Target: "/tmp/a", Expected: "deny", Scenario: made.BlockedApply, Callouts: callout("file-write*", "deny")},
		{Name: "boot", Operation: "file-write*", Target: "/tmp/b", Expected: "allow", Scenario: made.BlockedBootstrap, Baseline: made.Allow},
		{Name: "ask", Operation: "sysctl-read", Target: "kern.ostype", Expected: "deny", Oracle: made.Deny},
	}}}}
)

func callout(operation, decision string) []artifact.Callout {
	return []artifact.Callout{{
		Tool: "sbpl-oracle", MarkerVersion: 2, Stage: "oracle", API: "sandbox_check", Operation: operation, Decision: decision, FilterTypeName: new("path"),
	}}
}

func TestThreeWorlds(t *testing.T) {
	root := t.TempDir()
	var packets []string
	for _, spec := range []made.BundleSpec{firstWorld, macWorld, secondWorld} {
		packets = append(packets, makeBundle(t, filepath.Join(root, spec.WorldID), spec))
	}
	out := filepath.Join(root, "mappings")
	if _, err := Promote(Options{Packets: packets, Out: out, Root: root}); err != nil {
		t.Fatal(err)
	}
	for world, want := range map[string]string{
		made.LinuxWorld: `
op fs.read_file ok: 3 probes of 3, 3 matches (1 vacuous), 0 mismatches, 0 undecided, 0 unobserved, 0 blocked; coverage ok
op fs.write_file partial: 2 probes of 2, 0 matches, 1 mismatches, 1 undecided, 0 unobserved, 0 blocked; coverage partial
op fs.execute brittle: 0 probes of 1, 0 matches, 0 mismatches, 0 undecided, 1 unobserved, 0 blocked; coverage brittle
op net.connect_tcp brittle: 1 probes of 1, 0 matches, 0 mismatches, 1 undecided (1 contradictions), 0 unobserved, 0 blocked; coverage brittle
scenario agent:files:in ok: allow, covered_ok
scenario agent:files:leak brittle: allow, covered_mismatch_disallowed
scenario agent:files:odd brittle: null, uncovered
scenario agent:files:out ok: deny, covered_ok
scenario agent:files:root ok: deny, covered_ok
scenario agent:files:run brittle: null, uncovered
scenario agent:files:unrun absent: null, uncovered
scenario agent:net:call brittle: null, uncovered
observed agent:files [agent:files:in agent:files:leak agent:files:out agent:files:root] of 6, 0 blocked
observed agent:net [] of 1, 0 blocked
callouts 0
signatures partial, coverage partial`,
		otherLinux: `
op fs.read_file partial: 3 probes of 3, 2 matches, 0 mismatches, 1 undecided, 0 unobserved, 0 blocked; coverage partial
op fs.write_file ok: 2 probes of 2, 2 matches, 0 mismatches, 0 undecided, 0 unobserved, 0 blocked; coverage ok
op fs.execute ok: 2 probes of 2, 2 matches, 0 mismatches, 0 undecided, 0 unobserved, 0 blocked; coverage ok
op net.connect_tcp ok: 1 probes of 1, 1 matches, 0 mismatches, 0 undecided, 0 unobserved, 0 blocked; coverage ok
scenario agent:files:in ok: allow, covered_ok
scenario agent:files:leak ok: deny, covered_ok
scenario agent:files:odd ok: deny, covered_ok
scenario agent:files:out brittle: null, uncovered
scenario agent:files:root ok: deny, covered_ok
scenario agent:files:run ok: deny, covered_ok
scenario agent:files:unrun ok: deny, covered_ok
scenario agent:net:call ok: allow, covered_ok
observed agent:files [agent:files:in agent:files:leak agent:files:odd agent:files:root agent:files:run agent:files:unrun] of 7, 0 blocked
observed agent:net [agent:net:call] of 1, 0 blocked
callouts 0
signatures partial, coverage partial`,
		made.MacWorld: `
op file-read* ok: 1 probes of 1, 1 matches, 0 mismatches, 0 undecided, 0 unobserved, 0 blocked; coverage ok
op mach-lookup brittle: 0 probes of 1, 0 matches, 0 mismatches, 0 undecided, 0 unobserved, 1 blocked; coverage brittle
op file-write* brittle: 0 probes of 2, 0 matches, 0 mismatches, 0 undecided, 0 unobserved, 2 blocked; coverage brittle
scenario mac:closed:apply blocked: null, uncovered
scenario mac:closed:ask absent: null, uncovered
scenario mac:closed:boot blocked: null, uncovered
scenario mac:closed:gate blocked: null, uncovered
scenario mac:closed:read ok: allow, covered_ok
observed mac:closed [mac:closed:read] of 4, 3 blocked
callouts 3 deny mac:closed:read, allow mac:closed:gate, deny mac:closed:apply
signatures partial, coverage partial`,
	} {
		if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), tell(t, setOf(t, out, world))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", world, diff)
		}
	}
	data, err := os.ReadFile(filepath.Join(out, CrossWorldFile))
	var cross struct {
		Worlds      []ComparedWorld
		Counts      CrossWorldCounts
		Differences []struct {
			ExpectationID string             `json:"expectation_id"`
			Decisions     map[string]*string `json:"decisions"`
		}
		UnobservedSomewhere []WorldsOf     `json:"unobserved_somewhere"`
		VacuousSomewhere    []VacuousIn    `json:"vacuous_somewhere"`
		OnlyIn              map[string]int `json:"only_in"`
	}
	if err == nil {
		err = json.Unmarshal(data, &cross)
	}
	if err != nil {
		t.Fatal(err)
	}
	if want := (CrossWorldCounts{
		Expectations: 13, Shared: 8, Compared: 3, Alike: 2, Different: 1, UnobservedSomewhere: 5, VacuousSomewhere: 1,
	}); cross.Counts != want {
		t.Errorf("cross world counts %+v, want %+v", cross.Counts, want)
	}
	if len(cross.Worlds) != 3 || len(cross.Differences) != 1 || cross.Differences[0].ExpectationID != "agent:files:leak" ||
		said(cross.Differences[0].Decisions[made.LinuxWorld]) != "allow" || said(cross.Differences[0].Decisions[otherLinux]) != "deny" {
		t.Errorf("cross world %+v", cross)
	}
	want := []WorldsOf{
		{ExpectationID: "agent:files:odd", ObservedIn: []string{otherLinux}, UnobservedIn: []string{made.LinuxWorld}},
		{ExpectationID: "agent:files:out", ObservedIn: []string{made.LinuxWorld}, UnobservedIn: []string{otherLinux}},
		{ExpectationID: "agent:files:run", ObservedIn: []string{otherLinux}, UnobservedIn: []string{made.LinuxWorld}},
		{ExpectationID: "agent:files:unrun", ObservedIn: []string{otherLinux}, UnobservedIn: []string{made.LinuxWorld}},
		{ExpectationID: "agent:net:call", ObservedIn: []string{otherLinux}, UnobservedIn: []string{made.LinuxWorld}},
	}
	if diff := cmp.Diff(want, cross.UnobservedSomewhere); diff != "" {
		t.Errorf("unobserved somewhere (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]VacuousIn{{"agent:files:root", []string{made.LinuxWorld}}}, cross.VacuousSomewhere); diff != "" {
		t.Errorf("vacuous somewhere (-want +got):\n%s", diff)
	}
	if want := map[string]int{made.LinuxWorld: 0, otherLinux: 0, made.MacWorld: 5}; !maps.Equal(cross.OnlyIn, want) {
		t.Errorf("only in %v, want %v", cross.OnlyIn, want)
	}
}

// tell is what a mapping set says of decisions, a line for each thing. Whatever
// documents say the same must agree.
func tell(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	set := checkSet(t, dir)
	ops := read[analysis.OpSummary](t, filepath.Join(dir, OpSummaryFile))
	cutOps := read[analysis.OpSummary](t, filepath.Join(dir, CutsFolder, analysis.OpsFile))
	if diff := cmp.Diff(cutOps.Ops, ops.Ops); diff != "" {
		t.Errorf("%s and %s differ:\n%s", analysis.OpsFile, OpSummaryFile, diff)
	}
	for _, op := range ops.Ops {
		o := op.Value
		covered, _ := set.Coverage.Coverage.Get(op.Key)
		line("op %s %s: %d probes of %d, %d matches%s, %d mismatches, %d undecided%s, %d unobserved, %d blocked; coverage %s", op.Key, o.CoverageStatus,
			o.Probes, o.ProbesWithBlocked, o.Matches, among(o.Vacuous, "vacuous"), o.Mismatches, o.Undecided, among(o.Contradictions, "contradictions"),
			o.Unobserved, o.Blocked.Total, covered.Status)
	}
	var told []string
	for profile, p := range set.Signatures.ExpectedMatrix.Profiles {
		for _, row := range p.Probes {
			status := "absent"
			if s, ok := set.Scenarios.Scenarios.Get(row.ExpectationID); ok {
				status = string(s.Results.Status)
			}
			decision := set.Signatures.Signatures[profile][row.Name]
			told = append(told, fmt.Sprintf("scenario %s %s: %s, %s", row.ExpectationID, status, said(decision), row.Classification))
		}
	}
	slices.Sort(told)
	line("%s", strings.Join(told, "\n"))
	for _, p := range set.Links.Profiles {
		n := p.Value.ObservationCounts
		line("observed %s %v of %d, %d blocked", p.Key, p.Value.ObservedExpectationIDs, n.Total, n.Blocked)
	}
	answers := []string{}
	for _, row := range set.Callouts.Rows {
		answers = append(answers, said(row.CalloutDecision)+" "+said(row.ExpectationID))
	}
	line("%s", strings.TrimSpace(fmt.Sprintf("callouts %d %s", set.Callouts.Counts.Total, strings.Join(answers, ", "))))
	fmt.Fprintf(&b, "signatures %s, coverage %s", set.Signatures.Metadata.Status, set.Coverage.Metadata.Status)
	return b.String()
}

// among says how many of a number something is said of.
func among(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d %s)", n, what)
}

// setOf is the folder of a world's mapping set.
func setOf(t *testing.T, out, world string) string {
	t.Helper()
	index := read[Index](t, filepath.Join(out, IndexFile))
	for _, set := range index.Sets {
		if set.WorldID == world {
			return filepath.Join(out, filepath.FromSlash(set.Path))
		}
	}
	t.Fatalf("no set of %s in %v", world, index.Sets)
	return ""
}

func makeBundle(t *testing.T, out string, spec made.BundleSpec) (packet string) {
	t.Helper()
	packet, err := made.WriteBundle(out, spec)
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// said is a decision, or that there is none.
func said(decision *string) string {
	if decision == nil {
		return "null"
	}
	return *decision
}
