package bundle_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// FuzzIndex puts any bytes in the index's place. The law: what loads is whole,
// every byte of it lies in the run folder, and nothing else is handed out.
func FuzzIndex(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	dir := newRun("r1").write(f, out)
	secret := "secret outside the run folder"
	put(f, secret, out, "secret")
	good := read(f, dir, bundle.IndexFile)
	digest := bundle.DigestOf([]byte(secret)).String()
	for _, path := range []string{"out/r1/../secret", "/etc/passwd", "../secret", "r1", "", "out/secret", `out\\r1\\x`} {
		f.Add([]byte(strings.Replace(good, "out/r1/runtime_results.json", path, 1)))
	}
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, `"sha256": "`, `"sha256": null, "x": "`, 1)))
	f.Add([]byte(`{"schema_version":"runtime-tools.artifact_index.v0.1","run_id":"r1","artifacts":[{"path":"../secret","file_size":29,"sha256":"` + digest + `"}],"status":"ok"}`))
	whole := map[string]string{}
	for _, name := range []string{bundle.StatusFile, bundle.ManifestFile, bundle.SummaryFile, "expected_matrix.json", "runtime_results.json",
		"runtime_events.normalized.json", "baseline_results.json"} {
		whole[name] = read(f, dir, name)
	}
	f.Fuzz(func(t *testing.T, index []byte) {
		put(t, string(index), dir, bundle.IndexFile)
		v, err := bundle.Validate(dir)
		if err != nil {
			t.Fatalf("Validate = %v, a bad index is a finding", err)
		}
		b, err := bundle.Load(dir)
		var bad *bundle.IntegrityError
		if err != nil && !errors.As(err, &bad) {
			t.Fatalf("Load = %v, want an *IntegrityError", err)
		}
		if err == nil != (v.OK() && v.Status == bundle.IndexOK) {
			t.Fatalf("Load = %v, Validate = %+v", err, v)
		}
		if err != nil {
			return
		}
		for _, name := range b.Names() {
			data, err := b.Read(name)
			if err != nil || string(data) != whole[name] {
				t.Fatalf("Read(%q) = %q, %v", name, data, err)
			}
		}
	})
}

func FuzzLatest(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	newRun("r1").write(f, out)
	for _, seed := range []string{"r1\n", "r1", "", "\n", "..\n", "../out/r1", "r1/.", "/", "r1\r\n", "r1\x00", ".", "r2\n", "LATEST\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		put(t, string(text), out, bundle.LatestFile)
		b, err := bundle.Load(out)
		var bad *bundle.IntegrityError
		switch {
		case err == nil && (b.Dir != filepath.Join(out, "r1") || string(bytes.TrimSuffix(text, []byte("\n"))) != "r1"):
			t.Fatalf("LATEST %q led to %s", text, b.Dir)
		case err != nil && !errors.As(err, &bad):
			t.Fatalf("LATEST %q: %v, want an *IntegrityError", text, err)
		}
	})
}

func FuzzPacket(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	newRun("r1").write(f, out)
	path := filepath.Join(out, "packet.json")
	if _, err := bundle.Emit(out, path, false); err != nil {
		f.Fatal(err)
	}
	good := read(f, path)
	f.Add([]byte(good))
	f.Add([]byte(strings.Replace(good, "true", "false", 1)))
	f.Add([]byte(strings.Replace(good, `"reasons": []`, `"reasons": ["x"]`, 1)))
	f.Add([]byte(strings.Replace(good, "r1/", "../../r1/", 1)))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		put(t, string(text), path)
		p, err := bundle.LoadPacket(path)
		if err != nil {
			return
		}
		if p.Promotability.PromotableDecisionStage && len(p.Promotability.Reasons) > 0 {
			t.Fatalf("promotable against %v", p.Promotability.Reasons)
		}
		if p.RunManifest == "" || p.RuntimeResults == "" || !bytes.Contains(text, []byte("promotion_packet")) {
			t.Fatalf("taken for a packet: %q", text)
		}
		if b, err := p.Open(); err == nil && p.ArtifactIndex != nil && b.IndexDigest != p.ArtifactIndex.SHA256 {
			t.Fatalf("opened another bundle than %s", p.ArtifactIndex.SHA256)
		}
	})
}

