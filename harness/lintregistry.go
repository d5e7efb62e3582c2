package harness

import (
	"strconv"

	"github.com/tidwall/gjson"
)

// LintRegistry tells everything that is wrong with a registry of the index, or
// with all of them when id is empty. The error means that there is no index to
// read, or that the files could not be held against the schemas.
func (s Source) LintRegistry(id string, o LintOptions) ([]Finding, error) {
	root, err := s.RootFor(".")
	if err != nil {
		return nil, err
	}
	file, folders, err := s.readIndex(folder{tree: root})
	if err != nil {
		return nil, err
	}
	l := newLinter(o)
	index, err := parseIndex(file, folders)
	if err != nil {
		l.errs(err, codeIndexLoad)
		return l.list()
	}
	entries := index.Registries
	if id != "" {
		entry, ok := index.Entry(id)
		if !ok {
			l.add(Finding{
				Code: codeRegistryUnknown, Level: LevelError, File: file.Name, ID: "registry " + strconv.Quote(id), Operand: id,
				Message: "is not in the index" + didYouMean(id, index.IDs()) + "; correct the id",
			})
			return l.list()
		}
		entries = []RegistryEntry{*entry}
	}
	for i := range entries {
		s.lintEntry(l, index, &entries[i])
	}
	l.schema(RegistryIndexSchema, file)
	return l.list()
}

// lintEntry lints one registry, each of its profiles as a plan would use it.
func (s Source) lintEntry(l *linter, index *foundIndex, entry *RegistryEntry) {
	probes, profiles, err := index.files(entry)
	if err != nil {
		l.errs(err, codeIndexLoad)
		return
	}
	l.expect(probes.Name)
	l.expect(profiles.Name)
	r, err := readRegistry(entry.ID, probes, profiles)
	l.errs(err, codeBadValue)
	comp := newCompiler(s, &Plan{RegistryID: r.ID}, r)
	comp.apart = true
	for _, p := range r.Profiles {
		comp.profile(p, laneSet(nil))
	}
	l.compiled(comp)
	if l.Strict {
		l.envelopes(r, "")
		l.unused(r)
	}
	l.registrySchemas(probes, profiles)
}

// unused tells of probes that no profile refers to.
func (l *linter) unused(r *Registry) {
	used := make(map[string]bool)
	for _, p := range r.Profiles {
		for _, ref := range p.ProbeRefs {
			used[ref] = true
		}
	}
	for _, p := range r.Probes {
		if !used[p.ID] {
			l.warn(codeUnusedProbe, p.File, p.Line, "probe "+strconv.Quote(p.ID), "no profile refers to it; add it to a probe_refs, or remove it")
		}
	}
}

// versionOf is the schema_version a file gives itself, without loading it.
func versionOf(data []byte) string { return gjson.GetBytes(data, "schema_version").Str }
