package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// PlanSchema is the schema_version of plan.json.
const PlanSchema = "runtime-tools.plan.v0.1"

// maxDataSize bounds a plan, registry or index file.
const maxDataSize = jsondoc.MaxSize

// File is the content of a data file and the name errors give it. What is read
// from it keeps Data, which nobody may change afterwards.
type File struct {
	Name string
	Data []byte

	place string // on the host; empty for a file that is part of the program
	home  folder // that the file's own folder lies in; zero when it was not found by us
}

// Plan is a plan.json: which profiles of a registry to put to the test, and in
// which lanes.
type Plan struct {
	SchemaVersion string    `json:"schema_version"`
	ID            string    `json:"plan_id"`
	RegistryID    string    `json:"registry_id"`
	WorldID       string    `json:"world_id,omitempty"` // empty: the host's
	Profiles      []string  `json:"profiles"`           // profile ids, in the order to run
	Lanes         LaneFlags `json:"lanes,omitempty"`
	// Controls is any JSON object, in the form that is digested. The engine
	// reads no switch in it.
	Controls json.RawMessage `json:"controls,omitempty"`
	// ApplyPreflightProfile is applied once before a run to prove that
	// applying works.
	ApplyPreflightProfile string `json:"apply_preflight_profile,omitempty"`
	Notes                 string `json:"notes,omitempty"`

	// Path is where the plan was loaded from, as it was given; empty when it
	// was not loaded from a file.
	Path string `json:"-"`
	// File is the same relative to the root, with forward slashes, when it
	// lies under it.
	File string `json:"-"`

	lines       map[string]int // of what later steps may find wrong, by path
	noPreflight bool           // ApplyPreflightProfile could not be read, and that was said
}

// ParsePlan reads a plan.json. All its faults are in the error, a *DataError.
func ParsePlan(file File) (*Plan, error) {
	p, err := readPlan(file)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// readPlan gives what can be read of a plan that has faults, too.
func readPlan(file File) (*Plan, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	o.Opt("$schema").Text() // for editors
	o.Forbid("schema_versions", "is no longer part of a plan; remove it")
	p := &Plan{
		SchemaVersion:         jsondoc.Enum(o.Need("schema_version"), PlanSchema),
		ID:                    readID(o.Need("plan_id")),
		RegistryID:            readID(o.Need("registry_id")),
		Profiles:              readIDs(o.Need("profiles"), "profile", codePlanNoProfiles, idProblem),
		ApplyPreflightProfile: readPath(o.Opt("apply_preflight_profile").OrNull(), planOrRoot),
		Notes:                 o.Opt("notes").OrNull().Text(),
		File:                  file.Name,
	}
	if world := o.Opt("world_id").OrNull(); world.Present() {
		p.WorldID = readID(world)
	}
	// An empty object says nothing, and is digested like none.
	if lanes := readLaneFlags(o.Opt("lanes").OrNull()); len(lanes) > 0 {
		p.Lanes = lanes
	}
	if controls := o.Opt("controls").OrNull(); controls.Object().Len() > 0 {
		p.Controls = readControls(controls)
	}
	o.End()
	p.noPreflight = p.ApplyPreflightProfile != "" && pathProblem(p.ApplyPreflightProfile, planOrRoot) != ""
	p.lines = map[string]int{}
	for _, key := range []string{"registry_id", "lanes", "apply_preflight_profile"} {
		p.lines[key] = o.Opt(key).Line()
	}
	if list := o.Opt("profiles"); list.Kind() == jsondoc.Array {
		for i, v := range list.Items() {
			p.lines[profileAt(i)] = v.Line()
		}
	}
	for i := range faults {
		if faults[i].Code != codePlanNoProfiles {
			faults[i].Code = codePlanLoad
		}
	}
	return p, dataError(file.Name, faults)
}

func profileAt(i int) string { return "profiles[" + strconv.Itoa(i) + "]" }

// fault is an error about the value at a path of the plan.
func (p *Plan) fault(code, at, operand, msg string) error {
	return &DataError{File: p.File, Faults: []Fault{{Code: code, Line: p.lines[at], ID: at, Operand: operand, Msg: msg}}}
}

// Resolve gives the plan's profiles in order. Every profile the registry does
// not have is a fault.
func (p *Plan) Resolve(r *Registry) ([]*Profile, error) {
	var faults []Fault
	profiles := make([]*Profile, 0, len(p.Profiles))
	for i, id := range p.Profiles {
		profile, ok := r.Profile(id)
		if !ok {
			faults = append(faults, Fault{
				Code: codeUnknownProfile, Operand: r.ID + ":" + id, Line: p.lines[profileAt(i)], ID: profileAt(i),
				Msg: fmt.Sprintf("unknown profile %q in registry %q; correct the id or add the profile%s", id, r.ID, r.ProfileRegistry.didYouMean(id)),
			})
			continue
		}
		profiles = append(profiles, profile)
	}
	return profiles, dataError(p.File, faults)
}

func readControls(v jsondoc.Value) json.RawMessage {
	canonical, err := canonicalControls(v.Raw())
	var syntax *canon.SyntaxError
	if err != nil && !errors.As(err, &syntax) { // Raw has reported keys that stand twice
		v.FaultAs(codePlanLoad, "%v", err)
	}
	return canonical
}
