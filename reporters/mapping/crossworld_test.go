package mapping

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

const otherWorld = "linux-6.8.0-x86_64-landlock4-89abcdef"

// compared makes sets of worlds and reads the table of their differences.
func (w *workshop) compared(sets ...*set) *CrossWorld {
	w.t.Helper()
	g := &generation{steps: disk{}, cross: newCrossWorld()}
	for _, s := range sets {
		if err := g.set(s); err != nil {
			w.t.Fatal(err)
		}
	}
	file := filepath.Join(w.t.TempDir(), CrossWorldFile)
	if err := g.cross.write(file); err != nil {
		w.t.Fatal(err)
	}
	checkSchema(w.t, file, schemaCrossWorld)
	doc := read[CrossWorld](w.t, file)
	return &doc
}

func TestCrossWorld(t *testing.T) {
	w := newWorkshop(t)
	world := func(id string, probes ...made.Probe) *set {
		return w.set("maps/"+id, w.packet(id, made.BundleSpec{WorldID: id, Profiles: []made.Profile{{ID: "p", Path: "sb/p.json", Probes: probes}}}))
	}
	read := func(name string, expected, seen made.Seen) made.Probe {
		return probe(name, "fs.read_file", expected, seen)
	}
	doc := w.compared(
		world(made.LinuxWorld, read("alike", made.Deny, made.Deny), read("differs", made.Deny, made.Deny), read("expected", made.Deny, made.Deny),
			read("gap", made.Deny, made.Undecided), read("neither", made.Deny, made.Undecided), read("third", made.Deny, made.Deny), read("only", made.Deny, made.Deny)),
		world(otherWorld, read("alike", made.Deny, made.Deny), read("differs", made.Deny, made.Allow), read("expected", made.Allow, made.Allow),
			read("gap", made.Deny, made.Allow), read("neither", made.Deny, made.NotWitnessed), read("third", made.Deny, made.Allow)),
		world("linux-6.1.0-x86_64-landlock2-00000000", read("third", made.Deny, made.Undecided)),
	)
	const third = "linux-6.1.0-x86_64-landlock2-00000000"
	if got, want := len(doc.Worlds), 3; got != want || doc.Worlds[0].WorldID != third || doc.Worlds[0].Set != "maps/"+third || !slices.Equal(doc.Worlds[0].Packets, []string{third + "/promotion_packet.json"}) {
		t.Errorf("worlds %+v", doc.Worlds)
	}
	if want := (CrossWorldCounts{Expectations: 7, Shared: 6, Compared: 4, Alike: 1, Different: 3, UnobservedSomewhere: 2}); doc.Counts != want {
		t.Errorf("counts %+v, want %+v", doc.Counts, want)
	}
	difference := func(name string) WorldDifference {
		return WorldDifference{
			ExpectationID: "p:" + name, ProfileID: "p", Operation: "fs.read_file", Target: "/data/" + name,
			Decisions: map[string]decision{made.LinuxWorld: denied, otherWorld: allowed},
		}
	}
	differs, expected, inThree := difference("differs"), difference("expected"), difference("third")
	expected.Expected = map[string]string{made.LinuxWorld: "deny", otherWorld: "allow"}
	inThree.Decisions[third] = unseen
	if diff := cmp.Diff([]WorldDifference{differs, expected, inThree}, doc.Differences); diff != "" {
		t.Errorf("differences (-want +got):\n%s", diff)
	}
	wantUnobserved := []WorldsOf{
		{"p:gap", []string{otherWorld}, []string{made.LinuxWorld}}, {"p:third", []string{made.LinuxWorld, otherWorld}, []string{third}},
	}
	slices.Sort(wantUnobserved[1].ObservedIn)
	if diff := cmp.Diff(wantUnobserved, doc.UnobservedSomewhere); diff != "" {
		t.Errorf("unobserved_somewhere (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{made.LinuxWorld: 1, otherWorld: 0, third: 0}, doc.OnlyIn); diff != "" {
		t.Errorf("only_in (-want +got):\n%s", diff)
	}
}

// Another policy in another world explains a difference: it is said with it.
func TestCrossWorldOfOtherPolicies(t *testing.T) {
	tests := []struct {
		name   string
		change func(*made.BundleSpec)
		check  func(WorldDifference) map[string]string
		want   map[string]string
		unlike int
	}{
		{"path", func(s *made.BundleSpec) { s.Profiles[0].Path = "sb/other.json" }, func(d WorldDifference) map[string]string { return d.ProfilePaths },
			map[string]string{made.LinuxWorld: "sb/p.json", otherWorld: "sb/other.json"}, 1},
		{"mode", func(s *made.BundleSpec) { s.Profiles[0].Mode = "seccomp" }, func(d WorldDifference) map[string]string { return d.ProfileModes },
			map[string]string{made.LinuxWorld: "landlock", otherWorld: "seccomp"}, 1},
		{"target", func(s *made.BundleSpec) { s.Profiles[0].Probes[0].Target = "/x" }, func(d WorldDifference) map[string]string { return d.Targets },
			map[string]string{made.LinuxWorld: "/data/a", otherWorld: "/x"}, 0},
		{"operation", func(s *made.BundleSpec) { s.Profiles[0].Probes[0].Operation = "fs.write_file" }, func(d WorldDifference) map[string]string { return d.Operations },
			map[string]string{made.LinuxWorld: "fs.read_file", otherWorld: "fs.write_file"}, 0},
		{"profile", func(s *made.BundleSpec) { s.Profiles[0].ID, s.Profiles[0].Path = "q", "sb/p.json" }, func(d WorldDifference) map[string]string { return d.ProfileIDs },
			map[string]string{made.LinuxWorld: "p", otherWorld: "q"}, 0},
	}
	spec := func(world string, seen made.Seen) made.BundleSpec {
		p := probe("a", "fs.read_file", made.Deny, seen)
		p.ExpectationID = "e"
		return made.BundleSpec{WorldID: world, Profiles: []made.Profile{{ID: "p", Path: "sb/p.json", Probes: []made.Probe{p}}}}
	}
	w := newWorkshop(t)
	one := w.packet("one", spec(made.LinuxWorld, made.Deny))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := spec(otherWorld, made.Allow)
			tt.change(&other)
			doc := w.compared(w.set("maps/"+tt.name+"/a", one), w.set("maps/"+tt.name+"/b", w.packet(tt.name, other)))
			if len(doc.Differences) != 1 || doc.Counts.UnlikePolicies != tt.unlike {
				t.Fatalf("%d differences, counts %+v", len(doc.Differences), doc.Counts)
			}
			if diff := cmp.Diff(tt.want, tt.check(doc.Differences[0])); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCrossWorldOfOtherPlans(t *testing.T) {
	w := newWorkshop(t)
	spec := func(world, plan string, seen made.Seen) made.BundleSpec {
		return made.BundleSpec{WorldID: world, PlanID: plan, Profiles: []made.Profile{{ID: "p", Probes: []made.Probe{probe("a", "fs.read_file", made.Deny, seen), probe("b", "fs.read_file", made.Deny, made.Deny)}}}}
	}
	a, b := w.set("maps/a", w.packet("a", spec(made.LinuxWorld, "one", made.Deny))), w.set("maps/b", w.packet("b", spec(otherWorld, "two", made.Allow)))
	doc := w.compared(a, b)
	want := map[string]string{made.LinuxWorld: a.sources[0].bundle.Manifest.PlanDigest, otherWorld: b.sources[0].bundle.Manifest.PlanDigest}
	if diff := cmp.Diff(want, doc.Differences[0].PlanDigests); diff != "" {
		t.Errorf("plan_digests (-want +got):\n%s", diff)
	}
	if doc.Counts.UnlikePolicies != 2 || doc.Counts.Alike != 1 {
		t.Errorf("counts %+v", doc.Counts)
	}
}

func TestCrossWorldRefusesAWorldTwice(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("a", everyEnd()))
	c := newCrossWorld()
	c.of(s)
	c.of(s)
	if err := c.write(filepath.Join(w.root, CrossWorldFile)); err == nil {
		t.Error("two sets of one world were compared")
	}
}

// An observation of something that the world's matrix does not have says nothing.
func TestCrossWorldOfUnknownExpectation(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("a", everyEnd()))
	c := newCrossWorld()
	if err := c.of(s).observe(s.sources[0], &artifact.Event{ExpectationID: "x", Actual: new("deny")}); err != nil {
		t.Fatal(err)
	}
	if _, known := c.worlds[0].rows["x"]; known {
		t.Error("it is compared")
	}
}
