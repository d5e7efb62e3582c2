package bundle_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
)

const olderRun = "older-run-1"

// olderTree lays the older generation's run out as its repository had it: paths
// in index and packet are the repository's. The packet is at its root.
func olderTree(t *testing.T) (out, packet string) {
	t.Helper()
	root := t.TempDir()
	out = filepath.Join(root, "suites", "notes", "out")
	if err := os.CopyFS(out, os.DirFS(filepath.Join("testdata", "older"))); err != nil {
		t.Fatal(err)
	}
	const name = "notes.promotion_packet.json"
	packet = filepath.Join(root, name)
	if err := os.Rename(filepath.Join(out, name), packet); err != nil {
		t.Fatal(err)
	}
	return out, packet
}

// A run of the older generation loads as ours do, through LATEST and without,
// and each of its files is handed out.
func TestOlderBundleLoads(t *testing.T) {
	out, _ := olderTree(t)
	for _, path := range []string{out, filepath.Join(out, olderRun), filepath.Join("testdata", "older", olderRun)} {
		b, err := bundle.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		if b.RunID() != olderRun || b.WorldID() != macWorld || len(b.Warnings) > 0 {
			t.Errorf("%s: run %s of world %s, warnings %v", path, b.RunID(), b.WorldID(), b.Warnings)
		}
		if b.Status.State != bundle.StateComplete || b.Manifest == nil || b.Manifest.ApplyPreflight == nil || b.Summary == nil || b.Summary.Status != bundle.StatusPartial {
			t.Errorf("%s: status %+v, manifest %+v, summary %+v", path, b.Status, b.Manifest, b.Summary)
		}
		for _, name := range b.Names() {
			data, err := b.Read(name)
			if err != nil || string(data) != read(t, "testdata", "older", olderRun, name) {
				t.Errorf("%s: Read(%s): %v", path, name, err)
			}
		}
		if n := len(b.Names()); n != 14 {
			t.Errorf("%s: %d artifacts, want 14", path, n)
		}
		if v, err := bundle.Validate(path); err != nil || !v.OK() {
			t.Errorf("Validate(%s) = %+v, %v", path, v, err)
		}
	}
}

// Its packet opens the run, and what we make of the run says the same.
func TestOlderPacket(t *testing.T) {
	out, packet := olderTree(t)
	old, err := bundle.LoadPacket(packet)
	if err != nil {
		t.Fatal(err)
	}
	b, err := old.Open()
	if err != nil || b.RunID() != olderRun {
		t.Fatalf("Open = %+v, %v", b, err)
	}
	ours, err := bundle.Emit(out, filepath.Join(t.TempDir(), "p.json"), true)
	if err != nil {
		t.Fatal(err)
	}
	text := func(p bundle.Promotability) string {
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if diff := cmp.Diff(text(old.Promotability), text(ours.Promotability)); diff != "" {
		t.Errorf("promotability (-older packet +ours):\n%s", diff)
	}
	if ours.SchemaVersion != bundle.SchemaPacket || ours.ArtifactIndex == nil || ours.ArtifactIndex.SHA256 != b.IndexDigest {
		t.Errorf("our packet of it: %+v", ours)
	}
}

// The older generation is judged by the same rules.
func TestOlderPromotability(t *testing.T) {
	for name, tt := range map[string]struct {
		file, old, new string
		want           []bundle.Reason
	}{
		"as_it_is":         {want: []bundle.Reason{}},
		"apply_failed":     {bundle.ManifestFile, `"apply_ok": true`, `"apply_ok": false`, []bundle.Reason{bundle.ApplyFailed}},
		"no_preflight":     {bundle.ManifestFile, `"record": {`, `"record": null, "was": {`, []bundle.Reason{bundle.ApplyPreflightMissing}},
		"born_confined":    {bundle.ManifestFile, `"error": "libsystem_sandbox not found"`, `"rc": 1, "sandboxed": true`, []bundle.Reason{bundle.AlreadySandboxed}},
		"dry":              {bundle.ManifestFile, `"dry_run": false`, `"dry_run": true`, []bundle.Reason{bundle.DryRun}},
		"summary_failed":   {bundle.SummaryFile, `"partial"`, `"failed"`, []bundle.Reason{bundle.BundleFailed}},
		"listed_missing":   {bundle.IndexFile, `"missing": []`, `"missing": ["suites/notes/out/older-run-1/fixtures.json"]`, []bundle.Reason{bundle.BundleIncomplete}},
		"another_major":    {bundle.ManifestFile, `run_manifest.v0.2`, `run_manifest.v1.2`, []bundle.Reason{bundle.IntegrityUnverified}},
		"another_document": {bundle.SummaryFile, `summary.v0.2`, `run_status.v0.2`, []bundle.Reason{bundle.IntegrityUnverified}},
	} {
		t.Run(name, func(t *testing.T) {
			out, _ := olderTree(t)
			dir := filepath.Join(out, olderRun)
			if tt.old != "" {
				replaceIn(t, tt.old, tt.new, dir, tt.file)
				if tt.file != bundle.IndexFile {
					sealAnew(t, dir)
				}
			}
			p, err := bundle.Emit(out, filepath.Join(t.TempDir(), "p.json"), false)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Promotability.Reasons); diff != "" {
				t.Errorf("reasons (-want +got):\n%s", diff)
			}
		})
	}
}

