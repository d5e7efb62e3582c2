package bundle

import (
	"crypto/rand"
	"fmt"
	"io"
	"path"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// NotPromotableError says why no packet was written under requirePromotable.
type NotPromotableError struct {
	Dir     string
	Reasons []Reason // at least one, sorted
	// Findings are behind bundle_integrity_unverified; they may be empty.
	Findings []Finding
}

func (e *NotPromotableError) Error() string {
	detail := ""
	for _, f := range e.Findings {
		if !f.Warning {
			detail = " (" + f.String() + ")"
			break
		}
	}
	return fmt.Sprintf("bundle %s is not promotable: %s%s", e.Dir, joinReasons(e.Reasons), detail)
}

// Emit verifies the bundle at bundlePath, an out folder or a run folder, and
// writes its packet to outPath. A bundle that may not be relied on gets a packet
// that says so, or, with requirePromotable, none and a *NotPromotableError. Digests
// say that nothing was changed since; that the documents agree, and that the
// summary counts what they hold, is looked at too.
func Emit(bundlePath, outPath string, requirePromotable bool) (*Packet, error) {
	return emit(disk{}, bundlePath, outPath, requirePromotable)
}

func emit(s steps, bundlePath, outPath string, requirePromotable bool) (*Packet, error) {
	in, err := inspect(bundlePath)
	if err != nil {
		return nil, err
	}
	judged := in.promotability()
	// What else speaks against it is dearer to find out.
	if judged.PromotableDecisionStage {
		if err := in.readDeep(); err != nil {
			return nil, err
		}
		judged = in.promotability()
	}
	if requirePromotable && !judged.PromotableDecisionStage {
		return nil, &NotPromotableError{in.dir, judged.Reasons, in.findings}
	}
	if outPath, err = filepath.Abs(outPath); err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	if err := mkdirAll(s, filepath.Dir(outPath)); err != nil {
		return nil, explain("make the packet's folder", err)
	}
	p := in.packet(outPath, judged)
	// The temporary name is random: packets have no lock.
	temp := filepath.Join(filepath.Dir(outPath), "."+filepath.Base(outPath)+"."+rand.Text()+".tmp")
	err = replace(s, outPath, temp, func(w io.Writer) error {
		return canon.WriteTo(w, p, canon.Indented)
	})
	if err == nil {
		err = s.syncDir(filepath.Dir(outPath))
	}
	if err != nil {
		return nil, explain("write packet "+outPath, err)
	}
	return p, nil
}

func (in *inspection) packet(outPath string, judged Promotability) *Packet {
	place := relativePath(filepath.Dir(outPath), in.dir)
	if place == "" {
		place = filepath.ToSlash(in.dir)
	}
	at := func(name string) string { return path.Join(place, name) }
	optional := func(name string) string {
		if _, ok := in.verified[name]; !ok {
			return ""
		}
		return at(name)
	}
	p := &Packet{
		SchemaVersion: SchemaPacket,
		// These four are always there: readers take a packet without them for
		// no packet at all, instead of reading why it is not promotable.
		RunManifest:     at(ManifestFile),
		ExpectedMatrix:  at("expected_matrix.json"),
		RuntimeResults:  at("runtime_results.json"),
		RuntimeEvents:   at("runtime_events.normalized.json"),
		BaselineResults: optional("baseline_results.json"),
		OracleResults:   optional("oracle_results.json"),
		MismatchPackets: optional("mismatch_packets.jsonl"),
		Summary:         optional(SummaryFile),
		Promotability:   judged,
		PathWitnesses:   optional("path_witnesses.json"),
		Fixtures:        optional("fixtures.json"),
		ImpactMap:       optional("impact_map.json"),
		path:            outPath,
	}
	if in.index != nil {
		p.RunID, p.WorldID = in.index.RunID, in.index.WorldID
		p.ArtifactIndex = &Pointer{at(IndexFile), in.indexDigest}
	}
	if in.manifest != nil {
		p.Selection = in.manifest.Selection
	}
	return p
}
