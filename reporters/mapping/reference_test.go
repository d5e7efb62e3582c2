package mapping

import (
	"os"
	"path/filepath"
	"testing"
)

// A packet of the reference system, whose paths start from its repository, makes
// a set.
func TestSetOfReferencePacket(t *testing.T) {
	shared := filepath.Join(sharedBundles(t), "anchor-filter-map.iokit-class")
	w := newWorkshop(t)
	const run = "book/evidence/experiments/runtime-final-final/suites/anchor-filter-map/iokit-class/out/83c8343f-44ca-452a-be49-470fb0b5fd3d"
	if err := os.CopyFS(filepath.Join(w.root, run), os.DirFS(filepath.Join(shared, filepath.Base(run)))); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(shared, "anchor-filter-map.iokit-class.promotion_packet.json"))
	if err != nil {
		t.Fatal(err)
	}
	packet := filepath.Join(w.root, "packets", "iokit.json")
	writeFile(t, packet, string(data))
	s := w.make(w.set("maps", packet))
	signatures := s.Signatures.Signatures
	want := map[string]string{
		"S0_allow_any": "deny", "S1_allow_class": "deny", "S2_allow_property_literal": "deny", "S3_allow_both": "deny",
		"N1_deny_default": "deny", "C1_deny_class": "deny", "C2_deny_property_literal": "deny",
	}
	for name, decision := range want {
		if got := text(signatures["anchor-filter-map:iokit_class:"+name][name]); got != decision {
			t.Errorf("%s: %q, want %q", name, got, decision)
		}
	}
	sum := s.Signatures.ExpectedSummary["iokit-open-service"]
	if sum.OK != 4 || sum.Disallowed != 4 || sum.TotalRows != 8 || sum.CoverageRatio != 1 {
		t.Errorf("summary %+v", sum)
	}
	if got := s.Coverage.Metadata; got.Status != "partial" || got.MismatchSummary.Disallowed != 4 {
		t.Errorf("coverage %+v", got)
	}
	linked, ok := s.Links.Packets.Get("packets/iokit.json")
	if !ok || linked.OutputRoot != run || text(linked.OracleResults) != run+"/oracle_results.json" {
		t.Errorf("links of the packet: %+v", linked)
	}
	if len(s.Links.Expectations) != 8 || len(s.Links.Profiles) != 7 {
		t.Errorf("%d expectations, %d profiles are linked", len(s.Links.Expectations), len(s.Links.Profiles))
	}
}

// A packet of the reference system beside one of this host's: two worlds.
func TestPromoteReferencePacket(t *testing.T) {
	shared := filepath.Join(sharedBundles(t), "anchor-filter-map.iokit-class")
	w := newWorkshop(t)
	const run = "book/evidence/experiments/runtime-final-final/suites/anchor-filter-map/iokit-class/out/83c8343f-44ca-452a-be49-470fb0b5fd3d"
	if err := os.CopyFS(filepath.Join(w.root, run), os.DirFS(filepath.Join(shared, filepath.Base(run)))); err != nil {
		t.Fatal(err)
	}
	iokit := filepath.Join(shared, "anchor-filter-map.iokit-class.promotion_packet.json")
	o := Options{Packets: []string{iokit, w.packet("a", linuxProbe("a"))}, Root: w.root, Out: filepath.Join(w.root, "m"), AllowUnbound: true, Deep: true}
	p, err := promote(quiet{}, o)
	if err != nil || len(p.Rejected) > 0 || len(p.Index.Sets) != 2 || p.Observations != 9 || p.Receipt.WorldID != "unknown" {
		t.Fatalf("promote = %+v, %v", p, err)
	}
	if c := p.Receipt.Packets.Considered; *c[0].Bound || !*c[1].Bound || c[0].Path != filepath.ToSlash(iokit) {
		t.Errorf("considered %+v, %+v", c[0], c[1])
	}
	o.AllowUnbound, o.Root = false, t.TempDir()
	if p, err = promote(quiet{}, o); err != nil || len(p.Rejected) != 1 || p.Rejected[0].Reasons[0] != PacketLoadError {
		t.Errorf("promote from another root = %+v, %v", p, err)
	}
}
