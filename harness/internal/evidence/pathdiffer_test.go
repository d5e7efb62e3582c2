package evidence_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/evidence"
)

// What was asked for and what was reached: slashes and dots alone make no
// difference, "..", links and bind mounts do.
func TestDiffersBy(t *testing.T) {
	for _, tt := range []struct{ requested, reached, by string }{
		{"/a/f", "/a/f", ""},
		{"/a//f", "/a/f", ""},
		{"//a/./f", "/a/f", ""},
		{"/a/d/", "/a/d", ""},
		{"/a/d/.", "/a/d", ""},
		{"/a/.hidden", "/a/.hidden", ""},
		{"/a/f..", "/a/f..", ""},
		{"/", "/", ""},
		{"//", "/", ""},
		{"/.", "/", ""},
		{"/..", "/", "dotdot"},
		{"/a/b/../f", "/a/f", "dotdot"},
		{"/a//b/./../f", "/a/f", "dotdot"},
		{"/a/link/../f", "/elsewhere/f", "symlink"},
		{"/a/link", "/a/f", "symlink"},
		{"/a/link//", "/a/d", "symlink"},
		{"/a/f", "/a/f ", "symlink"},
	} {
		if by := evidence.DiffersBy(tt.requested, tt.reached); by != tt.by {
			t.Errorf("%q is reached at %q by %q, want %q", tt.requested, tt.reached, by, tt.by)
		}
	}
}

// A path that is only written otherwise is the same one.
func FuzzDiffersBy(f *testing.F) {
	for _, p := range []string{"/", "/a/b", "/a/../b", "//", "/a/.b", "x", "./x", "../x"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		p = "/" + p
		want := evidence.DiffersBy(p, "/x")
		for _, other := range []string{"/" + p, "/." + p, strings.ReplaceAll(p, "/", "/./"), strings.ReplaceAll(p, "/", "///")} {
			if by := evidence.DiffersBy(other, "/x"); by != want {
				t.Errorf("%q differs by %q, and %q by %q", p, want, other, by)
			}
		}
		if want == "" && slices.Contains(strings.Split(p, "/"), "..") {
			t.Errorf("%q is said to be plain", p)
		}
	})
}

// spelled is an observation of a file that was asked for by one path and, in the
// scenario, found by others; empty ones were not looked for.
type spelled struct {
	own, sight, baseline string // in the scenario by descriptor and by look, in the baseline
	bound                string // the other path of the file that the scenario's descriptor or look has
	unlinked             bool   // the scenario's descriptor has no path
}

func (c spelled) observations(run evidence.Run, outcome evidence.Outcome) []evidence.Observation {
	const requested = "/scratch/ws/f"
	file := &evidence.File{Type: "file", Dev: 1, Ino: 2, MountID: 3, Mount: "/", Elsewhere: c.bound}
	scenario := observe(run, evidence.LaneScenario, "demo:rw:f", outcome, called(requested), applied)
	if outcome == evidence.Denied {
		failed(13, "EACCES")(&scenario)
	}
	if c.own != "" {
		scenario.ObservedPath, scenario.File = c.own, file
	}
	if c.unlinked {
		scenario.File = &evidence.File{NoPath: "deleted", Text: requested + " (deleted)"}
	}
	if c.sight != "" {
		scenario.Sight = &evidence.Sight{Path: c.sight, File: file}
	}
	baseline := observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Allowed, called(requested))
	if c.baseline != "" {
		baseline.ObservedPath, baseline.File = c.baseline, &evidence.File{Type: "file", Dev: 1, Ino: 2}
	}
	return []evidence.Observation{scenario, baseline}
}

// A packet's reason is the path when a name made another one of it, by the best
// witness there is, and only then.
func TestPacketWitness(t *testing.T) {
	const same = "/scratch/ws/f"
	for name, tt := range map[string]struct {
		seen       spelled
		lane, from string // of the witness
		normalized string
		by         string
		reason     string
	}{
		"same":             {spelled{own: same, sight: same, baseline: same}, "scenario", "observed_path", same, "", "expectation_too_strong"},
		"by_own":           {spelled{own: "/real/f", sight: same, baseline: same}, "scenario", "observed_path", "/real/f", "symlink", "canonicalization_boundary"},
		"own_is_better":    {spelled{own: same, sight: "/real/f", baseline: "/real/f"}, "scenario", "observed_path", same, "", "expectation_too_strong"},
		"by_look":          {spelled{sight: "/real/f", baseline: same}, "scenario", "path_observation", "/real/f", "symlink", "canonicalization_boundary"},
		"look_is_better":   {spelled{sight: same, baseline: "/real/f"}, "scenario", "path_observation", same, "", "expectation_too_strong"},
		"by_baseline":      {spelled{baseline: "/real/f"}, "baseline", "observed_path", "/real/f", "symlink", "canonicalization_boundary"},
		"nobody_saw":       {spelled{}, "scenario", "requested_path", same, "", "expectation_too_strong"},
		"bound":            {spelled{own: same, bound: "/data/f"}, "scenario", "observed_path", same, "bind_mount", "canonicalization_boundary"},
		"bound_by_look":    {spelled{sight: same, bound: "/data/f"}, "scenario", "path_observation", same, "bind_mount", "canonicalization_boundary"},
		"unlinked_by_look": {spelled{unlinked: true, sight: "/real/f"}, "scenario", "path_observation", "/real/f", "symlink", "canonicalization_boundary"},
	} {
		t.Run(name, func(t *testing.T) {
			outcome, expected := evidence.Denied, evidence.Allow
			if tt.seen.own != "" || tt.seen.unlinked {
				outcome, expected = evidence.Allowed, evidence.Deny
			}
			run := testRun(readProbe("f", expected))
			docs, _, err := evidence.Derive(run, tt.seen.observations(run, outcome))
			if err != nil {
				t.Fatal(err)
			}
			packets, err := artifact.ReadMismatchPackets(strings.NewReader(string(document(t, docs, packetsFile).Data)))
			if err != nil || len(packets) != 1 {
				t.Fatalf("%d packets, %v", len(packets), err)
			}
			c, _ := packets[0].Canonicalization.Get()
			w := c.Witness
			if w.Lane != tt.lane || w.NormalizedPathSource != tt.from || *w.NormalizedPath != tt.normalized || w.PathDiffersBy != tt.by {
				t.Errorf("witness %+v, normalized path %q", w, *w.NormalizedPath)
			}
			if known := tt.from != "requested_path"; (w.PathDiffers != nil) != known || known && *w.PathDiffers != (tt.by != "") {
				t.Errorf("path_differs %v by %q", w.PathDiffers, w.PathDiffersBy)
			}
			if packets[0].MismatchReason != tt.reason {
				t.Errorf("reason %q, want %q", packets[0].MismatchReason, tt.reason)
			}
			// What the scenario's own descriptor showed is never another's.
			var e []artifact.Event
			if err := json.Unmarshal(document(t, docs, eventsFile).Data, &e); err != nil {
				t.Fatal(err)
			}
			var own *string
			if tt.seen.own != "" {
				own = &tt.seen.own
			}
			if diff := cmp.Diff(own, e[0].ObservedPath); diff != "" {
				t.Errorf("observed_path (-want +got):\n%s", diff)
			}
		})
	}
}

