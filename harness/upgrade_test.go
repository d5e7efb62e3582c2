package harness_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
)

const (
	oldProbes = `{
  "schema_version": "runtime-tools.probe_registry.v0.1",
  "$schema": "../probes.schema.json", "about": {"lost": true},
  "registry_id": "demo", "world_id": "w-1",
  "probes": {
    "demo:b": {
      "probe_id": "demo:b", "name": "caf\u00e9 <&>", "operation": "file-read*", "target": "/tmp/\u007f", "expected": "deny",
      "supports_lanes": {"oracle": false, "later": true}, "expected_predicates": null, "controls_supported": null,
      "driver": null, "filter_type": -0, "mode": "é"
    },
    "demo:a": {
      "probe_id": "demo:a", "name": "a", "operation": "mach-lookup", "target": "", "expected": "allow",
      "expected_primary_ops": [], "capabilities_required": ["loopback_listener"], "controls_supported": ["baseline"]
    }
  }
}`
	oldProfiles = `{
  "schema_version": "runtime-tools.profile_registry.v0.1", "registry_id": "demo", "world_id": "w-1",
  "profiles": {
    "demo:read": {"profile_id": "demo:read", "profile_path": "sb/read.sb", "mode": "sbpl", "probe_refs": ["demo:b", "demo:gone"]}
  }
}`
	newProbes = `{
  "probes": {
    "demo:a": {
      "capabilities_required": [
        "loopback_listener"
      ],
      "controls_supported": [
        "baseline"
      ],
      "expected": "allow",
      "expected_predicates": [],
      "expected_primary_ops": [],
      "name": "a",
      "operation": "mach-lookup",
      "probe_id": "demo:a",
      "supports_lanes": {
        "baseline": true,
        "oracle": true,
        "scenario": true
      },
      "target": ""
    },
    "demo:b": {
      "capabilities_required": [],
      "controls_supported": [],
      "driver": null,
      "expected": "deny",
      "expected_predicates": [],
      "expected_primary_ops": [
        "file-read*"
      ],
      "filter_type": -0,
      "mode": "\u00e9",
      "name": "caf\u00e9 <&>",
      "operation": "file-read*",
      "probe_id": "demo:b",
      "supports_lanes": {
        "baseline": true,
        "oracle": false,
        "scenario": true
      },
      "target": "/tmp/\u007f"
    }
  },
  "registry_id": "demo",
  "schema_version": "runtime-tools.probe_registry.v0.2",
  "world_id": "w-1"
}
`
	newProfiles = `{
  "profiles": {
    "demo:read": {
      "family": null,
      "key_specific_rules": [],
      "mode": "sbpl",
      "notes": null,
      "probe_refs": [
        "demo:b",
        "demo:gone"
      ],
      "profile_id": "demo:read",
      "profile_path": "sb/read.sb",
      "semantic_group": null
    }
  },
  "registry_id": "demo",
  "schema_version": "runtime-tools.profile_registry.v0.2",
  "world_id": "w-1"
}
`
)

// oldRegistry writes a root with the registry demo, its profiles in a folder of
// their own.
func oldRegistry(t testing.TB, probes, profiles string) harness.Source {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"registries/index.json": `{"schema_version": "runtime-tools.registry_index.v0.1", "registries": [
			{"id": "demo", "probes": "data/probes.json", "profiles": "data/more/profiles.json"},
			{"id": "twins", "probes": "data/probes.json", "profiles": "data/more/Probes.json"}]}`,
		"data/probes.json":        probes,
		"data/more/profiles.json": profiles,
		"data/more/Probes.json":   profiles,
	} {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return harness.Source{Root: root}
}

