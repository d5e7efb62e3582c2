package harness_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

func TestSidecarFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		objects map[string]string
		want    []string
	}{
		{"whole", map[string]string{"p1": `{"optional_parents": [], "compose": ["a.json"], "layers": [{"files": ["a.json"], "restrict_flags": ["log_new_exec_on"]}],
			"stack": ["p2", "p2"], "restrict_flags": ["log_same_exec_off", "log_subdomains_off"], "no_new_privs": true}`, "p2": ""}, nil},
		{"kinds", map[string]string{"p1": `{"compose": "a.json", "layers": [1, {"files": {}}], "stack": [1], "restrict_flags": [2], "no_new_privs": "no"}`}, []string{
			`landlock.compose: want an array, got a string`,
			`landlock.layers[0]: want an object, got a number`,
			`landlock.layers[1].files: want an array, got an object`,
			`landlock.stack[0]: want a string, got a number`,
			`landlock.restrict_flags[0]: want a string, got a number`,
			`landlock.no_new_privs: want a boolean, got a string`,
		}},
		{"keys", map[string]string{"p1": `{"layer": [], "layers": [{"flags": []}, {"files": []}]}`}, []string{
			`landlock.layers[0]: key "files" is missing; add it`,
			`landlock.layers[0].flags: unknown key; remove it, the keys here are files, restrict_flags`,
			`landlock.layers[1].files: is empty; name at least one profile text`,
			`landlock.layer: unknown key; did you mean "layers"?`,
		}},
		{"paths", map[string]string{"p1": `{"compose": ["/etc/passwd"], "layers": [{"files": ["../x"]}]}`}, []string{
			`landlock.compose[0]: "/etc/passwd" is absolute; write it relative to the plan's folder or the root`,
			`landlock.layers[0].files[0]: "../x" contains ".."; write it relative to the plan's folder or the root`,
		}},
		{"flags", map[string]string{"p1": `{"restrict_flags": ["log_new_exec_on", "log_new_exec_on", "log_new_exec", "tsync"]}`}, []string{
			`landlock.restrict_flags[1]: "log_new_exec_on" stands twice; keep one`,
			`landlock.restrict_flags[2]: unknown flag "log_new_exec", did you mean "log_new_exec_on"?; want log_same_exec_off, log_new_exec_on, log_subdomains_off`,
			`landlock.restrict_flags[3]: unknown flag "tsync"; want log_same_exec_off, log_new_exec_on, log_subdomains_off`,
		}},
		{"stack", map[string]string{"p1": `{"stack": ["p22", "p1"]}`, "p2": `{"stack": ["p3"]}`, "p3": `{"stack": ["p4", "p1"]}`, "p4": `{"stack": ["p2"]}`}, []string{
			`profile "p1": landlock.stack[0]: unknown profile "p22"; correct the id or add the profile, did you mean "p2"?`,
			`profile "p1": landlock.stack[1]: profile "p1" stacks profile "p1", which comes back to it; take one out of the circle`,
			`profile "p4": landlock.stack[0]: profile "p4" stacks profile "p2", which comes back to it; take one out of the circle`,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := sidecars(t, map[string]string{"a.json": readJSON}, c.objects)
			_, err := harness.CompilePlan(harness.Source{}, plan)
			got := faultsOf(t, err)
			if len(got) != len(c.want) {
				t.Fatalf("faults %q, want %d", got, len(c.want))
			}
			for i, want := range c.want {
				if !strings.HasSuffix(got[i], want) {
					t.Errorf("fault %q, want %q at its end", got[i], want)
				}
			}
		})
	}
}

// A profile of another mode has no layers.
func TestSidecarStacksOtherMode(t *testing.T) {
	plan := sidecars(t, nil, map[string]string{"p1": `{"stack": ["p2"]}`, "p2": ""})
	profiles := filepath.Join(filepath.Dir(plan), "registry", "profiles.json")
	data, err := os.ReadFile(profiles)
	if err != nil {
		t.Fatal(err)
	}
	at := strings.LastIndex(string(data), `"mode": "landlock"`)
	if err := os.WriteFile(profiles, []byte(string(data[:at])+strings.Replace(string(data[at:]), "landlock", "seccomp", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = harness.CompilePlan(harness.Source{}, plan)
	if want := `profile "p2" has mode "seccomp", and only those with mode "landlock" have layers to stack`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}
