package harness

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// planFile is a plan in its folder.
const planFile = "plan.json"

// BuiltPlan is what a template says, as documents that load: a plan, its
// registry and what they expect.
type BuiltPlan struct {
	TemplateID string
	RegistryID string

	Plan     []byte
	Probes   []byte
	Profiles []byte
	// ExpectedMatrix is the template's own, or what its generator makes, or the
	// plan's scenarios by profile.
	ExpectedMatrix []byte
	// Rows are what a generator of path spellings expects; nil for any other
	// template.
	Rows []ExpectedRow

	plan     *Plan
	registry *Registry
	from     []folder
}

// ExpectedRow is what is expected of one request: an operation on a path as it
// is spelled, under a profile.
type ExpectedRow struct {
	ProfileID        string   `json:"profile_id"`
	Operation        string   `json:"operation"`
	RequestedPath    string   `json:"requested_path"`
	ExpectedDecision Decision `json:"expected_decision"`
	Notes            string   `json:"notes"`
}

// RequestedPaths are the paths the rows request, sorted, each once.
func (b *BuiltPlan) RequestedPaths() []string {
	paths := make([]string, len(b.Rows))
	for i, r := range b.Rows {
		paths[i] = r.RequestedPath
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// Expand makes the documents of the template. Nothing is written, and of the
// files that profiles name none is read.
func (t *PlanTemplate) Expand() (*BuiltPlan, error) { return t.form.expand(t) }

// builtText is a text that goes with a plan, under the name its documents have
// for it.
type builtText struct {
	name string
	File // as it was found
}

// texts reads every text that the documents name. All that are missing are in
// the error.
func (b *BuiltPlan) texts() ([]builtText, error) {
	var list []builtText
	faults := map[string]jsondoc.Faults{} // by file
	seen := map[string]bool{}
	read := func(file string, line int, id, key, name string) {
		clean := path.Clean(name)
		if seen[clean] {
			return
		}
		seen[clean] = true
		text, err := readFirst(b.from, clean)
		problem := ""
		switch {
		case errors.Is(err, fs.ErrNotExist):
			problem = fmt.Sprintf("is neither in %s nor under the root", b.from[0].name(""))
			if problem += "; create it or correct the path"; b.from[0].name("") == b.from[1].name("") {
				problem = "is not under the root; create it or correct the path"
			}
		case err != nil:
			problem = plainReason(err)
		case len(text.Data) > maxDataSize:
			problem = fmt.Sprintf("is larger than %d bytes; shorten it", maxDataSize)
		case isDocument(clean):
			problem = "is where a document of the plan goes; give the text another name"
		}
		if problem != "" {
			fs := faults[file]
			fs.Add(line, id, "%s: %q %s", key, name, problem)
			faults[file] = fs
			return
		}
		list = append(list, builtText{clean, text})
	}
	if name := b.plan.ApplyPreflightProfile; name != "" {
		read(b.plan.File, b.plan.lines["apply_preflight_profile"], "", "apply_preflight_profile", name)
	}
	for _, p := range b.registry.Profiles {
		id := fmt.Sprintf("profile %q", p.ID)
		read(p.File, p.Line, id, "profile_path", p.Path)
		if p.Landlock == nil {
			continue
		}
		for _, name := range p.Landlock.Compose {
			read(p.File, p.Line, id, "landlock.compose", name)
		}
		for i, l := range p.Landlock.Layers {
			for _, name := range l.Files {
				read(p.File, p.Line, id, fmt.Sprintf("landlock.layers[%d].files", i), name)
			}
		}
	}
	var errs []error
	for _, file := range slices.Compact([]string{b.plan.File, b.registry.Profiles[0].File}) {
		errs = append(errs, dataError(file, faults[file]))
	}
	return list, errors.Join(errs...)
}

// compiles proves that what is built can be run.
func (b *BuiltPlan) compiles(texts []builtText) error {
	comp := newCompiler(Source{}, b.plan, b.registry)
	comp.given = make(map[string]File, len(texts))
	for _, text := range texts {
		comp.given[text.name] = text.File
	}
	comp.compile()
	return comp.err()
}

// expectedMatrix is what a plan expects, by profile.
func expectedMatrix(plan *Plan, registry *Registry) ([]byte, error) {
	profiles, err := plan.Resolve(registry)
	if err != nil {
		return nil, err
	}
	matrix := struct {
		WorldID  *string                                  `json:"world_id"` // null: the host's that runs it
		Profiles artifact.Ordered[artifact.MatrixProfile] `json:"profiles"`
	}{}
	if world := cmp.Or(plan.WorldID, registry.WorldID); world != "" {
		matrix.WorldID = &world
	}
	for _, p := range profiles {
		row := artifact.MatrixProfile{
			Blob: p.Path, Mode: p.Mode, Family: p.Family, SemanticGroup: p.SemanticGroup,
			Probes:   make([]artifact.MatrixProbe, 0, len(p.ProbeRefs)),
			Landlock: registry.matrixLandlock(p), Seatbelt: matrixSeatbelt(p.parameters()),
		}
		for _, ref := range p.ProbeRefs {
			probe, ok := registry.Probe(ref)
			if !ok {
				return nil, fmt.Errorf("profile %q names unknown probe %q", p.ID, ref)
			}
			scenario := artifact.MatrixProbe{
				Name: probe.Name, Operation: probe.Operation, Target: probe.Target,
				Expected: string(probe.Expected), ExpectationID: probe.ExpectationIDFor(p.ID),
				Mode: probe.Mode, Driver: probe.Driver, Syscall: probe.Syscall, AttrPayload: probe.AttrPayload,
				AnchorCtxID: probe.AnchorCtxID, FilterName: probe.FilterName, FilterType: probe.FilterType,
			}
			scenario.Capabilities, scenario.Fixture = rerun(p.Mode, probe.CapabilitiesRequired, probe.Fixture)
			row.Probes = append(row.Probes, scenario)
		}
		matrix.Profiles = append(matrix.Profiles, artifact.Member[artifact.MatrixProfile]{Key: p.ID, Value: row})
	}
	return canon.Marshal(matrix, canon.Indented)
}
