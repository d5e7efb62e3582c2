package harness

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// upgradeKind is what sets a probes file and a profiles file apart.
type upgradeKind struct {
	entry  string // what one entry is called
	list   string // the key of all of them
	from   string // the older version
	to     string
	code   string // of a version that is neither
	reader func(key string, v jsondoc.Value) upgradedEntry
}

var (
	probesUpgrade = upgradeKind{
		entry: "probe", list: "probes", from: "runtime-tools.probe_registry.v0.1", to: ProbeRegistryV02,
		code: codeProbesSchema, reader: upgradeProbe,
	}
	profilesUpgrade = upgradeKind{
		entry: "profile", list: "profiles", from: "runtime-tools.profile_registry.v0.1", to: ProfileRegistryV02,
		code: codeProfilesSchema, reader: upgradeProfile,
	}
)

// upgradedFile is a file in its new version.
type upgradedFile struct {
	File
	lines map[string]int // where things stand in the old version, as faults call them
}

// upgradePair gives the two files of a registry in their new version. They load,
// but for references to unknown probes.
func upgradePair(probes, profiles File) (newProbes, newProfiles []byte, err error) {
	p, err := probesUpgrade.file(probes)
	if err != nil {
		return nil, nil, err
	}
	f, err := profilesUpgrade.file(profiles)
	if err != nil {
		return nil, nil, err
	}
	known, err := ParseProbes(p.File)
	if err != nil {
		return nil, nil, p.blame(err)
	}
	if _, err := ParseProfiles(f.File, known); err != nil {
		return p.Data, f.Data, f.blame(err)
	}
	return p.Data, f.Data, nil
}

// file reads a file by the rules that hold in every version, and writes it in
// the new one.
func (k *upgradeKind) file(file File) (*upgradedFile, error) {
	var faults jsondoc.Faults
	o := jsondoc.Parse(file.Data, maxDataSize, &faults).Object()
	schema := o.Need("schema_version")
	k.readVersion(schema)
	if len(faults) > 0 {
		// What a file of another version has and lacks says nothing.
		return nil, dataError(file.Name, faults)
	}
	id, world := o.Need("registry_id"), o.Need("world_id")
	doc := map[string]any{"schema_version": k.to, "registry_id": id.Text(), "world_id": world.Text()}
	entries := o.Need(k.list).Object()
	if len(faults) > 0 {
		return nil, dataError(file.Name, faults)
	}
	lines := map[string]int{"registry_id": id.Line(), "world_id": world.Line()}
	upgraded := make(map[string]upgradedEntry, entries.Len())
	for key, v := range entries.All() {
		name := k.entry + " " + strconv.Quote(key)
		upgraded[key] = k.reader(key, v.Named(name))
		if len(faults) > 0 {
			return nil, dataError(file.Name, jsondoc.Faults{joinFaults(v.Line(), faults)})
		}
		lines[name] = v.Line()
	}
	doc[k.list] = upgraded
	data, err := canon.Marshal(doc, canon.IndentedSortedNewline)
	if err != nil {
		return nil, sourceError(file.Name, err.Error())
	}
	return &upgradedFile{File{Name: file.Name, Data: data}, lines}, nil
}

func (k *upgradeKind) readVersion(v jsondoc.Value) {
	text := v.Text()
	switch {
	case v.Kind() != jsondoc.String || text == k.from || text == k.to:
	case text == strings.TrimSuffix(k.to, ".v0.2")+".v0.3":
		v.FaultAs(k.code, "is %q, which has more than v0.2 can say: there is nothing to upgrade", text)
	default:
		v.FaultAs(k.code, "want %q or %q, got %q", k.from, k.to, text)
	}
}

// joinFaults makes one fault of all that an entry has.
func joinFaults(line int, faults jsondoc.Faults) Fault {
	msgs := make([]string, len(faults))
	for i, f := range faults {
		msgs[i] = f.Msg
	}
	return Fault{Code: faults[0].Code, Line: line, ID: faults[0].ID, Msg: strings.Join(msgs, "; ")}
}

// otherLine is where a message speaks of a line of the new version.
var otherLine = regexp.MustCompile(`, first on line [0-9]+`)

// blame says where in the old version the faults of the new one come from, and
// leaves out unresolved references.
func (u *upgradedFile) blame(err error) error {
	var bad *DataError
	if !errors.As(err, &bad) {
		return err
	}
	faults := slices.DeleteFunc(slices.Clone(bad.Faults), func(f Fault) bool { return f.Code == codeUnknownProbe })
	for i := range faults {
		f := &faults[i]
		f.Line, f.Msg = u.lines[f.ID], otherLine.ReplaceAllString(f.Msg, "")
	}
	return dataError(u.Name, faults)
}
