package bundle_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// fuzzedDocuments are read to judge a bundle, or speak against it.
var fuzzedDocuments = []string{bundle.StatusFile, bundle.ManifestFile, bundle.SummaryFile, bundle.RepairLogFile}

// FuzzDocuments puts any bytes in a document's place and seals the bundle anew,
// as a forger would. The laws: a bad document is a finding; documents that load
// speak of one run; and a bundle is promotable only if a reader who looks at
// nothing but the keys as they are spelt sees no reason against it.
func FuzzDocuments(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	dir := newRun("r1").write(f, out)
	packet := filepath.Join(f.TempDir(), "packet.json")
	whole := map[string]string{}
	for i, name := range fuzzedDocuments[:3] {
		whole[name] = read(f, dir, name)
		f.Add(byte(i), []byte(whole[name]))
		f.Add(byte(i), []byte(strings.ReplaceAll(read(f, "testdata", "older", olderRun, name), olderRun, "r1")))
		for _, swap := range [][2]string{
			{`"state": "complete"`, `"state": "failed"`}, {`"run_id": "r1"`, `"run_id": "r2"`}, {`spawn_clean`, `direct`}, {`"dry_run": false`, `"dry_run": true`},
			{`"sandboxed": false`, `"sandboxed": true`}, {`"layers": 0`, `"layers": 1`}, {`"apply_ok": true`, `"apply_ok": null`}, {`"world_pinned": null`, `"world_pinned": "w"`},
			{`"allowed": 2`, `"blocked": 2`}, {`"allowed": 3`, `"broken": 3`}, {`"record": {`, `"record": {"apply_ok": false, `}, {`v0.1`, `v1.0`},
			{`"apply_ok": true`, `"apply_ok": true, "apply_report": {"err_class": "already_sandboxed"}`},
		} {
			if text := strings.Replace(whole[name], swap[0], swap[1], 1); text != whole[name] {
				f.Add(byte(i), []byte(text))
			}
		}
	}
	for _, forged := range forgedManifests(whole[bundle.ManifestFile]) {
		f.Add(byte(1), []byte(forged))
	}
	f.Add(byte(3), []byte(`{"schema_version": "runtime-tools.repair_log.v0.1", "index_before": null}`))
	f.Fuzz(func(t *testing.T, which byte, text []byte) {
		for name, good := range whole {
			put(t, good, dir, name)
		}
		_ = os.Remove(filepath.Join(dir, bundle.RepairLogFile))
		name := fuzzedDocuments[int(which)%len(fuzzedDocuments)]
		put(t, string(text), dir, name)
		sealAnew(t, dir)
		v, err := bundle.Validate(dir)
		if err != nil {
			t.Fatalf("Validate = %v, a bad %s is a finding", err, name)
		}
		b, err := bundle.Load(dir)
		var bad *bundle.IntegrityError
		switch {
		case err != nil && !errors.As(err, &bad):
			t.Fatalf("Load = %v, want an *IntegrityError", err)
		case err == nil != v.OK():
			t.Fatalf("Load = %v, Validate = %+v", err, v)
		}
		p, emitErr := bundle.Emit(dir, packet, false)
		if emitErr != nil {
			t.Fatalf("Emit = %v, a bad %s is a reason", emitErr, name)
		}
		promotable := p.Promotability.PromotableDecisionStage
		sameVerdict(t, packet, p)
		if promotable && (err != nil || name == bundle.RepairLogFile) {
			t.Fatalf("promotable with %s %q: %v", name, text, err)
		}
		if err != nil {
			return
		}
		if b.Status.RunID != "r1" || b.Status.State != bundle.StateComplete || b.Manifest.RunID != "r1" || b.Summary.RunID != "r1" ||
			b.Manifest.WorldID != b.WorldID() || b.Summary.WorldID != b.WorldID() || b.Manifest.PlanDigest != b.Status.PlanDigest {
			t.Fatalf("loads, and speaks of two runs:\n%+v\n%+v\n%+v", b.Status, b.Manifest, b.Summary)
		}
		for _, doc := range []any{b.Status, b.Manifest, b.Summary} {
			if _, err := canon.Marshal(doc, canon.Indented); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
		}
		if promotable {
			if why := againstIt(t, dir); why != "" {
				t.Fatalf("promotable with %s %q: %s", name, text, why)
			}
		}
	})
}

