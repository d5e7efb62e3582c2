package mapping

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// oneProbe is the smallest run, of a plan of its own.
func oneProbe(plan, world, operation string) made.BundleSpec {
	return made.BundleSpec{PlanID: plan, RunID: plan + "-run", WorldID: world, Profiles: []made.Profile{{
		ID: plan + ":p", Probes: []made.Probe{{Name: "in", Operation: operation, Target: "/ws/in", Scenario: made.Allow, Baseline: made.Allow}},
	}}}
}

func linuxProbe(plan string) made.BundleSpec {
	return oneProbe(plan, made.LinuxWorld, "fs.read_file")
}

// edit replaces a text that a file must hold.
func edit(t testing.TB, file, old, new string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil && !bytes.Contains(data, []byte(old)) {
		err = errors.New("it does not hold " + old)
	}
	if err == nil {
		err = os.WriteFile(file, bytes.ReplaceAll(data, []byte(old), []byte(new)), 0o644)
	}
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// unbind makes a packet of the out folder odd one as the reference system writes
// them: nothing says which bytes it is about, and its paths start from the root.
func unbind(t testing.TB, packet string) {
	edit(t, packet, `"artifact_index"`, `"was"`)
	edit(t, packet, `"odd-run/`, `"odd/odd-run/`)
	if err := os.Remove(bundle.StatementPath(packet)); err != nil {
		t.Fatal(err)
	}
}

const forgedYes = `"promotable_decision_stage": true,
    "reasons": [],`

// Every reason for which the gate refuses a packet, each of a packet that is good
// but for one change. The good one beside it is used.
func TestGate(t *testing.T) {
	tests := map[string]struct {
		spec   made.BundleSpec // empty: a good one
		change func(t *testing.T, w *workshop, packet string) string
		opts   Options
		reason RejectReason // empty: it is used
		says   []string     // the error names the packet, these, and what to do
	}{
		"good":           {},
		"missing":        {change: func(t *testing.T, w *workshop, packet string) string { return packet + ".gone" }, reason: MissingPacket},
		"missing_folder": {change: func(t *testing.T, w *workshop, packet string) string { return "gone/" + packet }, reason: MissingPacket},
		"duplicate": {change: func(t *testing.T, w *workshop, packet string) string {
			return filepath.Join(w.root, "good", "..", "good", bundle.PacketFile)
		}, reason: DuplicatePacket, says: []string{"good/promotion_packet.json, which comes earlier"}},
		"duplicate_by_symlink": {change: func(t *testing.T, w *workshop, packet string) string {
			if err := os.Symlink("good", filepath.Join(w.root, "link")); err != nil {
				t.Skip(err)
			}
			return filepath.Join(w.root, "link", bundle.PacketFile)
		}, reason: DuplicatePacket},
		"no_json": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "{", "")
			return packet
		}, reason: PacketLoadError},
		"folder": {change: func(t *testing.T, w *workshop, packet string) string { return filepath.Dir(packet) }, reason: PacketLoadError},
		"other_family": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "promotion_packet.v0.2", "run_manifest.v0.2")
			return packet
		}, reason: PacketLoadError, says: []string{"schema_version"}},
		"other_major": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "promotion_packet.v0.2", "promotion_packet.v1.0")
			return packet
		}, reason: PacketLoadError, says: []string{"v1.0"}},
		"no_events": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, `"runtime_events"`, `"events"`)
			return packet
		}, reason: PacketLoadError, says: []string{"runtime_events"}},
		"no_manifest": {change: func(t *testing.T, w *workshop, packet string) string {
			if err := os.Remove(filepath.Join(filepath.Dir(packet), "odd-run", bundle.ManifestFile)); err != nil {
				t.Fatal(err)
			}
			return packet
		}, reason: PacketLoadError, says: []string{"run_manifest.json"}},
		"world_asked_for": {spec: oneProbe("odd", made.MacWorld, "file-read*"), opts: Options{WorldID: made.LinuxWorld}, reason: WorldIDMismatch, says: []string{made.LinuxWorld, made.MacWorld}},
		"world_of_packet": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, made.LinuxWorld, made.MacWorld)
			return packet
		}, reason: WorldIDMismatch, says: []string{made.LinuxWorld, made.MacWorld}},
		"no_world": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, filepath.Join(filepath.Dir(packet), "odd-run", bundle.ManifestFile), `"world_id"`, `"was"`)
			return packet
		}, reason: WorldIDMismatch, says: []string{"no world"}},
		"says_no": {spec: made.BundleSpec{NotApplied: true}, reason: NotPromotable, says: []string{"apply_failed"}},
		"says_nothing": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, `"promotability"`, `"was"`)
			return packet
		}, reason: NotPromotable, says: []string{"promotable_decision_stage"}},
		"contradicts_itself": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, `"reasons": []`, `"reasons": ["apply_failed"]`)
			return packet
		}, reason: NotPromotable, says: []string{"apply_failed"}},
		"forged_yes": {spec: made.BundleSpec{NotApplied: true}, change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "\"promotable_decision_stage\": false,\n    \"reasons\": [\n      \"apply_failed\"\n    ],", forgedYes)
			return packet
		}, reason: NotPromotable, says: []string{"apply_failed", "its bundle"}},
		"channel": {spec: made.BundleSpec{Channel: "direct"}, change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "\"promotable_decision_stage\": false,\n    \"reasons\": [\n      \"not_clean_channel\"\n    ],", forgedYes)
			return packet
		}, reason: NotPromotable, says: []string{`"direct"`}},
		"channel_of_another_system": {spec: made.BundleSpec{Channel: "launchd_clean"}, change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, "\"promotable_decision_stage\": false,\n    \"reasons\": [\n      \"not_clean_channel\"\n    ],", forgedYes)
			return packet
		}, reason: NotPromotable, says: []string{`"launchd_clean"`}},
		"unbound": {change: func(t *testing.T, w *workshop, packet string) string {
			unbind(t, packet)
			return packet
		}, reason: PacketUnbound, says: []string{"--allow-unbound"}},
		"unbound_allowed": {change: func(t *testing.T, w *workshop, packet string) string {
			unbind(t, packet)
			return packet
		}, opts: Options{AllowUnbound: true}},
		"unbound_allowed_deep": {change: func(t *testing.T, w *workshop, packet string) string {
			unbind(t, packet)
			return packet
		}, opts: Options{AllowUnbound: true, Deep: true}},
		"index_differs": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, `"sha256": "`, `"sha256": "`+strings.Repeat("0", 64)+`", "was": "`)
			return packet
		}, reason: BundleUnverified, says: []string{"sha256"}},
		"artifact_differs": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, filepath.Join(filepath.Dir(packet), "odd-run", "summary.md"), "odd", "ood")
			return packet
		}, reason: BundleUnverified, says: []string{"summary.md"}},
		"events_of_another": {change: func(t *testing.T, w *workshop, packet string) string {
			edit(t, packet, `"odd-run/runtime_events`, `"../good/good-run/runtime_events`)
			return packet
		}, reason: BundleUnverified, says: []string{"runtime_events"}},
		"deep": {change: func(t *testing.T, w *workshop, packet string) string {
			err := made.ForgeEvents(packet, func([]artifact.Event) []artifact.Event { return []artifact.Event{} })
			if err != nil {
				t.Fatal(err)
			}
			return packet
		}, opts: Options{Deep: true}, reason: BundleUnverified},
		"matrix_of_another_world": {change: func(t *testing.T, w *workshop, packet string) string {
			err := made.Forge(packet, artifact.ExpectedMatrixFile, func(data []byte) ([]byte, error) {
				return bytes.ReplaceAll(data, []byte(made.LinuxWorld), []byte(made.MacWorld)), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return packet
		}, reason: BundleUnverified, says: []string{made.MacWorld}},
		"unknown_operation": {spec: oneProbe("odd", made.LinuxWorld, "fs.read_flie"), reason: UnknownOperation, says: []string{`"fs.read_flie"`, `"fs.read_file"`}},
		"same_expectation": {spec: made.BundleSpec{Profiles: []made.Profile{{ID: "odd:p", Probes: []made.Probe{
			{Name: "in", ExpectationID: "good:p:in", Operation: "fs.read_file", Target: "/ws/in", Scenario: made.Allow, Baseline: made.Allow},
		}}}}, reason: MergeConflict, says: []string{"good/promotion_packet.json", `"good:p:in"`, "give one of them"}},
		"same_profile": {spec: made.BundleSpec{Profiles: []made.Profile{{ID: "good:p", Probes: []made.Probe{
			{Name: "other", Operation: "fs.read_file", Target: "/ws/in", Scenario: made.Allow, Baseline: made.Allow},
		}}}}, reason: MergeConflict, says: []string{"good/promotion_packet.json", `"good:p"`}},
		"same_names_in_another_world": {spec: oneProbe("good", made.MacWorld, "file-read*")},
		"other_impact_map":            {spec: made.BundleSpec{Impact: []byte(`{"metadata": {"allowed_tags": ["b"]}}`)}, reason: MergeConflict, says: []string{ImpactMapFile}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkshop(t)
			good := linuxProbe("good")
			good.Impact = []byte(`{"metadata": {"allowed_tags": ["a"]}}`)
			goodPacket := w.packet("good", good)
			spec := tt.spec
			if spec.Profiles == nil {
				of := linuxProbe("odd")
				spec.Profiles = of.Profiles
			}
			spec.PlanID, spec.RunID = "odd", "odd-run"
			packet := w.packet("odd", spec)
			if tt.change != nil {
				packet = tt.change(t, w, packet)
			}
			o := tt.opts
			o.Packets, o.Root, o.Out = []string{goodPacket, packet}, w.root, filepath.Join(w.root, "m")
			p, err := promote(quiet{}, o)
			if err != nil {
				t.Fatal(err)
			}
			checkSchema(t, p.ReceiptFile, SchemaReceipt)
			checkSchema(t, filepath.Join(p.Out, IndexFile), SchemaIndex)
			if v, err := VerifyMappings(p.Out); err != nil || len(v.Findings) > 0 {
				t.Errorf("VerifyMappings = %+v, %v", v, err)
			}
			if c := p.Receipt.Packets.Considered; len(c) != 2 || c[0].Status != StatusUsed {
				t.Fatalf("considered %+v", c[0])
			}
			got := p.Receipt.Packets.Considered[1]
			if tt.reason == "" {
				if got.Status != StatusUsed || len(p.Rejected) > 0 || len(p.Index.Packets) != 2 {
					t.Errorf("considered %+v", got)
				}
				if *got.Bound == strings.HasPrefix(name, "unbound") {
					t.Errorf("bound: %v", *got.Bound)
				}
				return
			}
			if len(p.Rejected) != 1 || len(got.Reasons) != 1 || got.Reasons[0] != tt.reason {
				t.Fatalf("considered %+v, want %s", got, tt.reason)
			}
			if diff := cmp.Diff(p.Rejected[0], Rejection{got.Path, got.Reasons, got.Error}); diff != "" {
				t.Errorf("rejected and considered differ:\n%s", diff)
			}
			if tt.reason == MissingPacket {
				if got.Status != StatusMissing || got.Error != "" {
					t.Errorf("considered %+v", got)
				}
				return
			}
			if data, err := os.ReadFile(packet); err == nil && p.Receipt.InputHashes[got.Path] != bundle.DigestOf(data).String() {
				t.Errorf("input_hashes has %q for %s, which is there", p.Receipt.InputHashes[got.Path], got.Path)
			}
			if got.Status != StatusRejected || !strings.Contains(got.Error, filepath.Base(filepath.Dir(packet))) || strings.Contains(got.Error, "\n") {
				t.Errorf("considered %+v", got)
			}
			for _, text := range tt.says {
				if !strings.Contains(got.Error, text) {
					t.Errorf("the error does not say %s: %s", text, got.Error)
				}
			}
		})
	}
}