func fileText(t testing.TB, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// entries are the names in a folder.
func entries(t testing.TB, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

func TestUpgradeRegistry(t *testing.T) {
	s := oldRegistry(t, oldProbes, oldProfiles)
	out := t.TempDir()
	res, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: out})
	if err != nil {
		t.Fatal(err)
	}
	want := &harness.UpgradeResult{RegistryID: "demo", ProbesPath: filepath.Join(out, "probes.json"), ProfilesPath: filepath.Join(out, "profiles.json")}
	if diff := cmp.Diff(want, res); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(newProbes, fileText(t, res.ProbesPath)); diff != "" {
		t.Errorf("probes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(newProfiles, fileText(t, res.ProfilesPath)); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	if got := fileText(t, filepath.Join(s.Root, "data", "probes.json")); got != oldProbes {
		t.Errorf("the old file is now\n%s", got)
	}
	if got := entries(t, out); len(got) != 2 {
		t.Errorf("the folder holds %q", got)
	}
}

// In place both files end up beside the probes, and a second upgrade changes
// nothing.
func TestUpgradeInPlace(t *testing.T) {
	s := oldRegistry(t, oldProbes, oldProfiles)
	data := filepath.Join(s.Root, "data")
	probes := filepath.Join(data, "probes.json")
	if err := os.Chmod(probes, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{})
	var input *harness.InputError
	if !errors.As(err, &input) || !strings.Contains(err.Error(), "data/probes.json: there already; --overwrite") {
		t.Errorf("without Overwrite: %v", err)
	}
	if fileText(t, probes) != oldProbes || !slices.Equal(entries(t, data), []string{"more", "probes.json"}) {
		t.Error("something was written all the same")
	}
	for range 2 {
		res, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{Overwrite: true})
		if err != nil {
			t.Fatal(err)
		}
		if res.ProbesPath != probes || res.ProfilesPath != filepath.Join(data, "profiles.json") {
			t.Errorf("wrote %+v", res)
		}
		if fileText(t, res.ProbesPath) != newProbes || fileText(t, res.ProfilesPath) != newProfiles {
			t.Error("other bytes than in a folder of its own")
		}
	}
	if info, err := os.Stat(probes); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if fileText(t, filepath.Join(data, "more", "profiles.json")) != oldProfiles {
		t.Error("the profiles where they were are other ones")
	}
}

