package harness

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/inventory"
)

// inventoriedRegistry is a registry, and what the plans that use it name.
type inventoriedRegistry struct {
	*inventory.Registry
	loaded   *Registry
	profiles map[string]bool
}

// registryKey tells registries apart: two may have one id in two places.
type registryKey struct{ id, probes string }

// inventoryRegistries lists the registries of the tree's index and those that
// its plans use.
func (s Source) inventoryRegistries(tree *inventory.Tree, doc *RuntimeInventory, plans []*inventoriedPlan) {
	known := map[registryKey]*inventoriedRegistry{}
	add := func(id string, loaded *Registry) *inventoriedRegistry {
		key := registryKey{id, loaded.ProbeRegistry.envelope.file}
		if known[key] == nil {
			known[key] = &inventoriedRegistry{loaded: loaded, profiles: map[string]bool{}, Registry: &inventory.Registry{
				ID: id, ProbesPath: inTree(tree, key.probes), ProfilesPath: inTree(tree, loaded.ProfileRegistry.envelope.file),
				Probes: len(loaded.Probes), Profiles: len(loaded.Profiles),
			}}
		}
		return known[key]
	}
	for _, p := range plans {
		if p.registry == nil {
			continue
		}
		r := add(p.RegistryID, p.registry)
		r.Plans = append(r.Plans, p.Path)
		for _, id := range p.Profiles {
			r.profiles[id] = true
		}
	}
	doc.Registries = []*inventory.Registry{}
	index, err := s.index()
	switch {
	case err != nil:
		doc.Registries = append(doc.Registries, unloadable(inventory.Registry{Index: "registries/index.json"}, err))
	case index.folders[0].tree != builtin:
		for i := range index.Registries {
			entry := &index.Registries[i]
			loaded, err := loadEntry(index, entry, known)
			if err != nil {
				doc.Registries = append(doc.Registries, unloadable(inventory.Registry{
					ID: entry.ID, ProbesPath: entry.Probes, ProfilesPath: entry.Profiles, Description: entry.Description,
					InIndex: true, Index: inTree(tree, index.name),
				}, err))
				continue
			}
			r := add(entry.ID, loaded)
			r.InIndex, r.Description = true, entry.Description
		}
	}
	for _, r := range known {
		r.unused()
		doc.Registries = append(doc.Registries, r.Registry)
	}
	slices.SortFunc(doc.Registries, func(a, b *inventory.Registry) int {
		return cmp.Or(strings.Compare(a.ProbesPath, b.ProbesPath), strings.Compare(a.ID, b.ID))
	})
}

func unloadable(r inventory.Registry, err error) *inventory.Registry {
	r.Plans, r.UnusedProbes, r.UnusedProfiles, r.Error = []string{}, []string{}, []string{}, err.Error()
	return &r
}

// loadEntry reads a registry of the index, unless a plan has brought it.
func loadEntry(index *foundIndex, entry *RegistryEntry, known map[registryKey]*inventoriedRegistry) (*Registry, error) {
	probes, profiles, err := index.files(entry)
	if err != nil {
		return nil, err
	}
	if r := known[registryKey{entry.ID, probes.Name}]; r != nil {
		return r.loaded, nil
	}
	return parseRegistryAs(entry.ID, probes, profiles)
}

// unused finds what no plan names.
func (r *inventoriedRegistry) unused() {
	r.UnusedProbes, r.UnusedProfiles = []string{}, []string{}
	if r.Plans == nil {
		r.Plans = []string{}
	}
	probes := map[string]bool{}
	for _, p := range r.loaded.Profiles {
		if !r.profiles[p.ID] {
			r.UnusedProfiles = append(r.UnusedProfiles, p.ID)
			continue
		}
		for _, ref := range p.ProbeRefs {
			probes[ref] = true
		}
	}
	for _, p := range r.loaded.Probes {
		if !probes[p.ID] {
			r.UnusedProbes = append(r.UnusedProbes, p.ID)
		}
	}
}

// inTree is the path of a data file as the inventory has it; empty when it lies
// outside of the tree.
func inTree(tree *inventory.Tree, file string) string {
	if !filepath.IsAbs(filepath.FromSlash(file)) {
		return file
	}
	name, _ := tree.Name(filepath.FromSlash(file))
	return name
}
