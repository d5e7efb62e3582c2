package harness

import "github.com/rtgen/rtgen/harness/internal/jsondoc"

// RegistryIndexSchema is the schema_version of a registry index.
const RegistryIndexSchema = "runtime-tools.registry_index.v0.1"

// RegistryIndex is a registries/index.json: where registries lie.
type RegistryIndex struct {
	SchemaVersion string          `json:"schema_version"`
	Registries    []RegistryEntry `json:"registries"`
}

// RegistryEntry names the files of one registry. The paths are relative to the
// root, else to the index's own folder; in the built-in index they name
// built-in files.
type RegistryEntry struct {
	ID          string `json:"id"`
	Probes      string `json:"probes"`
	Profiles    string `json:"profiles"`
	Description string `json:"description,omitempty"`

	Line int `json:"-"`
}

// Entry is the entry of the registry with the id.
func (x *RegistryIndex) Entry(id string) (*RegistryEntry, bool) {
	for i := range x.Registries {
		if x.Registries[i].ID == id {
			return &x.Registries[i], true
		}
	}
	return nil, false
}

// IDs are the ids of the registries, in order.
func (x *RegistryIndex) IDs() []string {
	ids := make([]string, len(x.Registries))
	for i, e := range x.Registries {
		ids[i] = e.ID
	}
	return ids
}

// ParseRegistryIndex reads a registry index. All its faults are in the error,
// a *DataError.
func ParseRegistryIndex(file File) (*RegistryIndex, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	o.Opt("$schema").Text() // for editors
	x := &RegistryIndex{
		SchemaVersion: jsondoc.Enum(o.Need("schema_version"), RegistryIndexSchema),
		Registries:    []RegistryEntry{},
	}
	for _, v := range o.Need("registries").Items() {
		e := v.Object()
		id := e.Need("id")
		entry := RegistryEntry{
			ID:          readID(id),
			Probes:      readPath(e.Need("probes"), onlyRoot),
			Profiles:    readPath(e.Need("profiles"), onlyRoot),
			Description: e.Opt("description").OrNull().Text(),
			Line:        v.Line(),
		}
		e.End()
		if first, twice := x.Entry(entry.ID); twice && entry.ID != "" {
			id.Faultf("%q stands twice, first on line %d; keep one", entry.ID, first.Line)
		}
		x.Registries = append(x.Registries, entry)
	}
	o.End()
	for i := range faults {
		faults[i].Code = codeIndexLoad
	}
	if err := dataError(file.Name, faults); err != nil {
		return nil, err
	}
	return x, nil
}
