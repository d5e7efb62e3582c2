package inventory

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Mappings reads the indexes of mappings, and holds the packets that they were
// made from against those that are there.
func (t *Tree) Mappings(found *Found) []*Mapping {
	list := make([]*Mapping, len(found.mappings))
	for i, dir := range found.mappings {
		list[i] = t.mapping(dir)
	}
	return list
}

func (t *Tree) mapping(dir string) *Mapping {
	m := &Mapping{Path: dir, Worlds: []string{}, Packets: []MappingPacket{}, State: MappingCurrent}
	f, err := t.open(path.Join(dir, mappingFile))
	var index *mappingIndex
	if err == nil {
		defer f.Close()
		index, err = readMappingIndex(f)
	}
	if err != nil {
		m.State, m.Detail = MappingBroken, mappingFile+": "+reason(err)
		return m
	}
	for _, set := range index.sets {
		m.Worlds = append(m.Worlds, set.WorldID)
		if !t.Exists(path.Join(dir, set.Path)) {
			m.State, m.Detail = MappingBroken, fmt.Sprintf("the mappings of %s are gone", set.WorldID)
		}
	}
	for _, p := range index.packets {
		row := t.mappedPacket(p)
		m.Packets = append(m.Packets, row)
		if m.State != MappingCurrent {
			continue
		}
		switch row.State {
		case "missing":
			m.State, m.Detail = MappingOutdated, fmt.Sprintf("packet %s is gone", row.Path)
		case "changed":
			m.State, m.Detail = MappingOutdated, fmt.Sprintf("packet %s was written anew", row.Path)
		}
	}
	return m
}

// indexedPacket is a packet as an index has it: its path from the root, or
// absolute.
type indexedPacket struct {
	Path   string        `json:"path"`
	SHA256 bundle.Digest `json:"sha256"`
}

func (t *Tree) mappedPacket(p indexedPacket) MappingPacket {
	row := MappingPacket{Path: path.Clean(p.Path), SHA256: p.SHA256, State: "outside"}
	if filepath.IsAbs(filepath.FromSlash(p.Path)) {
		name, ok := t.Name(filepath.FromSlash(p.Path))
		if !ok {
			row.Path = ""
			return row
		}
		row.Path = name
	}
	if !filepath.IsLocal(filepath.FromSlash(row.Path)) {
		row.Path = ""
		return row
	}
	switch data, err := t.read(row.Path, maxData); {
	case errors.Is(err, fs.ErrNotExist):
		row.State = "missing"
	case err != nil, bundle.DigestOf(data) != p.SHA256:
		row.State = "changed"
	default:
		row.State = "same"
	}
	return row
}

type mappingIndex struct {
	sets []struct {
		WorldID string `json:"world_id"`
		Path    string `json:"path"`
	}
	packets []indexedPacket
}

// readMappingIndex reads an index as far as its list of files, which has an entry
// for every scenario and stands last.
func readMappingIndex(r io.Reader) (*mappingIndex, error) {
	dec := json.NewDecoder(&limited{bufio.NewReader(r), maxData})
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	var index mappingIndex
	version := ""
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var other json.RawMessage
		var into any = &other
		switch key {
		case "schema_version":
			into = &version
		case "sets":
			into = &index.sets
		case "packets":
			into = &index.packets
		case "files":
			return &index, index.check(version)
		}
		if err := dec.Decode(into); err != nil {
			return nil, err
		}
	}
	return &index, index.check(version)
}

func (x *mappingIndex) check(version string) error {
	switch {
	case !strings.HasPrefix(version, "rtgen.mapping_index.v0."):
		return fmt.Errorf("schema_version %.80q is not of a mapping index", version)
	case len(x.sets) == 0:
		return errors.New("names no mapping set")
	}
	for _, set := range x.sets {
		if !filepath.IsLocal(filepath.FromSlash(set.Path)) {
			return fmt.Errorf("set %.140q lies outside of the folder", set.Path)
		}
	}
	return nil
}
