package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
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

	path   string
	root   string // what relative paths start from; empty: the packet's folder
	sha256 Digest // of the bytes it was read from
}

// VerdictError says that a packet reads but for its verdict, which is absent or
// contradicts itself: nobody may rely on it.
type VerdictError struct {
	Packet *Packet // its Promotability is a no without reasons
	Err    error
}

func (e *VerdictError) Error() string { return e.Err.Error() }
func (e *VerdictError) Unwrap() error { return e.Err }

// Pointer names a file and its bytes.
type Pointer struct {
	Path   string `json:"path"`
	SHA256 Digest `json:"sha256"`
}

// reference is a path that a packet holds.
type reference struct {
	key    string
	path   string // empty: the packet does not hold it
	name   string // the artifact it leads to
	always bool
}

// references are the packet's paths, in the order they are written.
func (p *Packet) references() []reference {
	list := []reference{
		{"run_manifest", p.RunManifest, ManifestFile, true},
		{"expected_matrix", p.ExpectedMatrix, artifact.ExpectedMatrixFile, true},
		{"runtime_results", p.RuntimeResults, artifact.RuntimeResultsFile, true},
		{"runtime_events", p.RuntimeEvents, artifact.RuntimeEventsFile, true},
		{"baseline_results", p.BaselineResults, artifact.BaselineResultsFile, false},
		{"oracle_results", p.OracleResults, artifact.OracleResultsFile, false},
		{"mismatch_packets", p.MismatchPackets, artifact.MismatchPacketsFile, false},
		{"summary", p.Summary, SummaryFile, false},
		{"path_witnesses", p.PathWitnesses, artifact.PathWitnessesFile, false},
		{"fixtures", p.Fixtures, artifact.FixturesFile, false},
		{"impact_map", p.ImpactMap, "impact_map.json", false},
	}
	if p.ArtifactIndex != nil {
		list = append(list, reference{"artifact_index", p.ArtifactIndex.Path, IndexFile, true})
	}
	return list
}

// SHA256 is the digest of the packet's own bytes, as they were read or written.
func (p *Packet) SHA256() Digest { return p.sha256 }

// Path gives the place of a path that the packet holds.
func (p *Packet) Path(ref string) string {
	ref = filepath.FromSlash(ref)
	if filepath.IsAbs(ref) {
		return ref
	}
	return filepath.Join(cmp.Or(p.root, filepath.Dir(p.path)), ref)
}

// RunDir is the run folder that the packet points to.
func (p *Packet) RunDir() string { return filepath.Dir(p.Path(p.RunManifest)) }

// Open loads the bundle the packet points to, and refuses, with an
// *IntegrityError, one that was committed anew since the packet was made, or is
// of another run or world than the packet says. Take artifacts from the Bundle,
// by name: it has verified them, and the packet's other paths are not looked at.
// It does not ask whether the packet is promotable; OpenPromotable does.
func (p *Packet) Open() (*Bundle, error) {
	b, err := Load(p.RunDir())
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", p.path, err)
	}
	differs := func(code FindingCode, format string, args ...any) (*Bundle, error) {
		return nil, fmt.Errorf("packet %s: %w", p.path, &IntegrityError{b.Dir, []Finding{{
			Code: code, Name: IndexFile, Message: fmt.Sprintf(format, args...),
		}}})
	}
	switch {
	case p.ArtifactIndex != nil && p.ArtifactIndex.SHA256 != b.IndexDigest:
		return differs(DigestDiffers, "the packet says sha256 %s, the file has %s", p.ArtifactIndex.SHA256, b.IndexDigest)
	case p.RunID != "" && p.RunID != b.RunID():
		return differs(PacketDiffers, "run_id is %.140q, the packet says %.140q", b.RunID(), p.RunID)
	case p.WorldID != "" && p.WorldID != b.WorldID():
		return differs(PacketDiffers, "world_id is %.140q, the packet says %.140q", b.WorldID(), p.WorldID)
	}
	return b, nil
}

// OpenPromotable is Open for who relies on the evidence: a packet that says no,
// or says yes where the bundle's own documents say no, is a *NotPromotableError.
func (p *Packet) OpenPromotable() (*Bundle, error) {
	refuse := func(reasons []Reason) (*Bundle, error) {
		return nil, fmt.Errorf("packet %s: %w", p.path, &NotPromotableError{Dir: p.RunDir(), Reasons: reasons})
	}
	if says := p.Promotability; !says.PromotableDecisionStage {
		return refuse(says.Reasons)
	}
	b, err := p.Open()
	if err != nil {
		return nil, err
	}
	if gives := b.Promotability(); !gives.PromotableDecisionStage {
		return refuse(gives.Reasons)
	}
	return b, nil
}

// LoadPacket reads a packet. It refuses one of another schema, one without the
// paths every packet has, and, with a *VerdictError, one whose promotability is
// absent or contradicts itself.
func LoadPacket(path string) (*Packet, error) { return LoadPacketIn(path, "") }

// LoadPacketIn is LoadPacket where packets of the reference system may be, which
// have no artifact index pointer: their paths are relative to root. Those of
// other packets never are; with an empty root, neither are theirs.
func LoadPacketIn(path, root string) (*Packet, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	data, err := readBeside(abs, maxDocument)
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", path, err)
	}
	p, err := parsePacket(data)
	if unjudged, ok := errors.AsType[*VerdictError](err); ok {
		p = unjudged.Packet
	}
	if p != nil {
		p.path, p.sha256 = abs, DigestOf(data)
		if err := p.startFrom(root); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("packet %s: %w", path, err)
	}
	return p, nil
}

// startFrom makes paths of a packet of the reference system relative to root.
func (p *Packet) startFrom(root string) (err error) {
	if p.ArtifactIndex == nil && root != "" {
		if p.root, err = filepath.Abs(root); err != nil {
			return fmt.Errorf("packet: %w", err)
		}
	}
	return nil
}

// ReadDocument reads a file whole and once: a regular one, which is no symlink,
// of at most 16 MiB.
func ReadDocument(path string) ([]byte, error) { return readBeside(path, maxDocument) }

// readBeside reads a packet, or what lies beside one, whole and once.
func readBeside(path string, limit int64) ([]byte, error) {
	f, err := openFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer f.close()
	return f.read(filepath.Base(path), limit)
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
	for _, ref := range p.references() {
		if ref.always && ref.path == "" {
			return nil, fmt.Errorf("no %s", ref.key)
		}
	}
	p.Promotability = Promotability{Reasons: []Reason{}}
	judged := raw.Promotability
	if judged == nil || judged.PromotableDecisionStage == nil {
		return nil, &VerdictError{&p, errors.New("no promotability.promotable_decision_stage: nobody said that it may be relied on")}
	}
	if *judged.PromotableDecisionStage && len(judged.Reasons) > 0 {
		return nil, &VerdictError{&p, fmt.Errorf("promotable, with reasons against it: %s", joinReasons(judged.Reasons))}
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
