package mapping

import (
	"fmt"
	"slices"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// ReceiptFile is the receipt's name in the mappings' folder.
const ReceiptFile = "promotion_receipt.json"

// SchemaReceipt is its schema string.
const SchemaReceipt = "runtime.promotion_receipt.v0.1"

// maxReceipt is more than a receipt of any promotion has.
const maxReceipt = 1 << 30

// receiptNotes says on every receipt what it is.
const receiptNotes = "Which promotion packets a promotion considered, which it used, and which it refused and why. " +
	"It is written before the mappings are made: only mapping_index.json says which mappings were made under it."

// Receipt is promotion_receipt.json: what became of every packet.
type Receipt struct {
	SchemaVersion string            `json:"schema_version"`
	Notes         string            `json:"notes"`
	WorldID       string            `json:"world_id"`   // "unknown" when the used packets are not of one world
	PacketSet     *string           `json:"packet_set"` // its path; null: the packets were named one by one
	Inputs        []string          `json:"inputs"`     // the packet set and the packets, there or not
	InputHashes   map[string]string `json:"input_hashes"`
	Packets       ReceiptPackets    `json:"packets"`
}

// ReceiptPackets are the packets by what became of them.
type ReceiptPackets struct {
	Considered []*Considered `json:"considered"` // every one, in the order of the request
	Used       []string      `json:"used"`       // sorted
	Rejected   []Rejection   `json:"rejected"`
}

// Considered is a packet that was looked at. What cannot be known of a packet that
// does not load is left out.
type Considered struct {
	Path          string                             `json:"path"`
	Status        PacketStatus                       `json:"status"`
	Reasons       []RejectReason                     `json:"reasons"`
	Error         string                             `json:"error,omitempty"`
	SchemaVersion string                             `json:"schema_version,omitempty"`
	Channel       string                             `json:"channel,omitempty"`
	RunID         string                             `json:"run_id,omitempty"`
	Promotability artifact.Opt[bundle.Promotability] `json:"promotability,omitzero"` // null: it has none

	WorldID             string `json:"world_id,omitempty"`
	Bound               *bool  `json:"bound,omitempty"`                 // it names the digest of its index
	ArtifactIndexSHA256 string `json:"artifact_index_sha256,omitempty"` // of the bundle as it was read
	SHA256              string `json:"sha256,omitempty"`                // of the packet
}

// PacketStatus is what became of a packet.
type PacketStatus string

// The statuses.
const (
	StatusUsed     PacketStatus = "used"
	StatusRejected PacketStatus = "rejected"
	StatusMissing  PacketStatus = "missing"
)

// Rejection is a packet that was not used.
type Rejection struct {
	Path    string         `json:"path"`
	Reasons []RejectReason `json:"reasons"`
	Error   string         `json:"error,omitempty"` // empty: it is missing, which says all
}

// String is the rejection on one line.
func (r Rejection) String() string {
	what := r.Error
	if what == "" {
		what = "it is not there: run its plan, or leave it out"
	}
	return fmt.Sprintf("%s: %s: %s", r.Path, r.Reasons[0], what)
}

// newReceipt says what became of the candidates, which were all judged.
func newReceipt(r *request, candidates []*candidate) *Receipt {
	receipt := &Receipt{
		SchemaVersion: SchemaReceipt, Notes: receiptNotes, WorldID: r.world,
		Inputs: []string{}, InputHashes: map[string]string{},
		Packets: ReceiptPackets{Considered: []*Considered{}, Used: []string{}, Rejected: []Rejection{}},
	}
	if r.set != nil {
		receipt.PacketSet = &r.setName
		receipt.Inputs = append(receipt.Inputs, r.setName)
		receipt.InputHashes[r.setName] = r.setDigest.String()
	}
	worlds := map[string]bool{}
	for _, c := range candidates {
		entry := &c.considered
		receipt.Inputs = append(receipt.Inputs, entry.Path)
		if entry.SHA256 != "" {
			receipt.InputHashes[entry.Path] = entry.SHA256
		}
		p := &receipt.Packets
		p.Considered = append(p.Considered, entry)
		if entry.Status == StatusUsed {
			p.Used = append(p.Used, entry.Path)
			worlds[entry.WorldID] = true
			continue
		}
		p.Rejected = append(p.Rejected, Rejection{entry.Path, entry.Reasons, entry.Error})
	}
	slices.Sort(receipt.Packets.Used)
	if receipt.WorldID == "" {
		receipt.WorldID = "unknown"
		for world := range worlds {
			if len(worlds) == 1 {
				receipt.WorldID = world
			}
		}
	}
	return receipt
}

func (r *Receipt) encode() ([]byte, error) { return artifact.Encode(r, artifact.IndentedSorted) }
