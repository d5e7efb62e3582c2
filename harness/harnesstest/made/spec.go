package made

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// Two worlds that nobody lives in.
const (
	LinuxWorld = "linux-6.18.0-x86_64-landlock7-0123abcd"
	MacWorld   = "sonoma-14.4.1-23E224-arm64-dyld-2c0602c5"
)

// BundleSpec is a run to be made up. The zero value of every field but Profiles
// works.
type BundleSpec struct {
	WorldID  string // empty: LinuxWorld
	Pinned   string // the world the plan asks for; empty: any
	Channel  string // empty: a clean one of the world
	PlanID   string // empty: "made.v1"
	RunID    string // empty: "run-1"
	Profiles []Profile
	Impact   json.RawMessage // impact_map.json; nil: the bundle has none

	NotApplied bool // the preflight could not apply a policy
	Confined   bool // the engine under test confined the worker before any policy
	// Uncounted leaves out of summary and manifest what the reference system does
	// not write. Where nothing counts what was blocked, nothing speaks against it,
	// and a bundle of macOS that holds blocked scenarios is promotable.
	Uncounted bool
}

// Profile is a policy and its probes.
type Profile struct {
	ID            string
	Path          string // empty: made from the id
	Mode          string // empty: that of the world's own engine
	Family        string // empty: null
	SemanticGroup string // the same
	Prepared      string // path of the copy that was applied; empty: there is none
	Probes        []Probe
}

// Probe is one scenario and what each lane saw of it.
type Probe struct {
	Name          string
	ExpectationID string // empty: "<profile>:<name>"
	Operation     string
	Target        string
	Expected      string // empty: "allow"
	Driver        string

	Scenario, Baseline, Oracle Seen

	Kind     string             // failure_kind of a Scenario without a decision; empty: a usual one
	Command  []string           // of the scenario lane
	Callouts []artifact.Callout // what the sandbox said beside the probe

	// What our own workers of macOS see beside that, in the scenario lane. With Asked,
	// Callouts are a part of the observation, and must go with it.
	Asked   *artifact.SandboxCheckRequest
	Return  *artifact.Return // in place of an errno
	Details json.RawMessage
}

// Seen is what a lane saw. The zero value is nothing: the lane did not look, and
// no document of it speaks of the scenario.
type Seen string

// What can be seen. A baseline is never NotWitnessed and never fails to apply;
// of a model, all that is neither Allow nor Deny means that it has no answer.
const (
	Allow            Seen = "allow"
	Deny             Seen = "deny"
	Undecided        Seen = "undecided"         // the call failed with an errno that decides nothing
	NotWitnessed     Seen = "not_witnessed"     // the kernel's log names another right than the one under test
	Blocked          Seen = "blocked"           // nothing was attempted: stage preflight
	Unsupported      Seen = "unsupported"       // nothing was attempted, the lane never can: stage preflight
	BlockedApply     Seen = "blocked_apply"     // the policy could not be applied: stage apply
	BlockedBootstrap Seen = "blocked_bootstrap" // the probe did not start under its policy: stage bootstrap
	Broken           Seen = "broken"            // the attempt went wrong: stage probe
)

// filled is the spec with its defaults in their places.
func (s BundleSpec) filled() BundleSpec {
	s.WorldID = cmp.Or(s.WorldID, LinuxWorld)
	s.PlanID, s.RunID = cmp.Or(s.PlanID, "made.v1"), cmp.Or(s.RunID, "run-1")
	channel, mode := "launchd_clean", "sbpl"
	if s.linux() {
		channel, mode = "spawn_clean", "landlock"
	}
	s.Channel = cmp.Or(s.Channel, channel)
	profiles := make([]Profile, len(s.Profiles))
	for i, p := range s.Profiles {
		p.Mode = cmp.Or(p.Mode, mode)
		p.Path = cmp.Or(p.Path, "profiles/"+strings.ReplaceAll(p.ID, ":", "_")+map[string]string{"sbpl": ".sb"}[p.Mode])
		probes := make([]Probe, len(p.Probes))
		for j, probe := range p.Probes {
			probe.ExpectationID = cmp.Or(probe.ExpectationID, p.ID+":"+probe.Name)
			probe.Expected = cmp.Or(probe.Expected, string(Allow))
			probes[j] = probe
		}
		p.Probes = probes
		profiles[i] = p
	}
	s.Profiles = profiles
	return s
}

func (s *BundleSpec) linux() bool { return contract.SystemOf(s.WorldID) == contract.Linux }

// each calls f for every probe, in matrix order.
func (s *BundleSpec) each(f func(*Profile, *Probe)) {
	for i := range s.Profiles {
		for j := range s.Profiles[i].Probes {
			f(&s.Profiles[i], &s.Profiles[i].Probes[j])
		}
	}
}

func (s *BundleSpec) matrix() evidence.Matrix {
	m := evidence.Matrix{Profiles: make([]evidence.MatrixProfile, len(s.Profiles))}
	for i, p := range s.Profiles {
		rows := evidence.MatrixProfile{
			ID: p.ID, Path: p.Path, Mode: p.Mode, Family: orNil(p.Family), SemanticGroup: orNil(p.SemanticGroup),
			Probes: make([]evidence.MatrixProbe, len(p.Probes)),
		}
		for j, probe := range p.Probes {
			rows.Probes[j] = evidence.MatrixProbe{
				Name: probe.Name, Operation: probe.Operation, Target: probe.Target, OnPath: onPath(probe.Operation),
				Expected: evidence.Decision(probe.Expected), ExpectationID: probe.ExpectationID, Driver: probe.Driver,
			}
		}
		m.Profiles[i] = rows
	}
	return m
}

func onPath(operation string) bool {
	return strings.HasPrefix(operation, "fs.") || strings.HasPrefix(operation, "file-")
}

func orNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
