package mapping

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// SchemaPacketSet is the schema string of a packet set.
const SchemaPacketSet = "runtime.packet_set.v0.1"

// PacketSet is packet_set.json: which packets make the mappings.
type PacketSet struct {
	SchemaVersion string   `json:"schema_version"`
	Packets       []string `json:"packets"` // paths from the root, in order
	// AllowMissing is false when nothing may be promoted while a packet is not
	// there.
	AllowMissing bool   `json:"allow_missing"`
	WorldID      string `json:"world_id,omitempty"` // empty: any
}

// LoadPacketSet reads a packet set. Its errors are *RequestError.
func LoadPacketSet(file string) (*PacketSet, error) {
	set, _, err := loadPacketSet(file)
	return set, err
}

func loadPacketSet(file string) (*PacketSet, bundle.Digest, error) {
	data, err := bundle.ReadDocument(file)
	if err != nil {
		return nil, bundle.Digest{}, requestErrorf("packet set %s: %w: give a file with the schema_version %s", file, err, SchemaPacketSet)
	}
	set, err := parsePacketSet(data)
	if err != nil {
		return nil, bundle.Digest{}, requestErrorf("packet set %s: %w", file, err)
	}
	return set, bundle.DigestOf(data), nil
}

func parsePacketSet(data []byte) (*PacketSet, error) {
	var raw struct {
		SchemaVersion string               `json:"schema_version"`
		Packets       []*string            `json:"packets"`
		AllowMissing  artifact.Opt[bool]   `json:"allow_missing"`
		WorldID       artifact.Opt[string] `json:"world_id"`
	}
	if err := artifact.Decode(data, &raw); err != nil {
		return nil, err
	}
	if raw.SchemaVersion != SchemaPacketSet {
		return nil, fmt.Errorf("schema_version %.80q: want %s", raw.SchemaVersion, SchemaPacketSet)
	}
	set := &PacketSet{SchemaVersion: raw.SchemaVersion, Packets: []string{}, AllowMissing: true}
	if raw.Packets == nil {
		return nil, errors.New("no packets: want a list of paths")
	}
	for i, path := range raw.Packets {
		if path == nil {
			return nil, fmt.Errorf("packets[%d] is null, want a path", i)
		}
		if err := artifact.CheckID("path", *path); err != nil {
			return nil, fmt.Errorf("packets[%d]: %w", i, err)
		}
		set.Packets = append(set.Packets, *path)
	}
	if allow, ok := raw.AllowMissing.Get(); ok {
		set.AllowMissing = allow
	}
	if world, ok := raw.WorldID.Get(); ok {
		if err := artifact.CheckID("world_id", world); err != nil {
			return nil, err
		}
		set.WorldID = world
	}
	return set, unknownKeys(data)
}

// unknownKeys refuses a key that packet sets do not have. They are written by
// hand: a misspelt allow_missing would be the opposite of what was meant.
func unknownKeys(data []byte) error {
	d := artifact.NewReader(bytes.NewReader(data))
	known := []string{"schema_version", "packets", "allow_missing", "world_id"}
	return d.Object(known, func(key string) error {
		for _, k := range known {
			if key == k {
				return d.Skip()
			}
		}
		return fmt.Errorf("no packet set has this key: use %q", known)
	})
}
