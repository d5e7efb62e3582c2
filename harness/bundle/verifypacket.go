package bundle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// The faults a packet can have. Those of its bundle are listed beside them.
const (
	BadPacket            FindingCode = "bad_packet"            // not to be read as a packet
	PacketUnbound        FindingCode = "packet_unbound"        // nothing in it says which bytes it is about
	BadReference         FindingCode = "bad_reference"         // a path that does not lead to its artifact of the one run folder
	BundleMissing        FindingCode = "bundle_missing"        // no run folder where it points
	PromotabilityDiffers FindingCode = "promotability_differs" // the bundle gives another verdict
	PacketDiffers        FindingCode = "packet_differs"        // something else in it is not what the bundle gives
	BadStatement         FindingCode = "bad_statement"         // the statement beside it is not about it
	StatementMissing     FindingCode = "statement_missing"     // none is beside it; a warning
)

// PacketVerification is what VerifyPacket found.
type PacketVerification struct {
	Packet string `json:"packet"`  // absolute
	RunDir string `json:"run_dir"` // empty when the packet leads to none
	RunID  string `json:"run_id"`  // of the bundle, as the next two; empty when it could not be read
	// Promotable is true when the packet holds and its bundle may be relied on,
	// as derived from the bundle.
	Promotable bool     `json:"promotable"`
	Reasons    []Reason `json:"reasons"`   // against the bundle, derived from it
	Statement  string   `json:"statement"` // the file beside the packet that is about it; empty when there is none
	// Findings has what matters most first: a verdict that the bundle does not
	// bear out.
	Findings []Finding `json:"findings"`
}

// OK reports whether the packet is what would be emitted for its bundle now.
func (v *PacketVerification) OK() bool {
	return !slices.ContainsFunc(v.Findings, func(f Finding) bool { return !f.Warning })
}

func (v *PacketVerification) add(code FindingCode, format string, args ...any) {
	v.Findings = append(v.Findings, Finding{Code: code, Name: filepath.Base(v.Packet), Message: fmt.Sprintf(format, args...)})
}

// VerifyPacket compares the packet at path with the bundle it points to, and
// lists everything that is wrong: whether it reads, leads to one run folder that
// loads strictly, has the digest of that folder's index, and says what the
// bundle gives when promotability and everything else in it are derived anew.
// The statement beside it, if there is one, must be about these very bytes.
//
// A packet without an artifact index pointer, as the reference system writes
// them, is judged as far as it goes, and never holds: any bundle could have
// taken the place of its own. Its paths are relative to root; with an empty one
// to the packet's folder, as those of other packets always are.
//
// The error means that it could not be checked. What was hashed is what was
// judged: the packet is read once, and judged anew where it was written anew
// meanwhile; so is everything in the run folder, but for the documents that hold
// observations, which are hashed again as they are read row by row.
func VerifyPacket(path, root string) (*PacketVerification, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("packet: %w", err)
	}
	for tries := 3; ; tries-- {
		data, err := readBeside(abs, maxDocument)
		v := &PacketVerification{Packet: abs, Reasons: []Reason{}, Findings: []Finding{}}
		switch {
		case errors.Is(err, errNotRegular), errors.Is(err, errTooLarge):
			v.add(BadPacket, "%v", err)
			return v, nil
		case err != nil:
			return nil, fmt.Errorf("packet: %w", err)
		}
		err = v.judge(data, root)
		now := data
		if (err != nil || !v.OK()) && tries > 1 {
			// A run may have ended meanwhile, with a packet and a statement of its own.
			now, _ = readBeside(abs, maxDocument)
		}
		switch {
		case !bytes.Equal(now, data):
			continue
		case err != nil:
			return nil, err
		}
		return v, nil
	}
}

// judge verifies the bytes of a packet.
func (v *PacketVerification) judge(data []byte, root string) error {
	p, err := parsePacket(data)
	if err != nil {
		v.add(BadPacket, "%v", err)
		return nil
	}
	p.path = v.Packet
	if err := p.startFrom(root); err != nil {
		return err
	}
	if err := v.verify(p, data); err != nil {
		return fmt.Errorf("packet %s: %w", v.Packet, err)
	}
	v.Promotable = v.OK() && len(v.Reasons) == 0
	return nil
}

func (v *PacketVerification) verify(p *Packet, data []byte) error {
	if p.ArtifactIndex == nil {
		v.add(PacketUnbound, "has no artifact_index: nothing in it says which bytes it is about, so any bundle could have taken the place of its own; emit it anew")
	}
	dir, ok := v.follow(p)
	if !ok {
		return nil
	}
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		v.add(BundleMissing, "points to %s, which is no folder", dir)
		return nil
	}
	in, err := inspect(dir)
	var bad *IntegrityError
	switch {
	case errors.As(err, &bad): // a LATEST where a run folder should be
		v.add(BundleMissing, "points to %s, which is no run folder", dir)
		return nil
	case leadsNowhere(err):
		hint := ""
		if p.ArtifactIndex == nil && p.root == "" {
			hint = "; if the reference system made it, give the repository that its paths start from (--root)"
		}
		v.add(BundleMissing, "points to %s, where no run folder is%s", dir, hint)
		return nil
	case err != nil:
		return err
	case in.dir != dir:
		v.add(BundleMissing, "points to %s, which is an out folder and no run folder", dir)
		return nil
	}
	v.RunDir = dir
	if in.index != nil {
		v.RunID = in.index.RunID
	}
	judged, tests, err := in.verdict()
	if err != nil {
		return err
	}
	v.Reasons = judged.Reasons
	// Before all others: this is what consumers act on.
	earlier := v.Findings
	v.Findings = []Finding{}
	v.compareVerdicts(&p.Promotability, &judged)
	v.Findings = append(v.Findings, earlier...)
	v.compare(p, in, data, judged)
	faults, warnings := in.judged()
	v.Findings = append(v.Findings, faults...)
	if err := v.checkStatement(in, data, judged, tests); err != nil {
		return err
	}
	v.Findings = append(v.Findings, warnings...)
	return nil
}

