package harness_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// A bundle that was tampered with is refused by those who rely on it, and can
// still be looked at by those who do not.
func TestTamperedBundle(t *testing.T) {
	needLinux(t)
	res, err := harness.RunPlan(t.Context(), "../testdata/small/plan.json", harness.Params{Out: t.TempDir(), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(res.RunDir, "summary.md"), []byte("all is well\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var bad *harness.IntegrityError
	if _, err := harness.LoadBundle(res.RunDir); !errors.As(err, &bad) {
		t.Errorf("LoadBundle = %v, want an IntegrityError", err)
	}
	if v, err := harness.ValidateBundle(res.RunDir); err != nil || v.OK() {
		t.Errorf("ValidateBundle = %+v, %v, want findings", v, err)
	}
	b, err := harness.OpenBundleUnverified(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := b.Read("summary.md"); err != nil || string(text) != "all is well\n" {
		t.Errorf("unverified read = %q, %v", text, err)
	}
	var not *harness.NotPromotableError
	packet := filepath.Join(t.TempDir(), "packet.json")
	if _, err := harness.EmitPromotionPacket(res.RunDir, packet, true); !errors.As(err, &not) {
		t.Errorf("EmitPromotionPacket = %v, want a NotPromotableError", err)
	}
	if _, err := os.Stat(packet); err == nil {
		t.Error("a packet was written all the same")
	}
}
