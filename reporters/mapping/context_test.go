package mapping

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

func TestOpenPacket(t *testing.T) {
	w := newWorkshop(t)
	spec := linuxProbe("odd")
	spec.NotApplied = true // whether it may be relied on is not asked
	packet := w.packet("odd", spec)
	c, err := OpenPacket(packet, "", "runtime_events", "expected_matrix")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(w.root, "odd", "odd-run")
	if path, err := c.Export("runtime_events"); err != nil || path != filepath.Join(dir, "runtime_events.normalized.json") {
		t.Errorf("Export = %s, %v", path, err)
	}
	if _, err := c.Export("summary"); err == nil {
		t.Error("an export that was not asked for")
	}
	p := c.Provenance("")
	if p.Packet != packet || p.BundleDir != dir || p.RunID != "odd-run" || p.ConsumptionReceipt != nil || p.ArtifactIndexSHA256 != c.Bundle.IndexDigest ||
		!slices.Equal(slices.Sorted(maps.Keys(p.Exports)), []string{"expected_matrix", "runtime_events"}) {
		t.Errorf("Provenance = %+v", p)
	}
	if p := c.Provenance("r.json"); p.ConsumptionReceipt == nil || *p.ConsumptionReceipt != "r.json" {
		t.Errorf("Provenance = %+v", p)
	}
	if _, err := OpenPacket(packet, "", "runtime_events", "oracle_results", "impact_map", "nonsense"); err == nil || !strings.Contains(err.Error(), "impact_map, nonsense, oracle_results") {
		t.Errorf("exports that are not there: %v", err)
	}
	unbind(t, packet)
	if _, err := OpenPacket(packet, "", "runtime_events"); err == nil {
		t.Error("a packet whose paths start from the root was opened without it")
	}
	if _, err := OpenPacket(packet, w.root, "runtime_events"); err != nil {
		t.Error(err)
	}
	edit(t, filepath.Join(dir, "summary.md"), "odd", "ood")
	if _, err := OpenPacket(packet, w.root); !errors.As(err, new(*bundle.IntegrityError)) {
		t.Errorf("a changed bundle: %v", err)
	}
	if _, err := OpenPacket(filepath.Join(w.root, "gone"), ""); err == nil {
		t.Error("a packet that is not there was opened")
	}
}
