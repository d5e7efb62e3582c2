package mapping

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle"
)

// PacketContext is a packet opened by a consumer of its own that makes no
// mappings: the bundle is verified, and what was asked for is there. It says
// nothing about whether the evidence may be relied on; Packet.Promotability and
// Bundle.Promotability do.
type PacketContext struct {
	Packet *bundle.Packet
	Bundle *bundle.Bundle

	path    string
	exports map[string]string // paths of the artifacts that were asked for, by key
}

// Provenance is what a consumer keeps of where its evidence comes from.
type Provenance struct {
	Packet              string            `json:"packet"`
	BundleDir           string            `json:"bundle_dir"`
	RunID               string            `json:"run_id"`
	ArtifactIndex       string            `json:"artifact_index"`
	ArtifactIndexSHA256 bundle.Digest     `json:"artifact_index_sha256"`
	Exports             map[string]string `json:"exports"`
	ConsumptionReceipt  *string           `json:"consumption_receipt"` // null: the consumer wrote none
}

// OpenPacket opens a packet with the artifacts that the exports name by the
// packet's keys, such as runtime_events. The bundle must load strictly and be the
// run that the packet says. Root is for packets of the reference system; see
// bundle.LoadPacketIn. Exports that are not there are reported together.
func OpenPacket(path, root string, exports ...string) (*PacketContext, error) {
	p, err := bundle.LoadPacketIn(path, root)
	if unjudged, ok := errors.AsType[*bundle.VerdictError](err); ok {
		p, err = unjudged.Packet, nil
	}
	if err != nil {
		return nil, err
	}
	b, err := p.Open()
	if err != nil {
		return nil, err
	}
	if b.Manifest == nil {
		return nil, fmt.Errorf("packet %s: its bundle %s has no %s", path, b.Dir, bundle.ManifestFile)
	}
	c := &PacketContext{Packet: p, Bundle: b, path: path, exports: map[string]string{}}
	for _, e := range exportsOf(p) {
		if slices.Contains(exports, e.key) && e.leadsInto(p, b) {
			c.exports[e.key] = p.Path(e.path)
		}
	}
	var missing []string
	for _, key := range exports {
		if _, ok := c.exports[key]; !ok {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("packet %s has no %s in its bundle %s: ask for others, or run its plan with the lanes that make them",
			path, strings.Join(unique(missing), ", "), b.Dir)
	}
	return c, nil
}

// Export is the path of an artifact that was asked for.
func (c *PacketContext) Export(key string) (string, error) {
	path, ok := c.exports[key]
	if !ok {
		return "", fmt.Errorf("packet %s: %q was not asked for when it was opened", c.path, key)
	}
	return path, nil
}

// Provenance says where the evidence comes from; the receipt is the consumer's,
// and may be empty.
func (c *PacketContext) Provenance(receipt string) Provenance {
	p := Provenance{
		Packet: c.path, BundleDir: c.Bundle.Dir, RunID: c.Bundle.RunID(), ArtifactIndex: filepath.Join(c.Bundle.Dir, bundle.IndexFile),
		ArtifactIndexSHA256: c.Bundle.IndexDigest, Exports: c.exports,
	}
	if receipt != "" {
		p.ConsumptionReceipt = &receipt
	}
	return p
}