// What could not be had is said, each in its own place.
func TestWitnessOfWhatIsUnknown(t *testing.T) {
	run := testRun(readProbe("f", evidence.Allow))
	record := func(set func(*evidence.Observation)) (artifact.PathWitness, artifact.BaselineRow, *artifact.PathObservation) {
		t.Helper()
		obs := []evidence.Observation{
			observe(run, evidence.LaneScenario, "demo:rw:f", evidence.Allowed, called("/scratch/ws/f"), applied, set),
			observe(run, evidence.LaneBaseline, "demo:rw:f", evidence.Allowed, called("/scratch/ws/f"), set),
		}
		docs, _, err := evidence.Derive(run, obs)
		if err != nil {
			t.Fatal(err)
		}
		var witnesses artifact.PathWitnesses
		var baseline artifact.BaselineResults
		var results artifact.RuntimeResults
		for name, v := range map[string]any{witnessesFile: &witnesses, baselineFile: &baseline, resultsFile: &results} {
			if err := json.Unmarshal(document(t, docs, name).Data, v); err != nil {
				t.Fatal(err)
			}
		}
		return witnesses.Records[1], baseline.Results[0], results[0].Value.Probes[0].PathObservation
	}
	for _, tt := range []struct {
		name                string
		set                 func(*evidence.Observation)
		scenario, baseline  string // sources of the observed path
		observation         string // of the look
		noPath, text, mount string
	}{
		{"nothing", func(*evidence.Observation) {}, "probe_fd_path:missing", "unsandboxed_unavailable", "", "", "", ""},
		{"deleted", func(o *evidence.Observation) {
			o.File = &evidence.File{NoPath: "deleted", Text: "/x (deleted)", MountErr: "no path of the host leads there"}
		}, "probe_fd_path:unavailable", "unsandboxed_unavailable", "", "deleted", "/x (deleted)", "no path of the host leads there"},
		{"unread", func(o *evidence.Observation) {
			o.File, o.PathErrno = &evidence.File{NoPath: "unread", StatErrno: 1, FSErrno: 1}, 2
		}, "probe_fd_path:error", "unsandboxed_error", "", "unread", "", ""},
		{"look_failed", func(o *evidence.Observation) { o.Sight = &evidence.Sight{Errno: 13} },
			"probe_fd_path:missing", "unsandboxed_error", "unsandboxed_error", "", "", ""},
		{"not_there_yet", func(o *evidence.Observation) { o.Sight = &evidence.Sight{Path: "/scratch/ws/f", New: true, Errno: 2} },
			"probe_fd_path:missing", "unsandboxed_parent_path", "unsandboxed_parent_path", "", "", ""},
		{"relative", func(o *evidence.Observation) { o.RequestedPath = "f" },
			"probe_fd_path:missing", "unsandboxed_non_absolute_target", "", "", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, b, look := record(tt.set)
			if w.ObservedPathSource != tt.scenario || *b.ObservedPathSource != tt.baseline {
				t.Errorf("sources %q and %q, want %q and %q", w.ObservedPathSource, *b.ObservedPathSource, tt.scenario, tt.baseline)
			}
			if got := look; (got == nil) != (tt.observation == "") || got != nil && got.ObservedPathSource != tt.observation {
				t.Errorf("path_observation %+v, want one from %q", got, tt.observation)
			}
			id := w.FDIdentity
			if id == nil {
				if tt.noPath != "" {
					t.Error("no fd_identity")
				}
				return
			}
			if id.NoPath != tt.noPath || id.KernelText != tt.text || id.MountUnknown != tt.mount || id.MountOnName != nil {
				t.Errorf("fd_identity %+v", id)
			}
			if tt.name == "unread" && (id.Dev != nil || id.Ino != nil || id.FSID != nil || *id.FstatErrno != 1 || *id.FstatfsErrno != 1 || *w.ObservedPathErrno != 2) {
				t.Errorf("fd_identity %+v of a descriptor that could not be looked at", id)
			}
		})
	}
}