func TestUpgradeFaults(t *testing.T) {
	const probesFile, profilesFile = "data/probes.json", "data/more/profiles.json"
	tests := []struct {
		name           string
		probes         bool // else in the profiles
		old, new, want string
	}{
		{"v03", true, "probe_registry.v0.1", "probe_registry.v0.3",
			probesFile + `:2: schema_version: is "runtime-tools.probe_registry.v0.3", which has more than v0.2 can say: there is nothing to upgrade`},
		{"profiles_v03", false, "profile_registry.v0.1", "profile_registry.v0.3",
			profilesFile + `:2: schema_version: is "runtime-tools.profile_registry.v0.3", which has more than v0.2 can say: there is nothing to upgrade`},
		{"other_version", true, "probe_registry.v0.1", "probe_registry.v1.0",
			probesFile + `:2: schema_version: want "runtime-tools.probe_registry.v0.1" or "runtime-tools.probe_registry.v0.2", got "runtime-tools.probe_registry.v1.0"`},
		{"version_no_text", true, `"runtime-tools.probe_registry.v0.1"`, "1", probesFile + `:2: schema_version: want a string, got a number`},
		{"no_world", true, `"world_id": "w-1",`, "", probesFile + `:1: key "world_id" is missing; add it`},
		{"world_null", true, `"world_id": "w-1"`, `"world_id": null`, probesFile + `:4: world_id: want a string, got null`},
		{"registry_number", true, `"registry_id": "demo"`, `"registry_id": 7`, probesFile + `:4: registry_id: want a string, got a number`},
		{"list", true, `"probes": {`, `"probes": [], "x": {`, probesFile + `:5: probes: want an object, got an array`},
		{"torn", true, `"filter_type": -0`, `"filter_type": -`, probesFile + `:9: not valid JSON at column 39: invalid character ',' in numeric literal`},
		{"entry_no_object", true, `"demo:a": {`, `"demo:c": 7, "demo:a": {`, probesFile + `:11: probe "demo:c": want an object, got a number`},
		{"all_of_the_first_entry", true, `"name": "caf\u00e9 <&>", "operation": "file-read*", "target": "/tmp/\u007f", "expected": "deny"`,
			`"name": 1, "target": null, "expected": "no", "fixture": {}, "filter_name": 2`,
			probesFile + `:6: probe "demo:b": name: want a string, got a number; key "operation" is missing; add it; target: want a string, got null; ` +
				`expected: want "allow" or "deny", got "no"; filter_name: want a string, got a number; fixture: unknown key; ` +
				`remove it, the keys here are probe_id, name, operation, target, expected, supports_lanes, expected_primary_ops, expected_predicates, ` +
				`capabilities_required, controls_supported, expectation_id, mode, driver, syscall, attr_payload, anchor_ctx_id, filter_name, filter_type`},
		{"id_not_its_key", true, `"probe_id": "demo:b"`, `"probe_id": "b"`, probesFile + `:6: probe "demo:b": probe_id: is "b", but its key is "demo:b"; make them equal`},
		{"lane_no_boolean", true, `"oracle": false`, `"oracle": 0`, probesFile + `:6: probe "demo:b": supports_lanes.oracle: want a boolean, got a number`},
		{"lanes_no_object", true, `{"oracle": false, "later": true}`, `["oracle"]`, probesFile + `:6: probe "demo:b": supports_lanes: want an object, got an array`},
		{"control_unknown", true, `"controls_supported": null`, `"controls_supported": ["all"]`,
			probesFile + `:6: probe "demo:b": controls_supported[0]: want "baseline", "allow_default" or "deny_default", got "all"`},
		{"predicates_of_numbers", true, `"expected_predicates": null`, `"expected_predicates": [1]`,
			probesFile + `:6: probe "demo:b": expected_predicates[0]: want a string, got a number`},
		{"filter_float", true, `"filter_type": -0`, `"filter_type": 1.0`, probesFile + `:6: probe "demo:b": filter_type: want an integer of at most 64 bits, got 1.0`},
		{"twice", true, `"demo:a": {`, `"demo:b": {`, probesFile + `:11: probes["demo:b"]: key stands twice, first on line 6; keep one`},

		{"no_refs", false, `, "probe_refs": ["demo:b", "demo:gone"]`, "", profilesFile + `:4: profile "demo:read": key "probe_refs" is missing; add it`},
		{"mode_of_v03", false, `"sbpl"`, `"landlock"`, profilesFile + `:4: profile "demo:read": mode: want "sbpl" or "blob", got "landlock"`},
		{"landlock", false, `"mode": "sbpl"`, `"landlock": {}, "mode": 1`,
			profilesFile + `:4: profile "demo:read": mode: want a string, got a number; landlock: unknown key; ` +
				`remove it, the keys here are profile_id, profile_path, mode, probe_refs, family, semantic_group, notes, key_specific_rules`},

		// The rules of all versions allow it, and yet it would not load.
		{"name_empty", true, `"name": "a"`, `"name": ""`, probesFile + `:11: probe "demo:a": name: is empty; fill it in`},
		{"world_empty", true, `"world_id": "w-1"`, `"world_id": ""`, probesFile + `:4: world_id: "" is empty; give it a name`},
		{"refs_null", false, `["demo:b", "demo:gone"]`, "null", profilesFile + `:4: profile "demo:read": probe_refs: is empty; name at least one probe`},
		{"ref_twice", false, `"demo:gone"`, `"demo:b"`, profilesFile + `:4: profile "demo:read": probe_refs[1]: "demo:b" stands twice; keep one`},
		{"path_outside", false, `"sb/read.sb"`, `"../read.sb"`,
			profilesFile + `:4: profile "demo:read": profile_path: "../read.sb" contains ".."; write it relative to the plan's folder or the root`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			probes, profiles := oldProbes, oldProfiles
			at := &profiles
			if tt.probes {
				at = &probes
			}
			if !strings.Contains(*at, tt.old) {
				t.Fatalf("no %q", tt.old)
			}
			*at = strings.Replace(*at, tt.old, tt.new, 1)
			s := oldRegistry(t, probes, profiles)
			out := t.TempDir()
			_, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: out})
			var bad *harness.DataError
			if !errors.As(err, &bad) || err.Error() != tt.want {
				t.Errorf("UpgradeRegistry =\n%v\nwant\n%s", err, tt.want)
			}
			if got := entries(t, out); len(got) != 0 {
				t.Errorf("wrote %q", got)
			}
		})
	}
}