// sameVerdict holds a packet that was just written against VerifyPacket, and the
// statement beside it against the verdict.
func sameVerdict(t *testing.T, path string, p *bundle.Packet) {
	t.Helper()
	promotable := p.Promotability.PromotableDecisionStage
	v := verify(t, path)
	if !slices.Equal(v.Reasons, p.Promotability.Reasons) || v.Promotable != promotable || promotable && len(faultCodes(v)) > 0 {
		t.Fatalf("emitted %+v, verified %+v", p.Promotability, v)
	}
	if st := readStatement(t, path); st != nil && st.Result == "PASSED" && !promotable {
		t.Fatalf("PASSED over %v", p.Promotability.Reasons)
	}
}

// forgedManifests are those that encoding/json reads one way and others another.
func forgedManifests(good string) map[string]string {
	swap := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	return map[string]string{
		"key_twice_by_case": swap(`"apply_ok": true`, `"apply_ok": true, "apply_report": {"err_class": "already_sandboxed", "ERR_class": "ok"}`),
		"channel_by_case":   swap(`"channel"`, `"Channel"`),
		"apply_ok_by_case":  swap(`"apply_ok"`, `"Apply_OK"`),
	}
}

func TestForgedManifestsAreNotPromotable(t *testing.T) {
	dir := newRun("r1").write(t, filepath.Join(t.TempDir(), "out"))
	good := read(t, dir, bundle.ManifestFile)
	packet := filepath.Join(t.TempDir(), "packet.json")
	if _, err := bundle.Emit(dir, packet, true); err != nil {
		t.Fatal(err)
	}
	for name, forged := range forgedManifests(good) {
		if forged == good {
			t.Fatalf("%s: nothing was forged", name)
		}
		put(t, forged, dir, bundle.ManifestFile)
		sealAnew(t, dir)
		p, err := bundle.Emit(dir, packet, false)
		if err != nil || p.Promotability.PromotableDecisionStage {
			t.Errorf("%s: promotable, %v", name, err)
		}
		sameVerdict(t, packet, p)
	}
}

// object is a document read without our types.
type object map[string]any

