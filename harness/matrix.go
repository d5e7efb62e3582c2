package harness

import (
	"encoding/json"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// matrix is the expected matrix as artifacts carry it.
func (c *Compiled) matrix() evidence.Matrix {
	m := evidence.Matrix{Profiles: make([]evidence.MatrixProfile, 0, len(c.Profiles))}
	for i := range c.Profiles {
		p := &c.Profiles[i]
		mp := evidence.MatrixProfile{
			ID: p.ID, Path: p.Path, Mode: p.Mode, Family: p.Family, SemanticGroup: p.SemanticGroup,
			Landlock: p.matrixLandlock(), Seatbelt: matrixSeatbelt(p.Parameters),
		}
		for _, s := range p.Scenarios {
			row := evidence.MatrixProbe{
				Name: s.Name, Operation: s.Operation, Target: s.Target, OnPath: s.onPath(p.Mode), Expected: s.Expected,
				ExpectationID: s.ExpectationID, Mode: s.Mode, Driver: s.Driver, Syscall: s.Syscall,
				AttrPayload: s.AttrPayload, AnchorCtxID: s.AnchorCtxID, FilterName: s.FilterName, FilterType: s.FilterType,
			}
			row.Capabilities, row.Fixture = rerun(p.Mode, s.Capabilities, s.Fixture)
			mp.Probes = append(mp.Probes, row)
		}
		m.Profiles = append(m.Profiles, mp)
	}
	return m
}

// rerun is what a row of the matrix has so that it can be attempted again as the
// plan attempts it. Rows of macOS's engine have none of it: what is made for them
// follows from their targets, and their bytes are those of the reference system.
func rerun(mode string, capabilities []string, f *Fixture) ([]string, json.RawMessage) {
	switch {
	case mode != ModeLandlock:
		return nil, nil
	case f == nil:
		return capabilities, nil
	}
	return capabilities, plainJSON(f)
}

// matrixLandlock is what the policy has beside its first text; nil when that is
// all of it.
func (p *CompiledPolicy) matrixLandlock() json.RawMessage {
	l := artifact.MatrixLandlock{OptionalParents: p.OptionalParents, Compose: textPaths(p.Compose), RestrictFlags: p.RestrictFlags}
	if p.NewPrivs {
		l.NoNewPrivs = new(false)
	}
	for _, layer := range p.Layers {
		l.Layers = append(l.Layers, artifact.MatrixLayer{
			Profile: layer.Profile, Files: textPaths(layer.Texts), OptionalParents: layer.OptionalParents, RestrictFlags: layer.RestrictFlags,
		})
	}
	return landlockJSON(&l)
}

func textPaths(texts []CompiledText) []string {
	var paths []string
	for _, t := range texts {
		paths = append(paths, t.Path)
	}
	return paths
}

// matrixLandlock is the same of a profile that was not compiled, whose files have
// the names that its registry gives them.
func (r *Registry) matrixLandlock(p *Profile) json.RawMessage {
	if p.Landlock == nil {
		return nil
	}
	l := artifact.MatrixLandlock{
		OptionalParents: p.Landlock.OptionalParents, Compose: p.Landlock.Compose, RestrictFlags: p.Landlock.RestrictFlags,
		Layers: r.matrixLayers(p, "", maxStack),
	}
	if set := p.Landlock.NoNewPrivs; set != nil && !*set {
		l.NoNewPrivs = set
	}
	return landlockJSON(&l)
}

// matrixLayers are the layers of a profile inside its first, in the order of
// compiler.further: its own, then those of the profiles it stacks. Of more than
// room there is one too many, which compiling refuses.
func (r *Registry) matrixLayers(p *Profile, as string, room int) []artifact.MatrixLayer {
	var layers []artifact.MatrixLayer
	for i, l := range p.Landlock.Layers {
		from := p.layerOrigin(i, as)
		layers = append(layers, artifact.MatrixLayer{
			Profile: from.profile, Files: l.Files, OptionalParents: from.optional, RestrictFlags: l.RestrictFlags,
		})
	}
	for _, id := range p.Landlock.Stack {
		q, known := r.Profile(id)
		if !known || len(layers) > room {
			continue
		}
		first := artifact.MatrixLayer{Profile: q.ID, Files: []string{q.Path}}
		var inside []artifact.MatrixLayer
		if o := q.Landlock; o != nil {
			first.Files = append(first.Files, o.Compose...)
			first.OptionalParents, first.RestrictFlags = o.OptionalParents, o.RestrictFlags
			inside = r.matrixLayers(q, q.ID, room-len(layers))
		}
		layers = append(append(layers, first), inside...)
	}
	return layers
}

func landlockJSON(l *artifact.MatrixLandlock) json.RawMessage {
	if raw := plainJSON(l); string(raw) != "{}" {
		return raw
	}
	return nil
}

// plainJSON encodes a value of plain fields, which always can be.
func plainJSON(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("harness: a value of plain fields did not encode: " + err.Error())
	}
	return raw
}
