package harness

import (
	"slices"
	"strconv"
	"strings"
)

// LintPlan tells everything that is wrong with a plan and what it names: its
// file, its registry, its profiles' texts, and what only shows when they are
// put together. The error means that there is no such plan to read, or that it
// could not be held against the schemas.
func (s Source) LintPlan(file string, o LintOptions) ([]Finding, error) {
	f, err := s.planFile(file)
	if err != nil {
		return nil, err
	}
	l := newLinter(o)
	l.expect(f.Name)
	plan, err := readPlan(f)
	plan.Path = file
	l.errs(err, codePlanLoad)
	var probes, profiles File
	if plan.RegistryID != "" {
		probes, profiles, err = s.findRegistry(plan)
		l.errs(err, codeRegistryLoad)
	}
	if probes.Name != "" && profiles.Name != "" {
		l.expect(probes.Name)
		l.expect(profiles.Name)
		registry, err := readRegistry(plan.RegistryID, probes, profiles)
		l.errs(err, codeBadValue)
		if !registry.noProfiles {
			comp := newCompiler(s, plan, registry)
			comp.compile()
			l.compiled(comp)
		}
		if o.Strict {
			l.envelopes(registry, plan.WorldID)
		}
	}
	if plan.ApplyPreflightProfile != "" && !plan.noPreflight {
		_, _, err := s.ReadPreflight(plan)
		l.errs(err, codePreflightMissing)
	}
	l.schema(PlanSchema, f)
	l.registrySchemas(probes, profiles)
	list, err := l.list()
	typed := s.typed(file)
	for i := range list {
		list[i].File = typed(list[i].File)
	}
	return list, err
}

// envelopes tells what the files of a registry say of themselves that is not so.
func (l *linter) envelopes(r *Registry, planWorld string) {
	for _, f := range []struct {
		envelope
		registry, world string
	}{
		{r.ProbeRegistry.envelope, r.ProbeRegistry.RegistryID, r.ProbeRegistry.WorldID},
		{r.ProfileRegistry.envelope, r.ProfileRegistry.RegistryID, r.ProfileRegistry.WorldID},
	} {
		if f.registry != "" && f.registry != r.ID {
			l.warn(codeEnvelopeRegistry, f.file, f.envelope.registry, "registry_id",
				"is "+strconv.Quote(f.registry)+", but the registry is used as "+strconv.Quote(r.ID)+"; make them equal")
		}
		for _, want := range []struct{ world, whose string }{{planWorld, "the plan"}, {r.ProbeRegistry.WorldID, "the probes file"}} {
			if !sameWorld(f.world, want.world) {
				l.warn(codeEnvelopeWorld, f.file, f.envelope.world, "world_id",
					"is "+strconv.Quote(f.world)+", but "+want.whose+" says "+strconv.Quote(want.world)+"; make them equal")
			}
		}
	}
}

// sameWorld says whether two files may be about one world. One that names a
// system alone is about every world of it, and one that names nothing about any.
func sameWorld(a, b string) bool {
	system := func(id string) string {
		if id == "linux" || strings.HasPrefix(id, "linux-") {
			return "linux"
		}
		return "macos" // whose worlds start with the name of a release
	}
	switch {
	case a == "" || b == "" || a == b:
		return true
	case a == system(a) || b == system(b):
		return system(a) == system(b)
	}
	return false
}

// registrySchemas holds the files of a registry against the schemas of the
// versions they say they are of.
func (l *linter) registrySchemas(probes, profiles File) {
	for _, f := range []struct {
		File
		known []string
	}{
		{probes, []string{ProbeRegistryV02, ProbeRegistryV03}}, {profiles, []string{ProfileRegistryV02, ProfileRegistryV03}},
	} {
		if version := versionOf(f.Data); slices.Contains(f.known, version) {
			l.schema(version, f.File)
		}
	}
}