func (o object) at(keys ...string) any {
	var v any = map[string]any(o)
	for _, key := range keys {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

// againstIt looks for one reason why the run of a Linux world may not be relied
// on.
func againstIt(t *testing.T, dir string) string {
	t.Helper()
	manifest, summary := object{}, object{}
	for name, to := range map[string]*object{bundle.ManifestFile: &manifest, bundle.SummaryFile: &summary} {
		if err := json.Unmarshal([]byte(read(t, dir, name)), to); err != nil {
			t.Fatal(err)
		}
	}
	record := []string{"apply_preflight", "record"}
	in := func(keys ...string) any { return manifest.at(slices.Concat(record, keys)...) }
	pinned, said := manifest["world_pinned"]
	switch {
	case manifest.at("channel") != "spawn_clean" && manifest.at("channel") != "systemd_clean":
		return "its channel is not clean"
	case manifest.at("dry_run") == true, summary.at("dry_run") == true, summary.at("status") == "dry":
		return "it is dry"
	case summary.at("status") == "failed":
		return "it failed"
	case !said, pinned != nil && pinned != manifest["world_id"]:
		return "it is pinned to another world"
	case in("apply_ok") != true:
		return "no policy could be applied"
	case in("sandbox_check_self", "sandboxed") != false, in("apply_report", "err_class") == "already_sandboxed":
		return "its worker was born confined"
	}
	if layers, ok := in("sandbox_check_self", "layers").(float64); ok && layers > 0 {
		return "its worker was born under layers"
	}
	if blocked, ok := summary.at("outcome_counts", "scenario", "blocked").(float64); ok && blocked > 0 {
		return "scenarios are blocked"
	}
	lanes, _ := summary.at("outcome_counts").(map[string]any)
	for lane := range lanes {
		if broken, ok := summary.at("outcome_counts", lane, "broken").(float64); ok && broken > 0 {
			return "attempts are broken"
		}
	}
	return ""
}

// FuzzRepairLog leaves any bytes where an earlier repair has its log, and repairs
// again. The law: either not a byte is written, or the new log holds the old one
// whole, and what was repaired is never promotable.
func FuzzRepairLog(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	dir := newRun("r1").write(f, out)
	packet := filepath.Join(f.TempDir(), "packet.json")
	index := read(f, dir, bundle.IndexFile)
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"schema_version": "runtime-tools.repair_log.v0.1", "index_before": null, "b": [1.0, {}], "a": "\u00e9"}`))
	f.Add([]byte(`{"schema_version": "hardened-runtime.repair_log.v0.2", "bundle_dir": "out/r1", "repaired_at_unix": 1.5, "before": {}, "after": {}}`))
	f.Add([]byte(`{"schema_version": "runtime-tools.repair_log.v0.1", "earlier": {"earlier": null}, "index_before": "` + bundle.DigestOf([]byte(index)).String() + `"}`))
	f.Add([]byte(`{"schema_version": "runtime-tools.repair_log.v1.0"}`))
	f.Add([]byte("\xff"))
	f.Fuzz(func(t *testing.T, text []byte) {
		put(t, index, dir, bundle.IndexFile)
		put(t, "changed since", dir, victim)
		put(t, string(text), dir, bundle.RepairLogFile)
		res, err := bundle.Reindex(dir, true)
		if err != nil || res.Status == bundle.ReindexUnchanged {
			var bad *bundle.IntegrityError
			if err != nil && !errors.As(err, &bad) {
				t.Fatalf("Reindex = %v, want an *IntegrityError", err)
			}
			if read(t, dir, bundle.IndexFile) != index || read(t, dir, bundle.RepairLogFile) != string(text) {
				t.Fatal("something was written")
			}
			return
		}
		if earlier := repairLog(t, dir).Earlier; len(earlier) > 0 && string(earlier) != "null" {
			given, err := canon.Transcode(text, canon.TightSorted)
			if err != nil {
				t.Fatalf("an earlier log %q, of %q, which is no document", earlier, text)
			}
			kept, err := canon.Transcode(earlier, canon.TightSorted)
			if err != nil || string(kept) != string(given) && !strings.Contains(string(given), `"earlier":`+string(kept)) {
				t.Fatalf("log %q is kept as %q, %v", text, earlier, err)
			}
		}
		p, err := bundle.Emit(dir, packet, false)
		if err != nil || p.Promotability.PromotableDecisionStage {
			t.Fatalf("after a repair: %+v, %v", p, err)
		}
	})
}

// FuzzDigest holds that a digest is 64 lower-case hex digits, and gives them
// back.
func FuzzDigest(f *testing.F) {
	for _, seed := range []string{"", strings.Repeat("0", 64), strings.Repeat("A", 64), strings.Repeat("ab", 31) + "b", strings.Repeat("0", 65), strings.Repeat("0", 63) + "g", "é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hex := len(text) == 64 && !strings.ContainsFunc(text, func(c rune) bool { return !strings.ContainsRune("0123456789abcdef", c) })
		digest, err := bundle.ParseDigest(text)
		if (err == nil) != hex || hex && digest.String() != text {
			t.Fatalf("ParseDigest(%q) = %v, %v", text, digest, err)
		}
		quoted, _ := json.Marshal(text)
		var read bundle.Digest
		if err := json.Unmarshal(quoted, &read); (err == nil) != hex || read != digest {
			t.Fatalf("%s is read as %v, %v", quoted, read, err)
		}
	})
}