func TestUpgradeRefuses(t *testing.T) {
	s := oldRegistry(t, oldProbes, oldProfiles)
	out := t.TempDir()
	file := filepath.Join(out, "probes.json")
	link := t.TempDir()
	if err := errors.Join(os.WriteFile(file, []byte("mine"), 0o644), os.Symlink(file, filepath.Join(link, "profiles.json"))); err != nil {
		t.Fatal(err)
	}
	builtin := harness.Source{Root: t.TempDir()}
	for _, tt := range []struct {
		name   string
		source harness.Source
		id     string
		o      harness.UpgradeOptions
		want   string
	}{
		{"unknown", s, "dem", harness.UpgradeOptions{OutDir: out}, `registry "dem" is not in registries/index.json, did you mean "demo"?`},
		{"exists", s, "demo", harness.UpgradeOptions{OutDir: out}, ": there already; --overwrite replaces"},
		{"no_folder", s, "demo", harness.UpgradeOptions{OutDir: filepath.Join(out, "deep")}, "deep: no such folder"},
		{"file_for_folder", s, "demo", harness.UpgradeOptions{OutDir: file}, "is no folder"},
		{"link", s, "demo", harness.UpgradeOptions{OutDir: link, Overwrite: true}, "profiles.json: no regular file is where the file goes"},
		{"twins", s, "twins", harness.UpgradeOptions{OutDir: out, Overwrite: true}, "would both become"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.source.UpgradeRegistry(tt.id, tt.o)
			var input *harness.InputError
			if !errors.As(err, &input) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("UpgradeRegistry = %v, want %s", err, tt.want)
			}
			if fileText(t, file) != "mine" || !slices.Equal(entries(t, out), []string{"probes.json"}) {
				t.Errorf("%q in the folder, probes.json %q", entries(t, out), fileText(t, file))
			}
		})
	}
	// A registry that is part of the program has no folder to write to.
	t.Setenv("RTGEN_REGISTRIES", "")
	for _, id := range builtinIDs(t, builtin) {
		_, err := builtin.UpgradeRegistry(id, harness.UpgradeOptions{})
		var input *harness.InputError
		var data *harness.DataError
		switch {
		case errors.As(err, &data) && strings.Contains(err.Error(), "there is nothing to upgrade"):
		case errors.As(err, &data) && strings.HasSuffix(err.Error(), `key "world_id" is missing; add it`):
			if r, err := builtin.Registry(id); err != nil || r.ProbeRegistry.WorldID != "" {
				t.Errorf("%s: its probes have a world, %v", id, err)
			}
		case errors.As(err, &input) && strings.Contains(err.Error(), "--out-dir"):
			res, err := builtin.UpgradeRegistry(id, harness.UpgradeOptions{OutDir: t.TempDir()})
			if err != nil || fileText(t, res.ProbesPath) == "" {
				t.Errorf("%s: %+v, %v", id, res, err)
			}
		default:
			t.Errorf("%s: %v", id, err)
		}
	}
}

func builtinIDs(t *testing.T, s harness.Source) []string {
	t.Helper()
	list, err := s.ListRegistries()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d registries, %v", len(list), err)
	}
	var ids []string
	for _, e := range list {
		ids = append(ids, e.ID)
	}
	return ids
}

// The second file's name leaves no room for that of its temporary file: the
// first is not replaced either.
func TestUpgradeLeavesOldWhole(t *testing.T) {
	s := oldRegistry(t, oldProbes, oldProfiles)
	long := strings.Repeat("p", 250)
	index := `{"schema_version": "runtime-tools.registry_index.v0.1", "registries": [{"id": "demo", "probes": "data/probes.json", "profiles": "data/` + long + `"}]}`
	out := t.TempDir()
	for file, text := range map[string]string{
		filepath.Join(s.Root, "registries", "index.json"): index,
		filepath.Join(s.Root, "data", long):               oldProfiles,
		filepath.Join(out, "probes.json"):                 "mine",
	} {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Skipf("no such names here: %v", err)
		}
	}
	_, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: out, Overwrite: true})
	if err == nil || harness.IsInputError(err) || !strings.Contains(err.Error(), "write "+filepath.Join(out, long)) {
		t.Errorf("UpgradeRegistry = %v", err)
	}
	if fileText(t, filepath.Join(out, "probes.json")) != "mine" || len(entries(t, out)) != 1 {
		t.Errorf("the folder holds %q", entries(t, out))
	}
}

// The reference system's own v0.2 files come out with the same values.
func TestUpgradeReference(t *testing.T) {
	from := filepath.Dir(shared(t, "anchor-filter-map.iokit-class/plan/plan.json"))
	probes := fileText(t, filepath.Join(from, "registry", "probes.json"))
	profiles := fileText(t, filepath.Join(from, "registry", "profiles.json"))
	res, err := oldRegistry(t, probes, profiles).UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for old, file := range map[string]string{probes: res.ProbesPath, profiles: res.ProfilesPath} {
		var want, got any
		if err := errors.Join(json.Unmarshal([]byte(old), &want), json.Unmarshal([]byte(fileText(t, file)), &got)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", filepath.Base(file), diff)
		}
	}
}

