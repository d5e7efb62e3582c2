package inventory

import (
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Out is an out folder and the runs in it, newest first.
type Out struct {
	Path     string   `json:"path"`
	Latest   string   `json:"latest,omitempty"` // the run that LATEST names
	Runs     []*Run   `json:"runs"`
	Packets  []string `json:"packets"`            // in the tree, that lead to one of its runs
	Findings []string `json:"findings,omitempty"` // what is wrong with its own files
	Error    string   `json:"error,omitempty"`    // why it could not be listed
}

// Run is a run folder by its small documents.
type Run struct {
	ID             string          `json:"run_id"`
	Standing       bundle.Standing `json:"standing"`
	Status         bundle.Status   `json:"status,omitempty"`
	WorldID        string          `json:"world_id,omitempty"`
	Here           bool            `json:"here"` // the world is the host's
	PlanID         string          `json:"plan_id,omitempty"`
	PlanDigest     bundle.Digest   `json:"plan_digest,omitzero"`
	CompiledDigest bundle.Digest   `json:"compiled_digest,omitzero"`
	PlanNow        Comparison      `json:"plan_now"`
	Channel        string          `json:"channel,omitempty"`
	UpdatedAt      canon.Float     `json:"updated_at_unix"` // 0 when no document says so
	Latest         bool            `json:"latest"`
	Detail         string          `json:"detail,omitempty"`
}

// Comparison holds a run against the plan of its id as it is in the tree.
type Comparison string

// The comparisons.
const (
	PlanSame     Comparison = "same"
	PlanOlder    Comparison = "older"   // the run is of another plan, registry or policy text than now
	PlanGone     Comparison = "gone"    // no plan of the id is in the tree
	PlanUnproved Comparison = "unknown" // the plan does not compile, or the run does not say of which it was
)

// Packet is a promotion packet.
type Packet struct {
	Path       string      `json:"path"`
	RunID      string      `json:"run_id,omitempty"`
	WorldID    string      `json:"world_id,omitempty"`
	Here       bool        `json:"here"`
	PlanID     string      `json:"plan_id,omitempty"`
	Bundle     string      `json:"bundle,omitempty"` // the run folder it leads to
	Promotable bool        `json:"promotable"`       // it says so
	Reasons    []string    `json:"reasons"`          // it gives against it
	State      PacketState `json:"state"`
	Detail     string      `json:"detail,omitempty"`
	Outdated   []string    `json:"outdated"` // why its bundle is no longer the one to rely on

	run *Run
	out *Out
}

// PacketState says whether the bundle of a packet is the one it was made for.
type PacketState string

// The states of a packet.
const (
	PacketHolds   PacketState = "holds"   // a committed run with the index that it names
	PacketBroken  PacketState = "broken"  // it cannot be read, or its bundle is gone or another
	PacketUnbound PacketState = "unbound" // it does not say which bytes it is about
	PacketOutside PacketState = "outside" // its bundle is not in the tree, and was not looked at
)

// Mapping is a folder of mappings that were promoted from packets.
type Mapping struct {
	Path    string          `json:"path"`
	Worlds  []string        `json:"worlds"`
	Packets []MappingPacket `json:"packets"`
	State   MappingState    `json:"state"`
	Detail  string          `json:"detail,omitempty"`
}

// MappingPacket is a packet that mappings were made from.
type MappingPacket struct {
	Path   string        `json:"path,omitempty"` // empty: outside the tree
	SHA256 bundle.Digest `json:"sha256"`         // that the mappings were made from
	State  string        `json:"state"`          // "same", "changed", "missing", or "outside" the tree
}

// MappingState says whether mappings are made from packets as they are.
type MappingState string

// The states of mappings.
const (
	MappingCurrent  MappingState = "current"
	MappingOutdated MappingState = "outdated"
	MappingBroken   MappingState = "broken" // its index cannot be read, or a mapping set is gone
)