// follow gives the run folder that the packet's paths lead to. All of them are
// of the one form in which they are written.
func (v *PacketVerification) follow(p *Packet) (dir string, ok bool) {
	folder := path.Dir(p.RunManifest)
	for _, ref := range p.references() {
		if ref.path == "" && !ref.always {
			continue
		}
		local := filepath.FromSlash(ref.path)
		plain := fs.ValidPath(ref.path) && !strings.Contains(ref.path, `\`)
		if filepath.IsAbs(local) {
			plain = filepath.Clean(local) == local
		}
		switch {
		case !plain || strings.ContainsRune(ref.path, 0):
			v.add(BadReference, "%s %.200q is neither an absolute path nor one below the packet's folder, in plainest form", ref.key, ref.path)
		case path.Dir(ref.path) != folder:
			v.add(BadReference, "%s %.200q lies elsewhere than run_manifest", ref.key, ref.path)
		case path.Base(ref.path) != ref.name:
			v.add(BadReference, "%s %.200q is not %s", ref.key, ref.path, ref.name)
		default:
			ok = ok || ref.key == "run_manifest"
			continue
		}
	}
	return filepath.Dir(p.Path(p.RunManifest)), ok
}

// leadsNowhere tells a path that nothing is at from one that could not be
// followed.
func leadsNowhere(err error) bool {
	for _, target := range []error{fs.ErrNotExist, syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG} {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func (v *PacketVerification) compareVerdicts(says, gives *Promotability) {
	switch {
	case says.PromotableDecisionStage && !gives.PromotableDecisionStage:
		v.add(PromotabilityDiffers, "says promotable, and the bundle is not: %s", joinReasons(gives.Reasons))
		return
	case !says.PromotableDecisionStage && gives.PromotableDecisionStage:
		v.add(PromotabilityDiffers, "says not promotable, and nothing speaks against the bundle")
	}
	var more bool
	for _, r := range says.Reasons {
		if !slices.Contains(gives.Reasons, r) {
			v.add(PromotabilityDiffers, "gives the reason %.80q, and the bundle does not", r)
			more = true
		}
	}
	for _, r := range gives.Reasons {
		if !slices.Contains(says.Reasons, r) {
			v.add(PromotabilityDiffers, "leaves out the reason %q", r)
			more = true
		}
	}
	if !more && !slices.Equal(says.Reasons, gives.Reasons) {
		v.add(PromotabilityDiffers, "gives its reasons twice or out of order")
	}
	if !sameJSON(says.GatingInputs, gives.GatingInputs) {
		v.add(PromotabilityDiffers, "has other gating_inputs than the bundle's manifest")
	}
}

// compare holds everything but the verdict against what the bundle gives.
func (v *PacketVerification) compare(p *Packet, in *inspection, data []byte, judged Promotability) {
	want := in.packetAt(path.Dir(p.RunManifest), judged)
	bound := p.ArtifactIndex != nil
	switch {
	case bound && want.ArtifactIndex == nil:
		// The bundle's own findings say what is wrong with its index.
	case bound && p.ArtifactIndex.SHA256 != in.indexDigest:
		v.add(DigestDiffers, "is about the index with sha256 %s, the bundle's has %s: it was committed or changed since", p.ArtifactIndex.SHA256, in.indexDigest)
	}
	for _, id := range []struct{ key, says, gives string }{{"run_id", p.RunID, want.RunID}, {"world_id", p.WorldID, want.WorldID}} {
		if id.says != id.gives && (bound || id.says != "") && in.index != nil {
			v.add(PacketDiffers, "%s is %.140q, the bundle's %.140q", id.key, id.says, id.gives)
		}
	}
	if (bound || p.Selection != nil) && !reflect.DeepEqual(p.Selection, want.Selection) && !sameJSON(p.Selection, want.Selection) {
		v.add(PacketDiffers, "has another selection than the bundle's manifest")
	}
	gives := want.references()
	for i, ref := range p.references() {
		switch {
		case ref.always:
		case ref.path != "" && gives[i].path == "":
			v.add(BadReference, "%s %.200q leads to no verified artifact of the bundle", ref.key, ref.path)
		case ref.path == "" && gives[i].path != "" && bound:
			v.add(PacketDiffers, "leaves out %s, which the bundle has", ref.key)
		}
	}
	if again, err := canon.Marshal(p, canon.Indented); bound && (err != nil || !bytes.Equal(again, data)) {
		v.add(PacketDiffers, "is not in the bytes in which packets are written: another hand or another version wrote it")
	}
}

// sameJSON compares what two values are written as.
func sameJSON(a, b any) bool {
	one, err := canon.Marshal(a, canon.TightSorted)
	if err != nil {
		return false
	}
	two, err := canon.Marshal(b, canon.TightSorted)
	return err == nil && bytes.Equal(one, two)
}