// documents are the kinds that are read by their schema string, with a reader of
// a text in which ours was replaced.
var documents = []struct {
	schema string // as written
	read   func(t *testing.T, schema string) error
}{
	{bundle.SchemaIndex, sealed(bundle.IndexFile)},
	{bundle.SchemaStatus, sealed(bundle.StatusFile)},
	{bundle.SchemaManifest, sealed(bundle.ManifestFile)},
	{bundle.SchemaSummary, sealed(bundle.SummaryFile)},
	{bundle.SchemaPacket, func(t *testing.T, schema string) error {
		_, packet := olderTree(t)
		replaceIn(t, "hardened-runtime.promotion_packet.v0.2", schema, packet)
		_, err := bundle.LoadPacket(packet)
		return err
	}},
}

// sealed reads a run whose document says it has the schema.
func sealed(file string) func(t *testing.T, schema string) error {
	return func(t *testing.T, schema string) error {
		out, _ := olderTree(t)
		dir := filepath.Join(out, olderRun)
		var doc struct {
			Schema string `json:"schema_version"`
		}
		if err := json.Unmarshal([]byte(read(t, dir, file)), &doc); err != nil {
			t.Fatal(err)
		}
		replaceIn(t, `"`+doc.Schema+`"`, `"`+schema+`"`, dir, file)
		if file != bundle.IndexFile {
			sealAnew(t, dir)
		}
		_, err := bundle.Load(out)
		return err
	}
}

// Every document takes each minor version of major 0 from both families, and
// nothing else.
func TestSchemaStrings(t *testing.T) {
	for i, doc := range documents {
		name := strings.TrimPrefix(doc.schema[:strings.LastIndex(doc.schema, ".v")], "runtime-tools.")
		other := documents[(i+1)%len(documents)].schema
		for schema, ok := range map[string]bool{
			doc.schema:                                                     true,
			"runtime-tools." + name + ".v0.0":                              true,
			"runtime-tools." + name + ".v0.1":                              true,
			"runtime-tools." + name + ".v0.2":                              true,
			"runtime-tools." + name + ".v0.37":                             true,
			"hardened-runtime." + name + ".v0.1":                           true,
			"hardened-runtime." + name + ".v0.2":                           true,
			"hardened-runtime." + name + ".v0.9":                           true,
			"runtime-tools." + name + ".v1.0":                              false,
			"runtime-tools." + name + ".v2.1":                              false,
			"hardened-runtime." + name + ".v1.2":                           false,
			"someone." + name + ".v0.1":                                    false,
			name + ".v0.1":                                                 false,
			"runtime-tools." + name:                                        false,
			"runtime-tools." + name + ".v0":                                false,
			"runtime-tools." + name + ".v0.1.2":                            false,
			"runtime-tools." + name + ".v0.x":                              false,
			"runtime-tools." + name + ".v-0.1":                             false,
			"runtime-tools." + name + ".v0.1 ":                             false,
			"Runtime-Tools." + name + ".v0.1":                              false,
			"runtime-tools." + name + "s.v0.1":                             false,
			other:                                                          false,
			strings.Replace(other, "runtime-tools", "hardened-runtime", 1): false,
			"": false,
		} {
			t.Run(name+"/"+schema, func(t *testing.T) {
				if err := doc.read(t, schema); (err == nil) != ok {
					t.Errorf("%q: %v, want ok %t", schema, err, ok)
				}
			})
		}
	}
}

// So does what the index says of the documents that only their readers look
// into.
func TestIndexedSchemaStrings(t *testing.T) {
	for _, schema := range []string{
		"hardened-runtime.apply_preflight.v0.2", "hardened-runtime.baseline_results.v0.2", "hardened-runtime.path_witnesses.v0.2",
		"hardened-runtime.oracle_results.v0.2", "hardened-runtime-mismatch-packet.v0.1",
	} {
		name := schema[:strings.LastIndex(schema, ".v")]
		for given, ok := range map[string]bool{
			name + ".v0.0": true, name + ".v0.9": true, strings.Replace(schema, "hardened-runtime", "runtime-tools", 1): true,
			name + ".v1.0": false, name + ".v2.2": false, name: false, "": false,
		} {
			t.Run(given+" for "+name, func(t *testing.T) {
				out, _ := olderTree(t)
				replaceIn(t, `"`+schema+`"`, `"`+given+`"`, out, olderRun, bundle.IndexFile)
				if _, err := bundle.Load(out); (err == nil) != ok {
					t.Errorf("Load = %v, want ok %t", err, ok)
				}
			})
		}
	}
}
