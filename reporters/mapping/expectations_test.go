package mapping

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

func TestBuildExpectations(t *testing.T) {
	w := newWorkshop(t)
	profile := func(id, path string, probes ...made.Probe) made.Profile {
		return made.Profile{ID: id, Path: path, Probes: probes}
	}
	packet := w.packet("out", made.BundleSpec{
		WorldID: made.MacWorld, Uncounted: true, Impact: []byte(`{"metadata": {"allowed_tags": ["a"]}, "known:a": {"tags": ["a"]}}`),
		Profiles: []made.Profile{
			profile("ok", "sb/ok.sb", probe("a", "file-read*", made.Deny, made.Deny), probe("b", "file-read*", made.Allow, made.Allow)),
			profile("known", "sb/known.sb.bin", probe("a", "file-read*", made.Deny, made.Allow)),
			profile("new", "sb/new.sb", probe("a", "file-read*", made.Deny, made.Allow)),
			profile("half", "sb/half.sb", probe("a", "file-read*", made.Deny, made.Deny), probe("b", "file-read*", made.Deny, made.BlockedApply)),
			profile("blocked", "sb/blocked.sb", probe("a", "file-read*", made.Deny, made.BlockedApply)),
			profile("unseen", "sb/unseen.sb", probe("a", "file-read*", made.Deny, "")),
		},
	})
	writeFile(t, filepath.Join(w.root, "sb/ok.sb"), "(version 1)")
	w.make(w.set("maps", packet))
	out := filepath.Join(w.root, ExpectationsFile)
	_, err := BuildExpectations(ExpectationsOptions{
		Set: filepath.Join(w.root, "maps"), Packets: []string{packet}, Root: w.root, Out: out,
		Profiles: []string{"ok", "known", "new", "half", "blocked", "unseen", "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkSchema(t, out, "runtime-tools.expectations.v0.1")
	doc := read[Expectations](t, out)
	const none = "no scenario of it was observed"
	traces, trace := "maps/runtime_cuts/traces", func(id string) *string { return new("maps/runtime_cuts/traces/" + id + ".jsonl") }
	row := func(id, file, mode string, status analysis.Health, count int, trace *string) ProfileExpectations {
		return ProfileExpectations{ProfileID: id, ProfilePath: &file, ProfileMode: &mode, Status: status, ProbeCount: count, TracePath: trace}
	}
	want := []ProfileExpectations{
		row("ok", "sb/ok.sb", "sbpl", "ok", 2, &traces), row("known", "sb/known.sb.bin", "blob", "ok", 1, trace("known_a")),
		row("new", "sb/new.sb", "sbpl", "partial", 1, trace("new_a")), row("half", "sb/half.sb", "sbpl", "partial", 2, &traces),
		row("blocked", "sb/blocked.sb", "sbpl", "brittle", 1, trace("blocked_a")), row("unseen", "sb/unseen.sb", "sbpl", "brittle", 0, nil),
		{ProfileID: "none", Status: "brittle"},
	}
	want[0].ProfileSHA256 = new(bundle.DigestOf([]byte("(version 1)")).String())
	want[5].Notes, want[6].Notes = none, none
	if diff := cmp.Diff(want, doc.Profiles); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	m := doc.Metadata
	if m.WorldID != made.MacWorld || m.Status != analysis.HealthPartial || !slices.Equal(m.Inputs, []string{"maps/runtime_cuts/runtime_story.json", "out/promotion_packet.json"}) {
		t.Errorf("metadata %+v", m)
	}
}

func TestBuildExpectationsOfDefaultProfiles(t *testing.T) {
	w := newWorkshop(t)
	packet := w.packet("out", everyEnd())
	w.make(w.set("maps", packet))
	doc, err := BuildExpectations(ExpectationsOptions{Set: filepath.Join(w.root, "maps"), Packets: []string{packet}, Root: w.root})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range doc.Profiles {
		ids = append(ids, p.ProfileID)
	}
	if !slices.Equal(ids, DefaultExpectations) || doc.Metadata.Status != analysis.HealthBrittle {
		t.Errorf("profiles %q, status %s", ids, doc.Metadata.Status)
	}
}

func TestBuildExpectationsRefuses(t *testing.T) {
	w := newWorkshop(t)
	packet, direct := w.packet("out", everyEnd()), w.packet("direct", made.BundleSpec{
		WorldID: made.MacWorld, Channel: "direct", Profiles: []made.Profile{{ID: "q", Probes: []made.Probe{probe("a", "file-read*", made.Deny, made.Deny)}}},
	})
	linux := w.packet("linux", onePlan("linux"))
	w.make(w.set("maps", packet))
	w.make(w.set("directmaps", direct))
	tests := []struct {
		name, set string
		packets   []string
		want      string
	}{
		{"no packets", "maps", nil, "no packets"},
		{"no set", "nowhere", []string{packet}, "runtime_cuts"},
		{"another packet", "maps", []string{packet, linux}, "has no such bytes of linux/promotion_packet.json: promote it first"},
		{"no clean channel", "directmaps", []string{direct}, `channel "direct" is no clean one`},
		{"packet not there", "maps", []string{filepath.Join(w.root, "none.json")}, "none.json"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := BuildExpectations(ExpectationsOptions{Set: filepath.Join(w.root, tt.set), Packets: tt.packets, Root: w.root})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("BuildExpectations: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// A story and a packet that were put together by hand.
func TestExpectationsOfAnotherWorld(t *testing.T) {
	w := newWorkshop(t)
	packet := w.packet("out", everyEnd())
	s := w.make(w.set("maps", packet))
	b := &expectationsBuilder{root: w.root, set: "maps", story: s.Story}
	b.story.Meta.WorldID = made.LinuxWorld
	if _, err := b.source(packet); err == nil || !strings.Contains(err.Error(), "give the set of its world") {
		t.Errorf("%v, want an error", err)
	}
	unnamed := told("a", mismatched, "")
	if got := b.status([]*analysis.StoryScenario{unnamed}); got != analysis.HealthPartial {
		t.Errorf("a mismatch of no expectation: status %s", got)
	}
}
