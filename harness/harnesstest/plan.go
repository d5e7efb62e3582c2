package harnesstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// Plan is a plan with its registry and policy texts, to be written into a
// folder. The zero value of every field but Profiles works.
type Plan struct {
	ID        string          // of the plan and of its registry; empty: "test"
	WorldID   string          // the world the plan is pinned to; empty: any
	Lanes     map[string]bool // a lane that is not named is on
	Preflight string          // text of the plan's apply_preflight_profile; empty: none
	Profiles  []Profile
}

// Profile is one policy and its probes.
type Profile struct {
	ID              string // empty: "p1", "p2", … in order
	Policy          string // the landlockconfig text; empty: Workspace
	OptionalParents []string
	Probes          []Probe
}

// Probe is one probe, of one profile.
type Probe struct {
	Name         string // its id is "<profile>:<name>"; empty: "probe1", "probe2", … in order
	Operation    string
	Syscall      string
	Target       string
	Expected     string // empty: "allow"
	Lanes        map[string]bool
	Capabilities []string
	Fixture      *fixture.Spec
}

// Workspace is a policy that grants the workspace, in all but executing, and
// nothing else.
const Workspace = `{
  "abi": 1,
  "ruleset": [{"handledAccessFs": ["abi.all"]}],
  "pathBeneath": [{"allowedAccess": ["abi.read_write"], "parent": ["${workspace}"]}]
}
`

// PlanFile writes the plan into a fresh folder and gives the path of its
// plan.json.
func PlanFile(t testing.TB, p Plan) string {
	t.Helper()
	dir := t.TempDir()
	if err := p.Write(dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "plan.json")
}

// Write writes plan.json, registry/ and profiles/ into dir, over what is there.
func (p Plan) Write(dir string) error {
	if p.ID == "" {
		p.ID = "test"
	}
	files := map[string]any{}
	probes, profiles := new(object), new(object)
	var ids []string
	for i, profile := range p.Profiles {
		if profile.ID == "" {
			profile.ID = fmt.Sprintf("p%d", i+1)
		}
		if profile.Policy == "" {
			profile.Policy = Workspace
		}
		path := fmt.Sprintf("profiles/%d.json", i+1)
		files[path] = text(profile.Policy)
		ids = append(ids, profile.ID)
		profiles.set(profile.ID, profile.entry(path, probes))
	}
	plan := map[string]any{
		"schema_version": "runtime-tools.plan.v0.1", "plan_id": p.ID, "registry_id": p.ID, "profiles": ids,
	}
	if p.Lanes != nil {
		plan["lanes"] = p.Lanes
	}
	if p.WorldID != "" {
		plan["world_id"] = p.WorldID
	}
	if p.Preflight != "" {
		plan["apply_preflight_profile"] = "profiles/preflight.json"
		files["profiles/preflight.json"] = text(p.Preflight)
	}
	files["plan.json"] = plan
	files["registry/probes.json"] = map[string]any{
		"schema_version": "runtime-tools.probe_registry.v0.3", "registry_id": p.ID, "probes": probes,
	}
	files["registry/profiles.json"] = map[string]any{
		"schema_version": "runtime-tools.profile_registry.v0.3", "registry_id": p.ID, "profiles": profiles,
	}
	var errs []error
	for name, v := range files {
		errs = append(errs, write(filepath.Join(dir, name), v))
	}
	return errors.Join(errs...)
}

// entry is the profile as profiles.json has it; its probes are added to probes.
func (p Profile) entry(path string, probes *object) map[string]any {
	refs := []string{}
	for i, probe := range p.Probes {
		if probe.Name == "" {
			probe.Name = fmt.Sprintf("probe%d", i+1)
		}
		id := p.ID + ":" + probe.Name
		refs = append(refs, id)
		probes.set(id, probe.entry(id))
	}
	entry := map[string]any{
		"profile_id": p.ID, "profile_path": path, "mode": "landlock", "probe_refs": refs,
		"family": nil, "semantic_group": nil, "notes": nil, "key_specific_rules": []string{},
	}
	if p.OptionalParents != nil {
		entry["landlock"] = map[string]any{"optional_parents": p.OptionalParents}
	}
	return entry
}

func (p Probe) entry(id string) map[string]any {
	if p.Expected == "" {
		p.Expected = "allow"
	}
	lanes := map[string]bool{"baseline": true, "scenario": true, "oracle": true}
	maps.Copy(lanes, p.Lanes)
	entry := map[string]any{
		"probe_id": id, "name": p.Name, "operation": p.Operation, "target": p.Target, "expected": p.Expected,
		"supports_lanes": lanes, "expected_primary_ops": []string{p.Operation}, "expected_predicates": []string{},
		"capabilities_required": append([]string{}, p.Capabilities...), "controls_supported": []string{"baseline"},
	}
	if p.Syscall != "" {
		entry["syscall"] = p.Syscall
	}
	if p.Fixture != nil {
		entry["fixture"] = p.Fixture
	}
	return entry
}

// object is a JSON object in the order it was filled: scenarios run in the
// order of their file.
type object struct {
	bytes.Buffer
	err error
}

func (o *object) set(key string, v any) {
	sep := byte('{')
	if o.Len() > 0 {
		sep = ','
	}
	o.WriteByte(sep)
	name, err := json.Marshal(key)
	if err == nil {
		o.Write(name)
		o.WriteString(":")
		var value []byte
		value, err = json.Marshal(v)
		o.Write(value)
	}
	o.err = errors.Join(o.err, err)
}

// MarshalJSON closes the object.
func (o *object) MarshalJSON() ([]byte, error) {
	if o.Len() == 0 {
		return []byte("{}"), o.err
	}
	return append(bytes.Clone(o.Bytes()), '}'), o.err
}

// text is a file that is written as it is.
type text string

func write(file string, v any) error {
	data, isText := []byte(nil), false
	if s, ok := v.(text); ok {
		data, isText = []byte(s), true
	}
	if !isText {
		var err error
		// Indented, so that errors about the plan name a line.
		if data, err = json.MarshalIndent(v, "", "  "); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}