// FuzzDeep puts any bytes in a document's place and seals them. The law: they can
// be judged, and what is not in order is not promotable.
func FuzzDeep(f *testing.F) {
	dir := foretoldRun(f)
	out := filepath.Dir(dir)
	names := []string{
		"expected_matrix.json", "runtime_results.json", "runtime_events.normalized.json", "baseline_results.json", bundle.SummaryFile,
		"oracle_results.json", "mismatch_packets.jsonl",
	}
	whole := map[string]string{}
	for i, name := range names {
		whole[name] = read(f, dir, name)
		f.Add(byte(i), []byte(whole[name]))
		f.Add(byte(i), []byte(strings.Replace(whole[name], `"deny"`, `"allow"`, 1)))
		f.Add(byte(i), []byte(strings.Replace(whole[name], `:`, `:{"a":1,"a":2},"x":`, 1)))
		f.Add(byte(i), []byte(`[null]`))
		f.Add(byte(i), []byte(`{"profiles":{"p":{"probes":[{}]}},"results":[{}]}`))
	}
	f.Fuzz(func(t *testing.T, which byte, doc []byte) {
		name := names[int(which)%len(names)]
		put(t, string(doc), dir, name)
		sealAnew(t, dir)
		defer put(t, whole[name], dir, name)
		v, err := bundle.ValidateDeep(dir)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if b, err := bundle.Load(dir); err != nil && v.OK() {
			t.Fatalf("%s: Load = %v, %v, and nothing to find", name, b, err)
		}
		p, err := bundle.Emit(dir, filepath.Join(out, "packet.json"), false)
		if err != nil || p.Promotability.PromotableDecisionStage && !v.OK() {
			t.Fatalf("%s: %+v, %v with %v", name, p, err, v.Findings)
		}
		sameVerdict(t, filepath.Join(out, "packet.json"), p)
		if st := readStatement(t, filepath.Join(out, "packet.json")); st != nil && !v.OK() {
			t.Fatalf("%s: %+v over %v", name, st, v.Findings)
		}
	})
}

// FuzzVerifyPacket puts any bytes in a packet's place. The law: it only holds
// when the bundle loads strictly, is the one whose index it names, and gives the
// verdict it says.
func FuzzVerifyPacket(f *testing.F) {
	out := filepath.Join(f.TempDir(), "out")
	r := newRun("r2")
	r.opts.Channel, r.manifest.Channel = "direct", "direct"
	r.write(f, out)
	path := filepath.Join(out, "packet.json")
	for _, id := range []string{"r2", "r1"} {
		if id == "r1" {
			newRun("r1").write(f, out)
		}
		if _, err := bundle.Emit(filepath.Join(out, id), path, false); err != nil {
			f.Fatal(err)
		}
		good := read(f, path)
		f.Add([]byte(good))
		for _, change := range [][2]string{
			{"true", "false"}, {"false", "true"}, {`"reasons": []`, `"reasons": ["x"]`}, {`"not_clean_channel"`, ""}, {id + "/", "../" + id + "/"},
			{id + "/", ""}, {id, "r1"}, {id, "r2"}, {`"artifact_index"`, `"x"`}, {`"sha256"`, `"x"`}, {`"run_id"`, `"Run_id"`}, {"\n", ""},
		} {
			f.Add([]byte(strings.ReplaceAll(good, change[0], change[1])))
		}
	}
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		put(t, string(text), path)
		v, err := bundle.VerifyPacket(path, "")
		if err != nil {
			t.Fatalf("VerifyPacket = %v: a bad packet is a finding", err)
		}
		if v.Promotable && (!v.OK() || len(v.Reasons) > 0) {
			t.Fatalf("promotable: %+v", v)
		}
		if !v.OK() {
			return
		}
		p, err := bundle.LoadPacket(path)
		if err != nil {
			t.Fatalf("holds and does not read: %v", err)
		}
		b, err := bundle.Load(v.RunDir)
		if err != nil {
			t.Fatalf("holds over a bundle that does not load: %v", err)
		}
		if p.ArtifactIndex == nil || p.ArtifactIndex.SHA256 != b.IndexDigest || p.RunID != b.RunID() || p.WorldID != b.WorldID() {
			t.Fatalf("holds, and is about another bundle: %s", text)
		}
		if p.Promotability.PromotableDecisionStage != (b.RunID() == "r1") || p.Promotability.PromotableDecisionStage != v.Promotable {
			t.Fatalf("holds with the wrong verdict: %s", text)
		}
		if opened, err := p.Open(); err != nil || opened.Dir != v.RunDir {
			t.Fatalf("holds and opens %v, %v", opened, err)
		}
	})
}
