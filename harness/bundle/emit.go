package bundle

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// NotPromotableError says why a bundle may not be relied on, to who asked for one
// that may.
type NotPromotableError struct {
	Dir     string
	Reasons []Reason // sorted; none only when a packet gives none
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
	return fmt.Sprintf("bundle %s is not promotable: %s%s", e.Dir, cmp.Or(joinReasons(e.Reasons), "no reason is given"), detail)
}

// Emit verifies the bundle at bundlePath, an out folder or a run folder, and
// writes its packet to outPath, and to StatementPath of it what an in-toto
// Statement can say of the run. A bundle that may not be relied on gets a packet
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
	judged, tests, err := in.verdict()
	if err != nil {
		return nil, err
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
	data, err := canon.Marshal(p, canon.Indented)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	p.sha256 = DigestOf(data)
	about, _ := in.statement(outPath, p.sha256, judged, tests)
	if err := publish(s, outPath, data, about); err != nil {
		return nil, explain("write packet "+outPath, err)
	}
	return p, nil
}

// publish puts a packet in its place and the statement about it, which may be
// nil, beside it. A statement about an earlier packet goes once the new packet is
// whole on disk and before it gets its name, and the new statement comes last:
// stopped in between, it leaves a packet without a statement, which claims
// nothing, and never one beside the statement about another. A full disk that
// has no room for the packet leaves both as they were.
func publish(s steps, path string, packet []byte, about *statement) error {
	dir, beside := filepath.Dir(path), StatementPath(path)
	// The temporary names are random: packets have no lock.
	temp := func(path string) string {
		return filepath.Join(dir, "."+filepath.Base(path)+"."+rand.Text()+".tmp")
	}
	packetTemp := temp(path)
	err := fill(s, packetTemp, func(w io.Writer) error {
		_, err := w.Write(packet)
		return err
	})
	if err != nil {
		return err
	}
	if err := withdraw(s, beside); err != nil {
		_ = s.remove(packetTemp)
		return err
	}
	if err := s.rename(packetTemp, path); err != nil {
		_ = s.remove(packetTemp)
		return err
	}
	// Before a statement comes, or a crash could leave it with the old packet.
	if err := s.syncDir(dir); err != nil || about == nil {
		return err
	}
	if err := replace(s, beside, temp(beside), about.write); err != nil {
		return fmt.Errorf("its statement: %w", err)
	}
	return s.syncDir(dir)
}

// withdraw removes a file for good: a crash does not bring it back. A file that is
// not there may have been removed by somebody who was killed before he made sure.
func withdraw(s steps, path string) error {
	if err := s.remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.syncDir(filepath.Dir(path))
}

func (in *inspection) packet(outPath string, judged Promotability) *Packet {
	place := relativePath(filepath.Dir(outPath), in.dir)
	if place == "" {
		place = filepath.ToSlash(in.dir)
	}
	p := in.packetAt(place, judged)
	p.path = outPath
	return p
}

// packetAt is the packet whose paths start with place, the run folder.
func (in *inspection) packetAt(place string, judged Promotability) *Packet {
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
