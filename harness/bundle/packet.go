package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Packet is promotion_packet.json: pointers into one bundle, and whether it may
// be relied on.
//
// Paths are relative to the packet's own folder, with forward slashes, when the
// run folder lies below it, so that packet and bundle can be moved together;
// otherwise they are absolute. Path resolves them. Packets of the reference
// system hold paths relative to their repository instead.
type Packet struct {
	SchemaVersion   string        `json:"schema_version"`
	RunManifest     string        `json:"run_manifest"`
	ExpectedMatrix  string        `json:"expected_matrix"`
	RuntimeResults  string        `json:"runtime_results"`
	RuntimeEvents   string        `json:"runtime_events"`
	BaselineResults string        `json:"baseline_results,omitempty"` // this and the other optional ones: only when the bundle has it
	OracleResults   string        `json:"oracle_results,omitempty"`
	MismatchPackets string        `json:"mismatch_packets,omitempty"`
	Summary         string        `json:"summary,omitempty"`
	Promotability   Promotability `json:"promotability"`
	PathWitnesses   string        `json:"path_witnesses,omitempty"`
	Fixtures        string        `json:"fixtures,omitempty"`
	ImpactMap       string        `json:"impact_map,omitempty"`

	RunID         string     `json:"run_id,omitempty"`
	WorldID       string     `json:"world_id,omitempty"`
	ArtifactIndex *Pointer   `json:"artifact_index,omitempty"`
	Selection     *Selection `json:"selection,omitempty"`

	path string
}

// Pointer names a file and its bytes.
type Pointer struct {
	Path   string `json:"path"`
	SHA256 Digest `json:"sha256"`
}

// Path gives the place of a path that the packet holds.
func (p *Packet) Path(ref string) string {
	ref = filepath.FromSlash(ref)
	if filepath.IsAbs(ref) {
		return ref
	}
	return filepath.Join(filepath.Dir(p.path), ref)
}

// Open loads the bundle the packet points to, and refuses, with an
// *IntegrityError, one that was committed anew since the packet was made. Take
// artifacts from the Bundle, by name: it has verified them, and the packet's
// other paths are not looked at. It does not ask whether the packet is
// promotable.
func (p *Packet) Open() (*Bundle, error) {
	b, err := Load(filepath.Dir(p.Path(p.RunManifest)))
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", p.path, err)
	}
	if p.ArtifactIndex != nil && p.ArtifactIndex.SHA256 != b.IndexDigest {
		return nil, fmt.Errorf("packet %s: %w", p.path, &IntegrityError{b.Dir, []Finding{{
			Code: DigestDiffers, Name: IndexFile,
			Message: fmt.Sprintf("the packet says sha256 %s, the file has %s", p.ArtifactIndex.SHA256, b.IndexDigest),
		}}})
	}
	return b, nil
}

// LoadPacket reads a packet. It refuses one of another schema, one without the
// paths every packet has, and one whose promotability is absent or contradicts
// itself.
func LoadPacket(path string) (*Packet, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	f, err := openFolder(filepath.Dir(abs))
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	defer f.close()
	data, err := f.read(filepath.Base(abs), maxDocument)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", path, err)
	}
	p, err := parsePacket(data)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", path, err)
	}
	p.path = abs
	return p, nil
}

func parsePacket(data []byte) (*Packet, error) {
	var raw struct {
		Packet
		// A bool would read its absence as a no.
		Promotability *struct {
			PromotableDecisionStage *bool        `json:"promotable_decision_stage"`
			Reasons                 []Reason     `json:"reasons"`
			GatingInputs            GatingInputs `json:"gating_inputs"`
		} `json:"promotability"`
	}
	if err := decode(data, &raw); err != nil {
		return nil, err
	}
	if err := checkSchema(raw.SchemaVersion, SchemaPacket); err != nil {
		return nil, err
	}
	p := raw.Packet
	for _, need := range []struct{ key, value string }{
		{"run_manifest", p.RunManifest}, {"expected_matrix", p.ExpectedMatrix},
		{"runtime_results", p.RuntimeResults}, {"runtime_events", p.RuntimeEvents},
	} {
		if need.value == "" {
			return nil, fmt.Errorf("no %s", need.key)
		}
	}
	judged := raw.Promotability
	if judged == nil || judged.PromotableDecisionStage == nil {
		return nil, errors.New("no promotability.promotable_decision_stage: nobody said that it may be relied on")
	}
	if *judged.PromotableDecisionStage && len(judged.Reasons) > 0 {
		return nil, fmt.Errorf("promotable, with reasons against it: %s", joinReasons(judged.Reasons))
	}
	if judged.Reasons == nil {
		judged.Reasons = []Reason{}
	}
	p.Promotability = Promotability{*judged.PromotableDecisionStage, judged.Reasons, judged.GatingInputs}
	return &p, nil
}

func joinReasons(reasons []Reason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = string(r)
	}
	return strings.Join(words, ", ")
}

// relativePath gives dir as seen from folder when it lies below, else "".
// Symlinks on the way are looked through, or /tmp would not be above
// /private/tmp.
func relativePath(folder, dir string) string {
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return ""
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return ""
	}
	rel, err := filepath.Rel(folder, dir)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(os.PathSeparator)) {
		return ""
	}
	return filepath.ToSlash(rel)
}
