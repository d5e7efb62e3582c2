package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rtgen/rtgen/harness"
)

// putFile writes a file of a test's own.
func putFile(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// The matrix of every plan of ours compiles to what the plan compiles to, in the
// scenario lane: policies with all their layers, probes with their fixtures. Of
// macOS's plans it lacks what the reference's matrix lacks.
func TestMatrixIsEnough(t *testing.T) {
	root := repository(t)
	src := harness.Source{Root: root}
	plans, err := filepath.Glob(filepath.Join(root, "plans", "*", "plan.json"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("plans %q, %v", plans, err)
	}
	scenarioOnly := harness.LaneSet{Scenario: true}
	for _, plan := range plans {
		t.Run(filepath.Base(filepath.Dir(plan)), func(t *testing.T) {
			t.Parallel()
			want, err := harness.CompilePlan(src, plan)
			if err != nil {
				t.Fatal(err)
			}
			matrix, err := want.ExpectedMatrix("w")
			if err != nil {
				t.Fatal(err)
			}
			got, err := src.CompileMatrix(putFile(t, "expected_matrix.json", string(matrix)), harness.MatrixOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got.WorldID != "w" || got.Lanes != scenarioOnly {
				t.Errorf("world %q, lanes %+v", got.WorldID, got.Lanes)
			}
			for i := range want.Profiles {
				p := &want.Profiles[i]
				for j := range p.Scenarios {
					s := &p.Scenarios[j]
					s.Lanes = scenarioOnly
					if p.Mode != harness.ModeLandlock {
						s.Capabilities = nil
					}
				}
				p.KeySpecificRules = nil
			}
			same := cmp.Options{
				cmpopts.EquateEmpty(),
				cmpopts.IgnoreFields(harness.CompiledPolicy{}, "File", "Line"), cmpopts.IgnoreFields(harness.Scenario{}, "File", "Line"),
			}
			if diff := cmp.Diff(want.Profiles, got.Profiles, same); diff != "" {
				t.Errorf("profiles (-plan +matrix):\n%s", diff)
			}
			again, err := got.ExpectedMatrix("w")
			if err != nil || string(again) != string(matrix) {
				t.Errorf("the matrix of the matrix is another: %v", err)
			}
		})
	}
}

// row is a matrix of one row; what it says of the profile and of the row is added.
func row(profile, row string) string {
	return `{"world_id": null, "profiles": {
"p": {"blob": "p.json", "mode": "landlock", "family": null, "semantic_group": null` + profile + `, "probes": [
{"name": "r", "operation": "fs.read_file", "target": "${workspace}/f", "expected": "allow", "expectation_id": "p:r"` + row + `}
]}}}`
}

// What a matrix says and this build would not do is a fault with the row and the
// key, never passed over.
func TestCompileMatrixRefuses(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": "module m\n", "p.json": layeredTexts["profiles/read.json"]})
	src := harness.Source{Root: root}
	for _, tt := range []struct{ name, matrix, want string }{
		{"no_json", `{`, `m.json:1: not valid JSON`},
		{"another_document", `{"demo": {"status": "ok"}}`, `m.json:1: key "profiles" is missing; add it`},
		{"no_rows", `{"profiles": {"p": {"blob": "p.json", "mode": "landlock", "probes": []}}}`, `m.json:1: profiles: has no probes in any profile, there is nothing to run`},
		{"key_of_row", row(``, `, "payload": 1`), `m.json:3: profiles.p.probes[0].payload: unknown key`},
		{"key_of_profile", row(`, "rules": []`, ``), `m.json:2: profiles.p.rules: unknown key`},
		{"key_of_fixture", row(``, `, "fixture": {"threads": 2}`), `m.json:3: profiles.p.probes[0].fixture.threads: unknown key`},
		{"key_of_layer", row(`, "landlock": {"layers": [{"files": ["p.json"], "quiet": true}]}`, ``), `m.json:2: profiles.p.landlock.layers[0].quiet: unknown key`},
		{"preflight", row(`, "preflight": "force"`, ``), `m.json:2: profiles.p.preflight: is said of a whole run here; remove it, and run with --apply-gate`},
		{"no_id", strings.Replace(row(``, ``), `, "expectation_id": "p:r"`, ``, 1), `m.json:3: profiles.p.probes[0]: key "expectation_id" is missing`},
		{"id_twice", strings.Replace(row(``, ``), "\n]}", ",\n"+`{"name": "s", "operation": "fs.read_file", "target": "/x", "expected": "deny", "expectation_id": "p:r"}`+"\n]}", 1), `m.json:4: profiles.p.probes[1].expectation_id: "p:r" stands twice, first on line 3`},
		{"driver", row(``, `, "driver": "sandbox_mach_probe"`), `m.json:3: probe "p:r": unknown driver "sandbox_mach_probe"`},
		{"syscall", row(``, `, "syscall": "openat9"`), `m.json:3: probe "p:r": operation "fs.read_file" has no syscall variant "openat9"`},
		{"operation", strings.Replace(row(``, ``), "fs.read_file", "fs.read_flie", 1), `m.json:3: probe "p:r": unknown operation "fs.read_flie"`},
		{"capability", row(``, `, "capabilities_required": ["landlock.abi>=x"]`), `m.json:3: probe "p:r": `},
		{"expected", strings.Replace(row(``, ``), `"allow"`, `"maybe"`, 1), `m.json:3: profiles.p.probes[0].expected: want "allow" or "deny", got "maybe"`},
		{"mode", strings.Replace(row(``, ``), `"landlock"`, `"seccomp"`, 1), `m.json:2: profile "p": mode "seccomp" has no engine in this build`},
		{"parameters_of_another_mode", row(`, "seatbelt": {}`, ``), `m.json:2: profiles.p.seatbelt: only goes with mode "sbpl"`},
		{"sidecar_of_another_mode", strings.Replace(row(`, "landlock": {}`, ``), `"landlock"`, `"sbpl"`, 1), `m.json:2: profiles.p.landlock: only goes with mode "landlock"`},
		{"blob_missing", strings.Replace(row(``, ``), "p.json", "q.json", 1), `m.json:2: profile "p": blob: "q.json" is not under the root`},
		{"blob_outside", strings.Replace(row(``, ``), "p.json", "../p.json", 1), `m.json:2: profiles.p.blob: "../p.json" contains ".."`},
		{"blob_absolute", strings.Replace(row(``, ``), "p.json", "/etc/passwd", 1), `m.json:2: profiles.p.blob: "/etc/passwd" is absolute; write it relative to the root`},
		{"blob_of_the_program", strings.Replace(row(``, ``), "p.json", "builtin:plans/none.json", 1), `m.json:2: profiles.p.blob: "builtin:plans/none.json" is not a file of this program`},
		{"writes_its_own", strings.Replace(row(``, ``), "fs.read_file", "fs.write_file", 1), ``},
		{"changes_the_host", strings.NewReplacer("fs.read_file", "fs.remove_file", "${workspace}/f", "/etc/f").Replace(row(``, ``)), `m.json:3: probe "p:r": fs.remove_file changes its target`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := src.CompileMatrix(putFile(t, "m.json", tt.matrix), harness.MatrixOptions{})
			if tt.want == "" {
				if err != nil {
					t.Errorf("CompileMatrix = %v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !harness.IsInputError(err) {
				t.Errorf("CompileMatrix = %v\nwant an input error with %s", err, tt.want)
			}
		})
	}
}

// Nothing is run for a world that would not be observed.
func TestCompileMatrixForAnotherWorld(t *testing.T) {
	root := tree(t, map[string]string{"go.mod": "module m\n", "p.json": layeredTexts["profiles/read.json"]})
	src := harness.Source{Root: root}
	file := putFile(t, "m.json", strings.Replace(row(``, ``), "null", `"elsewhere"`, 1))
	c, err := src.CompileMatrix(file, harness.MatrixOptions{})
	if err != nil || c.WorldID != "elsewhere" {
		t.Fatalf("CompileMatrix = %+v, %v", c, err)
	}
	status, err := harness.RuntimeStatus()
	if err != nil || status.WorldID == "" {
		t.Skipf("this host has no world: %v", err)
	}
	if c, err = src.CompileMatrix(file, harness.MatrixOptions{WorldID: status.WorldID}); err != nil || c.WorldID != status.WorldID {
		t.Errorf("CompileMatrix for this host = %+v, %v", c, err)
	}
	_, err = src.CompileMatrix(file, harness.MatrixOptions{WorldID: "elsewhere"})
	if err == nil || !harness.IsInputError(err) || !strings.Contains(err.Error(), "world elsewhere is not this host's, which is "+status.WorldID) {
		t.Errorf("CompileMatrix for another = %v", err)
	}
}

// The law of the reader: it never panics, and what it read and writes down it
// reads again.
func FuzzReadMatrix(f *testing.F) {
	f.Add([]byte(row(``, ``)))
	f.Add([]byte(row(`, "landlock": {"compose": ["a"], "layers": [{"profile_id": "q", "files": ["b", "builtin:plans/landlock-fs/plan.json"], "optional_parents": ["/x"], "restrict_flags": ["log_new_exec_on"]}], "no_new_privs": false}`,
		`, "driver": "d", "filter_type": 3, "capabilities_required": ["c"], "fixture": {"tree": [{"path": "${workspace}/f", "kind": "file"}], "outside": true}`)))
	f.Add([]byte(strings.Replace(row(``, `, "filter_name": "path"`), `"landlock"`, `"sbpl"`, 1)))
	f.Add([]byte(strings.Replace(row(`, "seatbelt": {"parameters": {"WORK": "/w"}}`, ``), `"landlock"`, `"sbpl"`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		plan, registry, err := harness.ReadMatrix(harness.File{Name: "m.json", Data: data})
		if err != nil {
			if len(faultsOf(t, err)) == 0 {
				t.Fatal("an error without faults")
			}
			return
		}
		written, err := harness.WriteMatrix(plan, registry)
		if err != nil {
			t.Fatal(err)
		}
		plan, registry, err = harness.ReadMatrix(harness.File{Name: "m.json", Data: written})
		if err != nil {
			t.Fatalf("reads once: %v\n%s", err, written)
		}
		again, err := harness.WriteMatrix(plan, registry)
		if err != nil || string(again) != string(written) {
			t.Fatalf("differs after it was written (-first +second), %v:\n%s", err, cmp.Diff(string(written), string(again)))
		}
	})
}

// Every text of every policy has a file, however alike the ids.
func TestRuntimeProfiles(t *testing.T) {
	text := func(path, text string) harness.CompiledText { return harness.CompiledText{Path: path, Text: text} }
	c := &harness.Compiled{Profiles: []harness.CompiledProfile{
		{ID: "demo:read", CompiledPolicy: harness.CompiledPolicy{Path: "sb/read.sb", Mode: harness.ModeSBPL, Text: "1\n\n"}},
		{ID: "demo_read", CompiledPolicy: harness.CompiledPolicy{Path: "sb/read.sb", Mode: harness.ModeSBPL, Text: "2"}},
		{ID: "DEMO_read", CompiledPolicy: harness.CompiledPolicy{Path: "sb/read.bin", Mode: harness.ModeBlob, Blob: []byte("3")}},
		{ID: "é/../x", CompiledPolicy: harness.CompiledPolicy{
			Path: "noext", Mode: harness.ModeLandlock, Text: "4", Compose: []harness.CompiledText{text("b.toml", "5")},
			Layers: []harness.CompiledLayer{{Texts: []harness.CompiledText{text("c.json", "6"), text("c.json", "7")}}},
		}},
		{ID: "l:x", CompiledPolicy: harness.CompiledPolicy{Path: "l.json", Mode: harness.ModeLandlock, Text: "9"}},
		{ID: "l_x", CompiledPolicy: harness.CompiledPolicy{Path: "l.json", Mode: harness.ModeLandlock, Text: "10"}},
		{ID: strings.Repeat("x", 200), CompiledPolicy: harness.CompiledPolicy{Path: "p." + strings.Repeat("y", 300), Text: "8"}},
	}}
	want := map[string]string{
		"read.demo_read.runtime.sb": "1\n", "read.demo%5fread.runtime.sb": "2\n", "read.DEMO_read.runtime.bin": "3",
		"l.l_x.runtime.json": "9", "l.l_x~2.runtime.json": "10",
		"noext.__.._x.runtime": "4", "b.__.._x.runtime-1.toml": "5", "c.__.._x.runtime-2.json": "6", "c.__.._x.runtime-3.json": "7",
		"p." + strings.Repeat("x", 158) + ".runtime." + strings.Repeat("y", 15): "8",
	}
	got := map[string]string{}
	for name, data := range harness.RuntimeProfiles(c) {
		got[name] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
