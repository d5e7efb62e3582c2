package bundle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// verify is VerifyPacket where it must have an answer.
func verify(t *testing.T, packet string) *bundle.PacketVerification {
	t.Helper()
	v, err := bundle.VerifyPacket(packet, "")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// faultCodes are the kinds of a verification's faults, once each and sorted.
func faultCodes(v *bundle.PacketVerification) []bundle.FindingCode {
	list := []bundle.FindingCode{}
	for _, f := range v.Findings {
		if !f.Warning {
			list = append(list, f.Code)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func wantHolds(t *testing.T, packet, runDir string) {
	t.Helper()
	v := verify(t, packet)
	if len(v.Findings) > 0 || !v.OK() || !v.Promotable || v.RunDir != runDir || v.Statement == "" {
		t.Errorf("VerifyPacket(%s) = %+v, want it to hold for %s", packet, v, runDir)
	}
}

// emit makes a committed run and its packet, and gives the packet and the run
// folder.
func emit(t testing.TB, out, packet string) string {
	t.Helper()
	dir := newRun("r1").write(t, out)
	if _, err := bundle.Emit(out, packet, true); err != nil {
		t.Fatal(err)
	}
	return dir
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

func TestPacketAndBundleMove(t *testing.T) {
	base := func(t *testing.T) string { return realPath(t, t.TempDir()) }
	t.Run("in_the_out_folder", func(t *testing.T) {
		dir := base(t)
		run := emit(t, filepath.Join(dir, "out"), filepath.Join(dir, "out", "p.json"))
		wantHolds(t, filepath.Join(dir, "out", "p.json"), run)
		moved := filepath.Join(base(t), "elsewhere", "evidence")
		rename(t, filepath.Join(dir, "out"), moved)
		wantHolds(t, filepath.Join(moved, "p.json"), filepath.Join(moved, "r1"))
		copied := filepath.Join(base(t), "copy")
		if err := os.CopyFS(copied, os.DirFS(moved)); err != nil {
			t.Fatal(err)
		}
		wantHolds(t, filepath.Join(copied, "p.json"), filepath.Join(copied, "r1"))
		// The name of the packet is nobody's business, if its statement goes with it.
		rename(t, filepath.Join(copied, "p.json"), filepath.Join(copied, "q.json"))
		rename(t, filepath.Join(copied, "p.intoto.json"), filepath.Join(copied, "q.intoto.json"))
		wantHolds(t, filepath.Join(copied, "q.json"), filepath.Join(copied, "r1"))
	})
	t.Run("in_a_parent", func(t *testing.T) {
		dir := base(t)
		emit(t, filepath.Join(dir, "a", "b", "out"), filepath.Join(dir, "a", "p.json"))
		moved := filepath.Join(base(t), "m")
		rename(t, filepath.Join(dir, "a"), moved)
		wantHolds(t, filepath.Join(moved, "p.json"), filepath.Join(moved, "b", "out", "r1"))
		// Without the packet it leads nowhere.
		rename(t, filepath.Join(moved, "b"), filepath.Join(moved, "c"))
		if got := faultCodes(verify(t, filepath.Join(moved, "p.json"))); !slices.Equal(got, []bundle.FindingCode{bundle.BundleMissing}) {
			t.Errorf("out folder gone: %v", got)
		}
	})
	t.Run("in_the_run_folder", func(t *testing.T) {
		dir := base(t)
		run := emit(t, filepath.Join(dir, "out"), filepath.Join(dir, "out", "r1", "p.json"))
		v := verify(t, filepath.Join(run, "p.json"))
		if !v.OK() || !v.Promotable || v.RunDir != run {
			t.Errorf("VerifyPacket = %+v", v)
		}
	})
	t.Run("elsewhere", func(t *testing.T) {
		dir, away := base(t), base(t)
		run := emit(t, filepath.Join(dir, "out"), filepath.Join(away, "p.json"))
		wantHolds(t, filepath.Join(away, "p.json"), run)
		// It is the bundle that must stay.
		rename(t, away, away+".moved")
		t.Cleanup(func() { os.RemoveAll(away + ".moved") })
		wantHolds(t, filepath.Join(away+".moved", "p.json"), run)
		rename(t, filepath.Join(dir, "out"), filepath.Join(dir, "in"))
		if got := faultCodes(verify(t, filepath.Join(away+".moved", "p.json"))); !slices.Equal(got, []bundle.FindingCode{bundle.BundleMissing}) {
			t.Errorf("out folder moved from under an absolute packet: %v", got)
		}
	})
	t.Run("through_a_link", func(t *testing.T) {
		dir, link := base(t), filepath.Join(base(t), "link")
		if err := os.Symlink(filepath.Join(dir, "out"), link); err != nil {
			t.Skip(err)
		}
		run := emit(t, filepath.Join(dir, "out"), filepath.Join(dir, "out", "p.json"))
		wantHolds(t, filepath.Join(link, "p.json"), filepath.Join(link, "r1"))
		// Made through the link, in the folder and beside the link.
		for _, packet := range []string{filepath.Join(link, "l.json"), filepath.Join(filepath.Dir(link), "b.json"), filepath.Join(dir, "a.json")} {
			if _, err := bundle.Emit(link, packet, true); err != nil {
				t.Fatal(err)
			}
			if v := verify(t, packet); !v.OK() || !v.Promotable || realPath(t, v.RunDir) != run {
				t.Errorf("VerifyPacket(%s) = %+v", packet, v)
			}
		}
		// The folder went elsewhere and left a link.
		moved := filepath.Join(base(t), "moved")
		rename(t, filepath.Join(dir, "out"), moved)
		if err := os.Symlink(moved, filepath.Join(dir, "out")); err != nil {
			t.Fatal(err)
		}
		wantHolds(t, filepath.Join(dir, "a.json"), filepath.Join(dir, "out", "r1"))
	})
}

func realPath(t *testing.T, path string) string {
	t.Helper()
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// One byte changed anywhere is found: in each artifact in turn, in the index, in
// the packet, in the statement; at the start, in the middle and at the end.
func TestEveryChangedByteIsFound(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	packet := filepath.Join(out, "p.json")
	dir := emit(t, out, packet)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 8 {
		t.Fatalf("artifacts: %q, %v", files, err)
	}
	files = append(files, packet, bundle.StatementPath(packet))
	for _, file := range files {
		whole := read(t, file)
		for _, at := range []int{0, len(whole) / 2, len(whole) - 1} {
			for _, by := range []byte{'#', ' '} {
				if whole[at] == by {
					continue
				}
				put(t, whole[:at]+string(by)+whole[at+1:], file)
				v := verify(t, packet)
				// A statement may be laid out anew: who reads it reads the same.
				laidOut := file == bundle.StatementPath(packet) && strings.TrimSpace(whole[at:at+1]) == ""
				if v.OK() && !laidOut {
					t.Errorf("%s: byte %d of %d is %q instead of %q, and the packet holds", filepath.Base(file), at, len(whole), by, whole[at])
				}
				if v.Promotable && !v.OK() {
					t.Errorf("%s: promotable and does not hold", filepath.Base(file))
				}
			}
		}
		for name, text := range map[string]string{"cut": whole[:len(whole)-1], "longer": whole + "\n", "empty": ""} {
			put(t, text, file)
			if v := verify(t, packet); v.OK() && !(name == "longer" && file == bundle.StatementPath(packet)) {
				t.Errorf("%s is %s, and the packet holds", filepath.Base(file), name)
			}
		}
		if file != packet && file != bundle.StatementPath(packet) {
			remove(t, file)
			if v := verify(t, packet); v.OK() {
				t.Errorf("%s is gone, and the packet holds", filepath.Base(file))
			}
		}
		put(t, whole, file)
	}
	wantHolds(t, packet, dir)
	remove(t, bundle.StatementPath(packet))
	v := verify(t, packet)
	if !v.OK() || !v.Promotable || v.Statement != "" || len(v.Findings) != 1 || v.Findings[0].Code != bundle.StatementMissing {
		t.Errorf("without its statement: %+v", v)
	}
}

func TestVerifyPacketFindsAnotherBundle(t *testing.T) {
	type list = []bundle.FindingCode
	tests := map[string]struct {
		change func(t *testing.T, out, dir string)
		want   list
	}{
		"repaired": {func(t *testing.T, out, dir string) {
			replaceIn(t, "of", "fo", dir, "baseline_results.json")
			if _, err := bundle.Reindex(out, true); err != nil {
				t.Fatal(err)
			}
		}, list{bundle.BadStatement, bundle.DigestDiffers, bundle.PromotabilityDiffers}},
		"committed_anew": {func(t *testing.T, out, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			r := newRun("r1")
			r.summary.ExpectedProfiles = []string{"p"}
			r.write(t, out)
		}, list{bundle.BadStatement, bundle.DigestDiffers}},
		"committed_anew_with_a_reason": {func(t *testing.T, out, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			r := newRun("r1")
			r.opts.Channel, r.manifest.Channel = "direct", "direct"
			r.write(t, out)
		}, list{bundle.BadStatement, bundle.DigestDiffers, bundle.PromotabilityDiffers}},
		"a_file_more": {func(t *testing.T, _, dir string) { put(t, "{}", dir, "notes.json") }, list{}},
		"an_artifact_more": {func(t *testing.T, _, dir string) {
			doc := newRun("r1").documents(t)["path_witnesses.json"]
			put(t, doc, dir, "path_witnesses.json")
			entry := fmt.Sprintf(`{"path": "out/r1/path_witnesses.json", "file_size": %d, "sha256": "%s", "schema_version": null},`, len(doc), bundle.DigestOf([]byte(doc)))
			replaceIn(t, `"artifacts": [`, `"artifacts": [`+entry, dir, bundle.IndexFile)
		}, list{bundle.BadStatement, bundle.DigestDiffers, bundle.PacketDiffers}},
		"an_artifact_less": {func(t *testing.T, _, dir string) {
			replaceIn(t, "baseline_results.json", "baseline_other.json", dir, bundle.IndexFile)
			rename(t, filepath.Join(dir, "baseline_results.json"), filepath.Join(dir, "baseline_other.json"))
		}, list{bundle.BadReference, bundle.BadStatement, bundle.DigestDiffers, bundle.Disagrees, bundle.PromotabilityDiffers}},
		"manifest_forged": {func(t *testing.T, _, dir string) {
			replaceIn(t, `"label_filter": ""`, `"label_filter": "x"`, dir, bundle.ManifestFile)
			sealAnew(t, dir)
		}, list{bundle.BadStatement, bundle.DigestDiffers, bundle.PacketDiffers}},
		"manifest_disagrees": {func(t *testing.T, _, dir string) {
			replaceIn(t, `"planned": 3`, `"planned": 2`, dir, bundle.ManifestFile)
			sealAnew(t, dir)
		}, list{bundle.BadStatement, bundle.DigestDiffers, bundle.Disagrees, bundle.PacketDiffers, bundle.PromotabilityDiffers}},
		"summary_forged": {forgeSummary, list{bundle.BadStatement, bundle.DigestDiffers, bundle.Disagrees, bundle.PromotabilityDiffers}},
		"summary_and_packet_forged": {func(t *testing.T, out, dir string) {
			old := bundle.DigestOf([]byte(read(t, dir, bundle.IndexFile))).String()
			forgeSummary(t, out, dir)
			replaceIn(t, old, bundle.DigestOf([]byte(read(t, dir, bundle.IndexFile))).String(), out, "p.json")
		}, list{bundle.BadStatement, bundle.Disagrees, bundle.PromotabilityDiffers}},
		"state_forged": {func(t *testing.T, _, dir string) {
			replaceIn(t, `"complete"`, `"failed"`, dir, bundle.StatusFile)
			sealAnew(t, dir)
		}, list{bundle.BadState, bundle.BadStatement, bundle.DigestDiffers, bundle.PromotabilityDiffers}},
		"no_index": {func(t *testing.T, _, dir string) { remove(t, dir, bundle.IndexFile) },
			list{bundle.BadReference, bundle.BadStatement, bundle.IndexMissing, bundle.PacketDiffers, bundle.PromotabilityDiffers}},
		"no_run_folder": {func(t *testing.T, _, dir string) { rename(t, dir, dir+".away") }, list{bundle.BundleMissing}},
		"a_file_instead": {func(t *testing.T, _, dir string) {
			rename(t, dir, dir+".away")
			put(t, "", dir)
		}, list{bundle.BundleMissing}},
		"an_out_folder_instead": {func(t *testing.T, out, dir string) {
			rename(t, dir, filepath.Join(out, "r0", "r1"))
			rename(t, filepath.Join(out, "r0"), dir)
			put(t, "r1\n", dir, bundle.LatestFile)
		}, list{bundle.BundleMissing}},
		"a_bad_out_folder_instead": {func(t *testing.T, _, dir string) {
			rename(t, dir, filepath.Join(dir+".away", "r1"))
			rename(t, dir+".away", dir)
			put(t, "../r2\n", dir, bundle.LatestFile)
		}, list{bundle.BundleMissing}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out")
			packet := filepath.Join(out, "p.json")
			dir := emit(t, out, packet)
			tt.change(t, out, dir)
			v := verify(t, packet)
			if diff := cmp.Diff(tt.want, faultCodes(v)); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, v.Findings)
			}
			if name == "a_file_more" && (len(v.Findings) != 1 || v.Findings[0].Code != bundle.NotIndexed) {
				t.Errorf("the file is not said: %v", v.Findings)
			}
			if slices.Contains(tt.want, bundle.PromotabilityDiffers) && v.Findings[0].Code != bundle.PromotabilityDiffers {
				t.Errorf("a verdict that is not the bundle's comes first, got %v", v.Findings)
			}
		})
	}
}

// forgeSummary counts an observation that nobody made.
func forgeSummary(t *testing.T, _, dir string) {
	edit(t, dir, bundle.SummaryFile, func(s *bundle.Summary) { s.OutcomeCounts["scenario"]["allowed"]++ })
}

// Packets changed by hand, over a bundle that is promotable and one that is not.
func TestVerifyPacketFindsAnotherPacket(t *testing.T) {
	type list = []bundle.FindingCode
	base := t.TempDir()
	out := filepath.Join(base, "out")
	r := newRun("r1")
	r.artifacts = append(r.artifacts, "fixtures.json")
	r.write(t, out)
	r = newRun("r2")
	r.opts.Channel, r.manifest.Channel = "direct", "direct"
	r.write(t, out)
	newRun("r3").write(t, out)
	packet := filepath.Join(base, "p.json")
	only := func(code bundle.FindingCode) list { return list{code} }
	const yes = `"promotable_decision_stage": true,
    "reasons": [],`
	const no = `"promotable_decision_stage": false,
    "reasons": [
      "not_clean_channel"
    ],`
	tests := map[string]struct {
		run, old, new string
		want          list
	}{
		"untouched":            {"r1", "", "", list{}},
		"untouched_direct":     {"r2", "", "", list{}},
		"promotable":           {"r2", no, yes, only(bundle.PromotabilityDiffers)},
		"not_promotable":       {"r1", yes, no, only(bundle.PromotabilityDiffers)},
		"no_without_a_reason":  {"r2", no, strings.Replace(yes, "true", "false", 1), only(bundle.PromotabilityDiffers)},
		"reason_changed":       {"r2", "not_clean_channel", "dry_run", only(bundle.PromotabilityDiffers)},
		"reason_added":         {"r2", `"not_clean_channel"`, "\"dry_run\",\n      \"not_clean_channel\"", only(bundle.PromotabilityDiffers)},
		"reason_twice":         {"r2", `"not_clean_channel"`, "\"not_clean_channel\",\n      \"not_clean_channel\"", only(bundle.PromotabilityDiffers)},
		"reason_of_the_future": {"r2", `"not_clean_channel"`, "\"not_clean_channel\",\n      \"made_up\"", only(bundle.PromotabilityDiffers)},
		"gating_channel":       {"r2", `"channel": "direct"`, `"channel": "spawn_clean"`, only(bundle.PromotabilityDiffers)},
		"gating_apply":         {"r1", `"apply_ok": true`, `"apply_ok": null`, only(bundle.PromotabilityDiffers)},
		"gating_self":          {"r1", `"layers": 0`, `"layers": 1`, only(bundle.PromotabilityDiffers)},
		"run_id":               {"r1", `"run_id": "r1"`, `"run_id": "r3"`, only(bundle.PacketDiffers)},
		"world_id":             {"r1", linuxWorld, macWorld, only(bundle.PacketDiffers)},
		"selection":            {"r1", `"label_filter": ""`, `"label_filter": "x"`, only(bundle.PacketDiffers)},
		"digest":               {"r1", `"sha256": "`, `"sha256": "` + strings.Repeat("0", 64) + `", "was": "`, list{bundle.DigestDiffers, bundle.PacketDiffers}},
		"another_run":          {"r1", `r1/`, `r3/`, list{bundle.BadReference, bundle.DigestDiffers, bundle.PacketDiffers}},
		"one_of_another_run":   {"r1", `r1/baseline`, `r3/baseline`, only(bundle.BadReference)},
		"the_index_of_another": {"r1", `r1/artifact_index`, `r3/artifact_index`, only(bundle.BadReference)},
		"another_artifact":     {"r1", `r1/runtime_results.json`, `r1/baseline_results.json`, only(bundle.BadReference)},
		"an_artifact_it_lacks": {"r1", `"fixtures":`, `"path_witnesses": "out/r1/path_witnesses.json", "fixtures":`, list{bundle.BadReference, bundle.PacketDiffers}},
		"an_artifact_less":     {"r1", "\n  \"fixtures\": \"out/r1/fixtures.json\",", "", only(bundle.PacketDiffers)},
		"up":                   {"r1", `out/r1/`, `../` + filepath.Base(base) + `/out/r1/`, only(bundle.BadReference)},
		"up_and_down":          {"r1", `out/r1/`, `out/r3/../r1/`, only(bundle.BadReference)},
		"dotted":               {"r1", `out/r1/`, `./out/r1/`, only(bundle.BadReference)},
		"slashed":              {"r1", `out/r1/`, `out//r1/`, only(bundle.BadReference)},
		"backslash":            {"r1", `out/r1/`, `out\\r1/`, only(bundle.BadReference)},
		"nul":                  {"r1", `out/r1/`, `out/r1\u0000/`, only(bundle.BadReference)},
		"absolute":             {"r1", `out/r1/`, filepath.ToSlash(out) + `/r1/`, list{}},
		"absolute_with_dots":   {"r1", `out/r1/`, filepath.ToSlash(out) + `/../out/r1/`, only(bundle.BadReference)},
		"one_absolute":         {"r1", `out/r1/summary`, filepath.ToSlash(out) + `/r1/summary`, only(bundle.BadReference)},
		"long_path":            {"r1", `out/r1/`, strings.Repeat("x", 300) + `/r1/`, only(bundle.BundleMissing)},
		"indented_otherwise":   {"r1", "\n  ", "\n   ", only(bundle.PacketDiffers)},
		"a_key_more":           {"r1", `"run_id"`, `"signed_off": true, "run_id"`, only(bundle.PacketDiffers)},
		"pointer_taken_away":   {"r1", `"artifact_index"`, `"artifact_indices"`, only(bundle.PacketUnbound)},
		"schema":               {"r1", "v0.2", "v1.0", only(bundle.BadPacket)},
		"key_in_capitals":      {"r1", `"promotability"`, `"Promotability"`, only(bundle.BadPacket)},
		"inner_key_twice":      {"r2", `"promotable_decision_stage": false`, `"promotable_decision_stage": false, "promotable_decision_stage": true`, only(bundle.BadPacket)},
		"inner_key_folded":     {"r2", `"promotable_decision_stage": false`, `"Promotable_decision_stage": true, "promotable_decision_stage": false`, only(bundle.BadPacket)},
		"folded_beyond_ascii":  {"r1", `"run_manifest"`, `"run_manife\u017ft": "x", "run_manifest"`, only(bundle.BadPacket)},
		"not_utf8":             {"r1", `"run_id": "r1"`, "\"run_id\": \"r\xff\"", only(bundle.BadPacket)},
		"half_a_pair":          {"r1", `"run_id": "r1"`, `"run_id": "r\ud800"`, only(bundle.BadPacket)},
		"other_half":           {"r1", `"run_id": "r1"`, `"run_id": "\udc00r"`, only(bundle.BadPacket)},
		"a_pair":               {"r1", `"run_id": "r1"`, `"run_id": "r\ud83d\ude00"`, only(bundle.PacketDiffers)},
		"deep":                 {"r1", `"layers": 0`, `"layers": ` + strings.Repeat("[", 1e6), only(bundle.BadPacket)},
		"deep_and_closed":      {"r1", `"layers": 0`, `"layers": ` + strings.Repeat("[", 1e5) + strings.Repeat("]", 1e5), only(bundle.BadPacket)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := bundle.Emit(filepath.Join(out, tt.run), packet, false); err != nil {
				t.Fatal(err)
			}
			if tt.old != "" {
				replaceIn(t, tt.old, tt.new, packet)
				remove(t, bundle.StatementPath(packet)) // its digest would tell, too
			}
			v := verify(t, packet)
			if diff := cmp.Diff(tt.want, faultCodes(v)); diff != "" {
				t.Errorf("faults (-want +got):\n%s\n%v", diff, v.Findings)
			}
			if v.Promotable != (len(tt.want) == 0 && tt.run == "r1") {
				t.Errorf("promotable = %v", v.Promotable)
			}
		})
	}
}

func TestVerifyPacketFindsAnotherStatement(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	packet := filepath.Join(out, "p.json")
	emit(t, out, packet)
	statement := bundle.StatementPath(packet)
	good := read(t, statement)
	digest := bundle.DigestOf([]byte(read(t, packet))).String()
	tests := map[string]struct {
		old, new string
		ok       bool
	}{
		"untouched":         {good, good, true},
		"field_more":        {`"result"`, `"url": "https://example.com/run/1", "result"`, true},
		"subject_renamed":   {`"name": "p.json"`, `"name": "_"`, true},
		"laid_out":          {"\n", "\n\n", true},
		"result":            {"PASSED", "WARNED", false},
		"subject":           {digest, strings.Repeat("0", 64), false},
		"subject_less":      {`"subject": [`, `"was": [`, false},
		"another_algorithm": {`"sha256": "` + digest, `"sha512": "` + digest, false},
		"type":              {"Statement/v1", "Statement/v0.1", false},
		"predicate_type":    {"test-result/v0.1", "test-result/v0.2", false},
		"test_more":         {`"failedTests": []`, `"failedTests": ["scenario:proof:p3"]`, false},
		"test_less":         {`"scenario:proof:p0",`, "", false},
		"configuration":     {strings.Repeat("ab", 32), strings.Repeat("ba", 32), false},
		"annotation":        {`"channel": "spawn_clean"`, `"channel": "direct"`, false},
		"key_twice":         {`"result"`, `"result": "PASSED", "result"`, false},
		"key_in_capitals":   {`"result"`, `"Result"`, false},
		"key_folded":        {`"result"`, `"Result": "FAILED", "result"`, false},
		"empty":             {good, "", false},
		"array":             {good, "[]", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			put(t, strings.ReplaceAll(good, tt.old, tt.new), statement)
			v := verify(t, packet)
			want := []bundle.FindingCode{}
			if !tt.ok {
				want = append(want, bundle.BadStatement)
			}
			if diff := cmp.Diff(want, faultCodes(v)); diff != "" || (v.Statement != "") != tt.ok {
				t.Errorf("faults (-want +got):\n%s\n%+v", diff, v)
			}
		})
	}
	t.Run("link", func(t *testing.T) {
		rename(t, statement, statement+".real")
		if err := os.Symlink(statement+".real", statement); err != nil {
			t.Skip(err)
		}
		if got := faultCodes(verify(t, packet)); !slices.Equal(got, []bundle.FindingCode{bundle.BadStatement}) {
			t.Errorf("a link for a statement: %v", got)
		}
	})
}

// A bundle that does not load has a packet that says so, and does not hold.
func TestVerifyPacketOfAFailedRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	r := newRun("r1")
	r.fail = errors.New("worker lost")
	dir := r.write(t, out)
	packet := filepath.Join(out, "p.json")
	if _, err := bundle.Emit(dir, packet, false); err != nil {
		t.Fatal(err)
	}
	v := verify(t, packet)
	if got := faultCodes(v); !slices.Equal(got, []bundle.FindingCode{bundle.RunFailed}) || v.Promotable {
		t.Errorf("VerifyPacket = %+v", v)
	}
	put(t, "{}", bundle.StatementPath(packet))
	if got := faultCodes(verify(t, packet)); !slices.Contains(got, bundle.BadStatement) {
		t.Errorf("a statement about a failed run: %v", got)
	}
}

func TestVerifyPacketThatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	if _, err := bundle.VerifyPacket(filepath.Join(dir, "none.json"), ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	packet := filepath.Join(dir, "p.json")
	emit(t, filepath.Join(dir, "out"), packet)
	link := filepath.Join(dir, "link.json")
	if err := os.Symlink(packet, link); err != nil {
		t.Skip(err)
	}
	huge := filepath.Join(dir, "huge.json")
	put(t, "{", huge)
	if err := os.Truncate(huge, 1<<40); err != nil { // sparse
		t.Skip(err)
	}
	for _, path := range []string{link, huge, dir, "/dev/zero"} {
		if got := faultCodes(verify(t, path)); !slices.Equal(got, []bundle.FindingCode{bundle.BadPacket}) {
			t.Errorf("%s: %v", path, got)
		}
		if p, err := bundle.LoadPacket(path); err == nil {
			t.Errorf("LoadPacket(%s) = %+v", path, p)
		}
	}
}

// A packet of the reference system is read, and judged as far as it goes.
func TestVerifyReferencePacket(t *testing.T) {
	real := filepath.Join(referenceBundles(t), "anchor-filter-map.iokit-class")
	packet := filepath.Join(real, "anchor-filter-map.iokit-class.promotion_packet.json")
	if got := faultCodes(verify(t, packet)); !slices.Equal(got, []bundle.FindingCode{bundle.BundleMissing, bundle.PacketUnbound}) {
		t.Errorf("without its repository: %v", got)
	}
	// Its repository, with the out folder where it was.
	root := t.TempDir()
	var p bundle.Packet
	if err := json.Unmarshal([]byte(read(t, packet)), &p); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, filepath.Dir(filepath.FromSlash(p.RunManifest)))
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(real, filepath.Base(dir)))); err != nil {
		t.Fatal(err)
	}
	check := func(path string, reasons []bundle.Reason, want ...bundle.FindingCode) {
		t.Helper()
		v, err := bundle.VerifyPacket(path, root)
		if err != nil {
			t.Fatal(err)
		}
		if got := faultCodes(v); !slices.Equal(got, want) || v.RunDir != dir || v.Promotable || !slices.Equal(v.Reasons, reasons) {
			t.Errorf("VerifyPacket = %+v, want %v", v, want)
		}
	}
	check(packet, []bundle.Reason{}, bundle.PacketUnbound)
	// Emitted anew it is bound, and holds; there is no statement about it.
	ours := filepath.Join(root, "p.json")
	if _, err := bundle.Emit(dir, ours, true); err != nil {
		t.Fatal(err)
	}
	if v := verify(t, ours); !v.OK() || !v.Promotable || v.Statement != "" || len(v.Findings) > 0 {
		t.Errorf("emitted anew: %+v", v)
	}
	replaceIn(t, `"apply_ok": true`, `"apply_ok": null`, dir, bundle.ManifestFile)
	sealAnew(t, dir)
	check(packet, []bundle.Reason{bundle.ApplyFailed}, bundle.PacketUnbound, bundle.PromotabilityDiffers)
}

// A bundle is judged by what was hashed, whatever the same value is written as.
func TestVerifyPacketOfABundleWithOtherBytes(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	packet := filepath.Join(out, "p.json")
	dir := emit(t, out, packet)
	text, err := canon.Transcode([]byte(read(t, dir, bundle.ManifestFile)), canon.TightSorted)
	if err != nil {
		t.Fatal(err)
	}
	put(t, string(text), dir, bundle.ManifestFile)
	sealAnew(t, dir)
	if got := faultCodes(verify(t, packet)); !slices.Equal(got, []bundle.FindingCode{bundle.BadStatement, bundle.DigestDiffers}) {
		t.Errorf("the same manifest in other bytes: %v", got)
	}
}
