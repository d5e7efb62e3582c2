package harness_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

const packetPath = "out/small/promotion_packet.json"

// mappings is the index of mappings that were promoted from a packet.
func (v *inventoried) mappings(packet string) {
	digest := sha256.Sum256(readFile(v.t, v.file(packet)))
	v.write("maps/mapping_index.json", fmt.Sprintf(`{
  "schema_version": "rtgen.mapping_index.v0.1",
  "sets": [{"world_id": "w", "path": "."}],
  "packets": [{"path": %q, "sha256": "%x"}],
  "files": []
}`, packet, digest))
}

// Each thing that makes something stale is done for real to a tree in which all
// is well, and found, with what it drags along and nothing else.
func TestInventoryFinds(t *testing.T) {
	v := newInventoried(t)
	probes, profiles, plan := "plans/small/registry/probes.json", "plans/small/registry/profiles.json", planPath
	run := "out/small/" + v.run
	tests := []struct {
		name string
		do   func(v *inventoried)
		want []string // code and path
		says string   // in one of the messages
	}{
		{
			name: "plan_edited",
			do:   func(v *inventoried) { v.edit(plan, `"oracle": true`, `"oracle": false`) },
			want: []string{"bundle_of_older_plan " + run, "packet_outdated " + packetPath, "suite_stale suites/small", "template_drift plans/templates/small.json"},
			says: "the plan changed since",
		},
		{
			name: "policy_text_edited",
			do:   func(v *inventoried) { v.edit("plans/small/profiles/small.json", `{`, "{\n ") },
			want: []string{"bundle_of_older_plan " + run, "packet_outdated " + packetPath, "suite_stale suites/small", "template_drift plans/templates/small.json"},
			says: "the registry or a policy text changed since",
		},
		{
			name: "plan_laid_out_anew",
			do:   func(v *inventoried) { v.edit(plan, "{", "{\n\n") },
		},
		{
			name: "plan_edited_and_compiled",
			do: func(v *inventoried) {
				v.edit(plan, `"oracle": true`, `"oracle": false`)
				v.compile()
			},
			want: []string{"bundle_of_older_plan " + run, "packet_outdated " + packetPath, "template_drift plans/templates/small.json"},
		},
		{
			name: "plan_edited_compiled_and_run",
			do: func(v *inventoried) {
				v.edit(plan, `"oracle": true`, `"oracle": false`)
				v.compile()
				v.rerun()
				v.emit(packetPath)
				v.edit("testdata/small/plan.json", `"oracle": true`, `"oracle": false`)
			},
		},
		{
			name: "suite_edited",
			do:   func(v *inventoried) { v.edit("suites/small/suite_test.go", `"deny")`, `"allow")`) },
			want: []string{"suite_stale suites/small"},
			says: "suite_test.go is not what the plan compiles to, by another hand or another version of rtgen: run rtgen compile --plan plans/small/plan.json",
		},
		{
			name: "suite_without_compiled_plan",
			do:   func(v *inventoried) { v.remove("suites/small/compiled.json") },
			want: []string{"suite_stale suites/small"},
			says: "compiled.json cannot be read",
		},
		{
			name: "suite_without_source",
			do:   func(v *inventoried) { v.remove("suites/small/suite_test.go") },
			want: []string{"suite_stale suites/small"},
			says: "suite_test.go cannot be read",
		},
		{
			name: "suite_removed",
			do:   func(v *inventoried) { v.remove("suites") },
			want: []string{"plan_without_suite " + plan},
			says: "run rtgen compile --plan plans/small/plan.json",
		},
		{
			name: "plan_removed",
			do:   func(v *inventoried) { v.remove(plan) },
			want: []string{"registry_unused " + probes, "suite_orphan suites/small"},
			says: "its plan plans/small/plan.json is gone: remove the folder",
		},
		{
			name: "plan_moved",
			do:   func(v *inventoried) { v.move("plans/small", "plans/moved") },
			want: []string{ // the names of its texts are part of what is compiled
				"bundle_of_older_plan " + run, "packet_outdated " + packetPath,
				"plan_without_suite plans/moved/plan.json", "registry_unloadable registries/index.json", "suite_orphan suites/small",
			},
			says: "its plan is plans/moved/plan.json now: run rtgen compile --plan plans/moved/plan.json",
		},
		{
			name: "plan_broken",
			do:   func(v *inventoried) { v.edit(plan, `"profiles"`, `"profils"`) },
			want: []string{"plan_unloadable " + plan, "registry_unused " + probes},
			says: `plans/small/plan.json:1: key "profiles" is missing; add it; rtgen plan-lint --plan plans/small/plan.json tells all`,
		},
		{
			name: "policy_text_removed",
			do:   func(v *inventoried) { v.remove("plans/small/profiles") },
			want: []string{"plan_unloadable " + plan, "template_drift plans/templates/small.json"},
		},
		{
			name: "probe_nobody_refers_to",
			do: func(v *inventoried) {
				old := string(readFile(v.t, v.file(profiles)))
				at := strings.Index(old, `"probe_refs": [`) + len(`"probe_refs": [`)
				first, rest, _ := strings.Cut(old[at:], ",")
				v.write(profiles, old[:at]+rest)
				v.t.Log("no longer referred to:", first)
			},
			want: []string{"bundle_of_older_plan " + run, "packet_outdated " + packetPath, "registry_orphan_probe " + probes, "suite_stale suites/small", "template_drift plans/templates/small.json"},
		},
		{
			name: "profile_no_plan_names",
			do: func(v *inventoried) {
				v.write("plans/other/plan.json", strings.Replace(string(readFile(v.t, v.file(plan))), `"plan_id": "small"`, `"plan_id": "other"`, 1))
				v.edit(profiles, `"profiles": {`, `"profiles": {"spare": {"profile_id": "spare", "profile_path": "profiles/small.json", "mode": "landlock", "probe_refs": ["small:read-key"],
  "family": null, "semantic_group": null, "key_specific_rules": [], "notes": null},`)
				v.remove("plans/other")
			},
			want: []string{"registry_orphan_profile " + profiles, "template_drift plans/templates/small.json"},
			says: "no plan names spare",
		},
		{
			name: "template_edited",
			do:   func(v *inventoried) { v.edit("testdata/small/plan.json", `"oracle": true`, `"oracle": false`) },
			want: []string{"template_drift plans/templates/small.json"},
			says: "plans/small/plan.json is not what the template builds: run rtgen plan-build --template small --out plans/small --overwrite",
		},
		{
			name: "template_broken",
			do:   func(v *inventoried) { v.edit("plans/templates/small.json", "testdata/small", "testdata/nowhere") },
			want: []string{"template_unloadable plans/templates/small.json"},
		},
		{
			name: "index_broken",
			do:   func(v *inventoried) { v.write("registries/index.json", "{") },
			want: []string{"registry_unloadable registries/index.json"},
		},
		{
			name: "out_removed",
			do:   func(v *inventoried) { v.remove("out") },
			want: []string{"plan_never_run_here " + plan},
			says: "run rtgen run --plan plans/small/plan.json",
		},
		{
			name: "run_removed",
			do:   func(v *inventoried) { v.remove(run) },
			want: []string{"bundle_damaged out/small", "packet_broken " + packetPath, "plan_never_run_here " + plan},
			says: "no run folder is at out/small/" + v.run,
		},
		{
			name: "artifact_cut_off",
			do:   func(v *inventoried) { v.write(run+"/runtime_results.json", "{}") },
			want: []string{"bundle_damaged out/small", "bundle_damaged " + run, "packet_broken " + packetPath, "plan_never_run_here " + plan},
		},
		{
			name: "artifact_of_the_same_size", // found by reading the one packet that is counted from
			do:   func(v *inventoried) { v.edit(run+"/runtime_events.normalized.json", `"allow"`, `"ALLOW"`) },
			want: []string{"packet_broken " + packetPath},
			says: "its bundle does not load: bundle out/small/" + v.run + ": runtime_events.normalized.json: the index says sha256",
		},
		{
			name: "index_repaired",
			do: func(v *inventoried) {
				v.edit(run+"/runtime_events.normalized.json", `"allow"`, `"ALLOW"`)
				if _, err := harness.ReindexBundle(v.file(run), true); err != nil {
					v.t.Fatal(err)
				}
			},
			want: []string{"packet_broken " + packetPath},
			says: "was committed or changed since",
		},
		{
			name: "observation_of_another_world", // with digests that all hold
			do: func(v *inventoried) {
				err := made.ForgeEvents(v.file(packetPath), func(events []artifact.Event) []artifact.Event {
					events[0].WorldID = "linux-0-x86_64-landlock0-00000000"
					return events
				})
				if err != nil {
					v.t.Fatal(err)
				}
			},
			want: []string{"packet_broken " + packetPath},
			says: `is of world "linux-0-x86_64-landlock0-00000000", the packet of`,
		},
		{
			name: "packet_removed",
			do:   func(v *inventoried) { v.remove(packetPath) },
			want: []string{"packet_missing out/small"},
			says: "run rtgen emit-promotion --bundle out/small --out out/small/promotion_packet.json",
		},
		{
			name: "run_again",
			do: func(v *inventoried) {
				v.write("out/small/kept.json", string(readFile(v.t, v.file(packetPath))))
				v.rerun()
				v.emit(packetPath)
			},
			want: []string{"packet_outdated out/small/kept.json"},
			says: "LATEST names run ",
		},
		{
			name: "packet_kept_elsewhere",
			do: func(v *inventoried) {
				v.move(packetPath, "evidence.json")
				v.edit("evidence.json", `"run_manifest": "`, `"run_manifest": "out/small/`)
				v.edit("evidence.json", `"path": "`, `"path": "out/small/`)
			},
		},
		{
			name: "mappings",
			do:   func(v *inventoried) { v.mappings(packetPath) },
		},
		{
			name: "mappings_of_an_older_packet",
			do: func(v *inventoried) {
				v.mappings(packetPath)
				v.rerun()
				v.emit(packetPath)
			},
			want: []string{"mapping_outdated maps"},
			says: "packet out/small/promotion_packet.json was written anew",
		},
		{
			name: "mappings_of_a_packet_that_is_gone",
			do: func(v *inventoried) {
				v.write("kept/promotion_packet.json", "{}")
				v.mappings("kept/promotion_packet.json")
				v.remove("kept")
			},
			want: []string{"mapping_outdated maps"},
			says: "packet kept/promotion_packet.json is gone",
		},
		{
			name: "mappings_without_a_set",
			do: func(v *inventoried) {
				v.mappings(packetPath)
				v.edit("maps/mapping_index.json", `"path": "."`, `"path": "nowhere"`)
			},
			want: []string{"mapping_broken maps"},
		},
		{
			name: "packet_without_a_digest",
			do:   func(v *inventoried) { v.edit(packetPath, `"artifact_index"`, `"artifact_inbox"`) },
			want: []string{"packet_unbound " + packetPath},
		},
		{
			name: "packet_that_is_none",
			do:   func(v *inventoried) { v.write(packetPath, "{}") },
			want: []string{"packet_broken " + packetPath, "packet_missing out/small"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := v.again(t)
			tt.do(v)
			doc := v.inventory()
			want := slices.Sorted(slices.Values(tt.want))
			if diff := cmp.Diff(append([]string{}, want...), codes(doc)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var all strings.Builder
			for _, f := range doc.Stale {
				all.WriteString(f.Message + "\n")
			}
			if !strings.Contains(all.String(), tt.says) {
				t.Errorf("no message has %q:\n%s", tt.says, all.String())
			}
		})
	}
}

// What may not be relied on proves nothing, and nothing is counted from it.
func TestInventoryCountsPromotableAlone(t *testing.T) {
	v := newInventoried(t)
	if _, err := harness.RunPlan(t.Context(), v.file(planPath), harness.Params{Out: v.file("out/small")}); err != nil {
		t.Fatal(err)
	}
	if _, err := harness.EmitPromotionPacket(v.file("out/small"), v.file(packetPath), false); err != nil {
		t.Fatal(err)
	}
	doc := v.inventory()
	if p := doc.Packets[0]; p.Promotable || p.State != "holds" || !slices.Equal(p.Reasons, []string{"not_clean_channel"}) {
		t.Errorf("packet %+v", p)
	}
	if p := doc.Plans[0]; p.State != "run_here" || p.Runs != 2 || len(doc.Stale) > 0 {
		t.Errorf("plan %+v, stale %v", p, codes(doc))
	}
	for _, op := range doc.Coverage.Operations {
		if op.Observed.Allow+op.Observed.Deny+len(op.Packets) > 0 {
			t.Errorf("operation %+v", op)
		}
	}
}

// What was not made yet is told, and contradicts nothing.
func TestInventoryWithoutAnything(t *testing.T) {
	v := &inventoried{t: t, dir: tree(t, nil)}
	if err := os.CopyFS(v.file("plans/small"), os.DirFS(filepath.Join(repository(t), "testdata/small"))); err != nil {
		t.Fatal(err)
	}
	doc := v.inventory()
	if !slices.Contains(codes(doc), "plan_without_suite "+planPath) {
		t.Errorf("found %v", codes(doc))
	}
	for _, f := range doc.Stale {
		if f.Stale() {
			t.Errorf("%+v", f)
		}
	}
	empty := (&inventoried{t: t, dir: tree(t, nil)}).inventory()
	if len(empty.Stale)+len(empty.Plans)+len(empty.Bundles)+len(empty.InRepo) > 0 {
		t.Errorf("an empty tree: %+v", empty)
	}
}