// FuzzUpgrade has the law: two files give a pair that loads, save for unknown
// probes, and whose upgrade is the same bytes; or an error, and nothing is
// written.
func FuzzUpgrade(f *testing.F) {
	f.Add([]byte(oldProbes), []byte(oldProfiles))
	f.Add([]byte(newProbes), []byte(newProfiles))
	f.Add(demoProbes.Data, demoProfiles.Data)
	f.Add([]byte(strings.Replace(oldProbes, "-0", "12", 1)), []byte(strings.Replace(oldProfiles, "demo:gone", "a/b", 1)))
	f.Add([]byte(`{}`), []byte(`{`))
	f.Add([]byte(oldProbes), []byte(strings.Replace(oldProfiles, `"registry_id": "demo"`, `"registry_id": "o"`, 1)))
	s := oldRegistry(f, "", "")
	files := [2]string{filepath.Join(s.Root, "data", "probes.json"), filepath.Join(s.Root, "data", "more", "profiles.json")}
	out, again := f.TempDir(), f.TempDir()
	f.Fuzz(func(t *testing.T, probes, profiles []byte) {
		if err := errors.Join(os.WriteFile(files[0], probes, 0o644), os.WriteFile(files[1], profiles, 0o644)); err != nil {
			t.Fatal(err)
		}
		res, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: out})
		if err != nil {
			faultsOf(t, err)
			if names := entries(t, out); len(names) > 0 {
				t.Fatalf("an error, and yet %q were written", names)
			}
			return
		}
		first := [2][]byte{[]byte(fileText(t, res.ProbesPath)), []byte(fileText(t, res.ProfilesPath))}
		if err := errors.Join(os.Remove(res.ProbesPath), os.Remove(res.ProfilesPath)); err != nil {
			t.Fatal(err)
		}
		_, err = harness.ParseRegistry(harness.File{Name: "probes.json", Data: first[0]}, harness.File{Name: "profiles.json", Data: first[1]})
		if err != nil {
			for _, fault := range faultsOf(t, err) {
				if !strings.Contains(fault, "unknown probe") {
					t.Fatalf("does not load: %v", err)
				}
			}
		}
		if err := errors.Join(os.WriteFile(files[0], first[0], 0o644), os.WriteFile(files[1], first[1], 0o644)); err != nil {
			t.Fatal(err)
		}
		if res, err = s.UpgradeRegistry("demo", harness.UpgradeOptions{OutDir: again}); err != nil {
			t.Fatalf("upgrades once: %v", err)
		}
		second := [2][]byte{[]byte(fileText(t, res.ProbesPath)), []byte(fileText(t, res.ProfilesPath))}
		if !bytes.Equal(first[0], second[0]) || !bytes.Equal(first[1], second[1]) {
			t.Fatal("other bytes the second time")
		}
		// What lies there and is of another registry would be in the next one's way.
		if err := errors.Join(os.Remove(res.ProbesPath), os.Remove(res.ProfilesPath)); err != nil {
			t.Fatal(err)
		}
	})
}

// The profiles go beside the probes, but never over those of another registry.
func TestUpgradeLeavesOtherRegistries(t *testing.T) {
	s := oldRegistry(t, oldProbes, oldProfiles)
	other := filepath.Join(s.Root, "data", "profiles.json")
	text := strings.Replace(oldProfiles, `"registry_id": "demo"`, `"registry_id": "other"`, 1)
	if text == oldProfiles {
		t.Fatal("the profiles have no registry_id to change")
	}
	if err := os.WriteFile(other, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := s.UpgradeRegistry("demo", harness.UpgradeOptions{Overwrite: true})
	if !harness.IsInputError(err) || !strings.Contains(err.Error(), `data/profiles.json is there already and of registry "other"`) {
		t.Errorf("upgrading gives %v", err)
	}
	if fileText(t, other) != text || fileText(t, filepath.Join(s.Root, "data", "probes.json")) != oldProbes {
		t.Error("something was written all the same")
	}
}
