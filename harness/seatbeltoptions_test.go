package harness_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

const workText = `(version 1)
(deny default)
(allow file-read* (subpath (param "WORK")))
`

// parameterPlan is the plan of lintable with a profile for macOS alone that asks
// for WORK, and its probe reads a file there.
func parameterPlan(t *testing.T, seatbelt, text string) string {
	t.Helper()
	files := lintable()
	files[lintPlan] = strings.Replace(files[lintPlan], `"linux", `, ``, 1)
	files["p/profiles/deny.sb"] = text
	files[lintProfiles] = strings.Replace(files[lintProfiles], `"mode": "sbpl",`, `"mode": "sbpl",`+seatbelt, 1)
	files[lintProbes] = strings.NewReplacer(
		`"mach-lookup"`, `"file-read*"`, `"com.example.service"`, `"/private/tmp/w/a"`, `,
      "driver": "sandbox_mach_probe"`, ``,
	).Replace(files[lintProbes])
	return filepath.Join(tree(t, files), filepath.FromSlash(lintPlan))
}

// What a registry gives goes into the compiled plan and its digest, into the matrix
// and what is read of that, and into predictions.
func TestParameters(t *testing.T) {
	digests := map[harness.Digest]bool{}
	for _, tt := range []struct {
		name, seatbelt string
		want           map[string]string
		outcome        harness.Outcome
	}{
		{"inside", `"seatbelt": {"parameters": {"WORK": "/private/tmp/w"}},`, map[string]string{"WORK": "/private/tmp/w"}, harness.Allowed},
		{"outside", `"seatbelt": {"parameters": {"WORK": "/private/tmp/other"}},`, map[string]string{"WORK": "/private/tmp/other"}, harness.Denied},
		{"unset", `"seatbelt": {"parameters": {}},`, nil, harness.Unsupported},
		{"null", `"seatbelt": null,`, nil, harness.Unsupported},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan := parameterPlan(t, tt.seatbelt, workText)
			c, err := harness.CompilePlan(harness.Source{}, plan)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, c.Profiles[0].Parameters); diff != "" {
				t.Errorf("parameters (-want +got):\n%s", diff)
			}
			if tt.want != nil && digests[c.CompiledDigest] {
				t.Error("two plans that differ in parameters have one digest")
			}
			digests[c.CompiledDigest] = true
			data, err := c.Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := harness.DecodeCompiled(data)
			if err != nil || !maps.Equal(again.Profiles[0].Parameters, tt.want) {
				t.Errorf("read back %v, %v", again.Profiles[0].Parameters, err)
			}
			matrix, err := c.ExpectedMatrix("w")
			if err != nil {
				t.Fatal(err)
			}
			var read artifact.ExpectedMatrix
			if err := json.Unmarshal(matrix, &read); err != nil {
				t.Fatal(err)
			}
			ofSchema(t, putFile(t, "m.json", string(matrix)), "expected_matrix")
			_, registry, err := harness.ReadMatrix(harness.File{Name: "m.json", Data: matrix})
			if err != nil {
				t.Fatal(err)
			}
			var kept map[string]string
			if o := registry.Profiles[0].Seatbelt; o != nil {
				kept = o.Parameters
			}
			if diff := cmp.Diff(tt.want, kept); diff != "" {
				t.Errorf("of the matrix (-want +got):\n%s", diff)
			}
			seen, _ := predict(t, *c, c.Profiles[0])
			for name, obs := range seen {
				if obs.Outcome != tt.outcome {
					t.Errorf("%s: %s, want %s: %+v", name, obs.Outcome, tt.outcome, obs.Oracle)
				}
			}
			if len(seen) != 1 {
				t.Errorf("%d predictions", len(seen))
			}
		})
	}
}

// A parameter that nothing asks for is told, unless what asks is not to be seen.
func TestUnusedParameters(t *testing.T) {
	const both = `"seatbelt": {"parameters": {"WORK": "/w", "WORKS": "/w"}},`
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"mistyped", workText, []string{
			`seatbelt.parameters names "WORKS", which p/profiles/deny.sb does not ask for; correct the name or remove it, did you mean "WORK"?`,
		}},
		{"only in a comment", strings.Replace(workText, "(allow", "; (param \"WORKS\")\n(allow", 1), []string{`names "WORKS"`}},
		{"only in a string", workText + `(allow file-read* (literal "(param \"WORKS\")"))`, []string{`names "WORKS"`}},
		{"asked for further in", workText + `(if (param "WORKS") (allow mach-lookup))`, nil},
		{"worked out", workText + `(define (at name) (subpath (param name)))`, nil},
		{"imported", workText + `(import "system.sb")`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := harness.Source{}.LintPlan(parameterPlan(t, both, tt.text), harness.LintOptions{Strict: true})
			if err != nil {
				t.Fatal(err)
			}
			if len(list) != len(tt.want) {
				t.Fatalf("findings %q, want %d", shownFindings(list), len(tt.want))
			}
			for i, want := range tt.want {
				if f := list[i]; !strings.Contains(f.Message, want) || f.Level != harness.LevelWarning || f.Line == 0 || f.Operand != "demo:mac" {
					t.Errorf("%+v, want %q", f, want)
				}
			}
		})
	}
}

// A registry that was upgraded and has parameters is one of v0.3, which upgrading
// refuses like any other.
func TestUpgradeKeepsParametersOut(t *testing.T) {
	src := oldRegistry(t, oldProbes, strings.Replace(oldProfiles, `"mode": "sbpl"`, `"mode": "sbpl", "seatbelt": {"parameters": {"A": "b"}}`, 1))
	out := t.TempDir()
	_, err := src.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: out})
	if err == nil || !strings.Contains(err.Error(), "seatbelt: unknown key") {
		t.Errorf("error %v", err)
	}
	if list, err := os.ReadDir(out); err != nil || len(list) > 0 {
		t.Errorf("wrote %v, %v", list, err)
	}
}

// What has parameters is no file of v0.2, whatever else it has.
func TestParametersNeedV03(t *testing.T) {
	for _, version := range []string{"v0.2", "v0.3"} {
		data := strings.NewReplacer(`"seatbelt": null`, `"seatbelt": {"parameters": {"A": "b"}}`, "registry.v0.2", "registry."+version).Replace(plainProfiles)
		_, err := harness.ParseProfiles(harness.File{Name: "profiles.json", Data: []byte(data)}, nil)
		const want = `profile "a": seatbelt: needs schema_version "runtime-tools.profile_registry.v0.3"; change it on line 1`
		if version == "v0.3" {
			if err != nil {
				t.Error(err)
			}
		} else if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
