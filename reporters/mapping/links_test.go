package mapping

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

// onePlan is a run of one profile and one scenario.
func onePlan(plan string) made.BundleSpec {
	return made.BundleSpec{PlanID: plan, RunID: plan + "-run", Profiles: []made.Profile{
		{ID: plan + ":p", Path: "sb/" + plan + ".json", Probes: []made.Probe{probe("a", "fs.read_file", made.Deny, made.Deny)}},
	}}
}

func writeFile(t testing.TB, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// What the gate lets through is looked at again: a set that was put together
// wrongly has no links.
func TestLinksRefuse(t *testing.T) {
	tests := []struct {
		name   string
		change func(s *set)
		want   []string
	}{
		{"another world", func(s *set) { s.world = made.MacWorld }, []string{"packet one/promotion_packet.json", made.LinuxWorld, made.MacWorld}},
		{"matrix of another world", func(s *set) { s.sources[1].matrix.WorldID = "w" }, []string{"packet two/promotion_packet.json", `matrix of world "w"`}},
		{"unknown operation", func(s *set) { s.sources[1].matrix.Profiles[0].Value.Probes[0].Operation = "fs.raed_file" },
			[]string{"packet two/promotion_packet.json", `expectation "two:p:a"`, `"fs.raed_file"`, "fs.read_file"}},
		{"expectation in two packets", func(s *set) { s.sources[1].matrix.Profiles[0].Value.Probes[0].ExpectationID = "one:p:a" },
			[]string{"packet two/promotion_packet.json", `expectation "one:p:a"`, "packet one/promotion_packet.json"}},
		{"expectation twice in a packet", func(s *set) {
			p := &s.sources[0].matrix.Profiles[0].Value
			p.Probes = append(p.Probes, p.Probes[0])
		}, []string{"packet one/promotion_packet.json", `expectation "one:p:a" stands twice`}},
		{"profile of another path", func(s *set) { s.sources[1].matrix.Profiles[0].Key = "one:p" },
			[]string{"packet two/promotion_packet.json", `profile "one:p"`, `path "sb/two.json"`, `"sb/one.json"`}},
		{"profile of another mode", func(s *set) {
			m := &s.sources[1].matrix.Profiles[0]
			m.Key, m.Value.Blob, m.Value.Mode = "one:p", "sb/one.json", "seccomp"
		}, []string{"packet two/promotion_packet.json", `profile "one:p"`, `mode "seccomp"`, `"landlock"`}},
	}
	w := newWorkshop(t)
	one, two := w.packet("one", onePlan("one")), w.packet("two", onePlan("two"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := w.set("maps", one, two)
			tt.change(s)
			l := newLinks(s)
			file := filepath.Join(s.dir, LinksFile)
			err := l.write(file)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("links: %v, want an error with %q", err, want)
				}
			}
			if _, err := os.Stat(file); err == nil {
				t.Error("links were written")
			}
			if err := l.observe(s.sources[0], new(artifact.Event)); err == nil {
				t.Error("observations are taken in after the fault")
			}
		})
	}
}

func TestLinksObserve(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("one", onePlan("one")))
	event := func(change func(*artifact.Event)) *artifact.Event {
		e := &artifact.Event{WorldID: s.world, ProfileID: "one:p", ScenarioID: "x", ExpectationID: "x", Operation: "fs.read_file", Actual: new("deny")}
		change(e)
		return e
	}
	tests := []struct {
		name  string
		event *artifact.Event
		want  string // of the error; empty: none
		total int
	}{
		{"counts", event(func(*artifact.Event) {}), "", 1},
		{"unknown profile", event(func(e *artifact.Event) { e.ProfileID, e.Operation = "q", "no.such" }), "", 0},
		{"unknown operation", event(func(e *artifact.Event) { e.Operation = "no.such" }), `packet one/promotion_packet.json: expectation "x": unknown operation`, 0},
		{"another world", event(func(e *artifact.Event) { e.WorldID = "w" }), `observation "x": world "w"`, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLinks(s)
			err := l.observe(s.sources[0], tt.event)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("observe: %v, want %q", err, tt.want)
			}
			if got := l.profiles["one:p"].ObservationCounts.Total; got != tt.total {
				t.Errorf("%d observations counted, want %d", got, tt.total)
			}
		})
	}
}

// Only what somebody saw decided was observed; the scenarios are all.
func TestLinksOfWhatNobodyObserved(t *testing.T) {
	w := newWorkshop(t)
	s := w.make(w.set("maps", w.packet("out", everyEnd())))
	p, _ := s.Links.Profiles.Get("p:one")
	if want := []string{"p:one:asked", "p:one:fine", "p:one:half", "p:one:known", "p:one:match"}; !slices.Equal(p.ObservedExpectationIDs, want) {
		t.Errorf("observed_expectation_ids %q, want %q", p.ObservedExpectationIDs, want)
	}
	if want := []string{"file-read*", "file-read-metadata", "mach-lookup", "sysctl-read"}; !slices.Equal(p.ObservedOps, want) {
		t.Errorf("observed_ops %q, want %q", p.ObservedOps, want)
	}
	if want := (analysis.ObservationCounts{Total: 7, Blocked: 1, BlockedByStage: map[string]int{"apply": 1}}); !cmp.Equal(p.ObservationCounts, want) || len(p.ScenarioIDs) != 7 {
		t.Errorf("observation_counts %+v, want %+v, of scenarios %q", p.ObservationCounts, want, p.ScenarioIDs)
	}
}

// Profiles without a policy and probes without an id or an operation are left
// out, and nobody's mistake.
func TestLinksSkip(t *testing.T) {
	w := newWorkshop(t)
	s := w.set("maps", w.packet("one", onePlan("one")))
	m := s.sources[0].matrix
	m.Profiles[0].Value.Probes = append(m.Profiles[0].Value.Probes,
		artifact.MatrixProbe{Name: "no id", Operation: "fs.read_file"}, artifact.MatrixProbe{Name: "no operation", ExpectationID: "x"})
	m.Profiles = append(m.Profiles, artifact.Member[artifact.MatrixProfile]{Key: "bare", Value: artifact.MatrixProfile{Probes: m.Profiles[0].Value.Probes}})
	l := newLinks(s)
	if l.err != nil || len(l.profiles) != 1 || !slices.Equal(sortedKeys(l.expectations), []string{"one:p:a"}) {
		t.Errorf("profiles %q, expectations %q, %v", sortedKeys(l.profiles), sortedKeys(l.expectations), l.err)
	}
}

func TestLinkedFiles(t *testing.T) {
	w := newWorkshop(t)
	writeFile(t, filepath.Join(w.root, "sb/one.json"), "{}")
	writeFile(t, filepath.Join(w.root, "..", filepath.Base(w.root)+"-outside"), "x")
	t.Cleanup(func() { os.Remove(w.root + "-outside") })
	if err := os.Symlink(w.root+"-outside", filepath.Join(w.root, "sb/out.json")); err != nil {
		t.Fatal(err)
	}
	sum := bundle.DigestOf([]byte("{}")).String()
	tests := []struct {
		name, file string
		want       analysis.LinkedFile
	}{
		{"there", "sb/one.json", analysis.LinkedFile{Exists: true, SHA256: sum, Size: new(int64(2))}},
		{"there, absolute", filepath.Join(w.root, "sb/one.json"), analysis.LinkedFile{Exists: true, SHA256: sum, Size: new(int64(2))}},
		{"not there", "sb/none.json", analysis.LinkedFile{}},
		{"a folder", "sb", analysis.LinkedFile{}},
		{"outside", "../" + filepath.Base(w.root) + "-outside", analysis.LinkedFile{}},
		{"outside, absolute", w.root + "-outside", analysis.LinkedFile{}},
		{"outside by a symlink", "sb/out.json", analysis.LinkedFile{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Path = "named"
			got, err := linkFile(w.root, tt.file, "named")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("linkFile (-want +got):\n%s", diff)
			}
		})
	}
}

// What a run of the reference system leaves beside its artifacts is found in the
// run folder itself.
func TestLinksOfBuilds(t *testing.T) {
	w := newWorkshop(t)
	spec := everyEnd()
	spec.Profiles[0].Path = "sb/one.sb"
	packet := w.packet("out", spec)
	writeFile(t, filepath.Join(w.root, "sb/one.sb"), "(version 1)")
	writeFile(t, filepath.Join(w.root, "out/run-1/sb_build/one.sb.bin"), "blob")
	writeFile(t, filepath.Join(w.root, "out/run-1/runtime_profiles/one.p_one.runtime.sb"), "(version 1)\n")
	w.opts.SystemProfileDigests = filepath.Join(w.root, "digests.json")
	writeFile(t, w.opts.SystemProfileDigests, `{"profiles": {"p:one": {"status": "ok", "observed": {"world_id": "w"}, "more": 1}, "sys:x": {"source": "y"}}}`)
	w.opts.TagLayouts = filepath.Join(filepath.Dir(w.root), "tags.json")
	s := w.make(w.set("maps", packet))
	p, _ := s.Links.Profiles.Get("p:one")
	file := func(path, text string) *analysis.LinkedFile {
		return &analysis.LinkedFile{Path: path, Exists: true, SHA256: bundle.DigestOf([]byte(text)).String(), Size: new(int64(len(text)))}
	}
	if diff := cmp.Diff(file("sb/one.sb", "(version 1)"), &p.ProfileSource); diff != "" {
		t.Errorf("profile_source (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(file("out/run-1/sb_build/one.sb.bin", "blob"), p.CompiledBlob); diff != "" {
		t.Errorf("compiled_blob (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(file("out/run-1/runtime_profiles/one.p_one.runtime.sb", "(version 1)\n"), p.RuntimeProfile); diff != "" {
		t.Errorf("runtime_profile (-want +got):\n%s", diff)
	}
	if p.SystemProfileDigestID == nil || *p.SystemProfileDigestID != "p:one" || !strings.Contains(string(p.SystemProfileDigest), `"source": null`) {
		t.Errorf("system profile %v: %s", p.SystemProfileDigestID, p.SystemProfileDigest)
	}
	if two, _ := s.Links.Profiles.Get("p:two"); two.SystemProfileDigestID != nil || two.SystemProfileDigest != nil || two.CompiledBlob != nil || two.ProfileSource.Exists {
		t.Errorf("a profile of which nothing is known: %+v", two)
	}
	linked, _ := s.Links.Packets.Get("out/promotion_packet.json")
	if text(linked.SBBuildDir) != "out/run-1/sb_build" || text(linked.RuntimeProfilesDir) != "out/run-1/runtime_profiles" || linked.OutputRoot != "out/run-1" {
		t.Errorf("packet %+v", linked)
	}
	if l := s.Links.Links; text(l.SystemProfileDigests) != "digests.json" || text(l.TagLayouts) != filepath.ToSlash(w.opts.TagLayouts) || l.OpsCoverage != nil {
		t.Errorf("links %+v", l)
	}
}

func TestSystemDigests(t *testing.T) {
	tests := map[string]struct{ text, want string }{ // want: of the error, or the entry of "sys:a"
		"profiles":    {`{"profiles": {"sys:a": {"status": "ok", "observed": null, "source": "x"}}}`, `{"status":"ok","observed":null,"source":"x"}`},
		"plain":       {`{"sys:a": {"source": "x"}}`, `{"status":null,"observed":null,"source":"x"}`},
		"list":        {`[]`, "want an object"},
		"inner list":  {`{"profiles": []}`, `"profiles": want an object`},
		"entry":       {`{"sys:a": 1}`, `"sys:a": want an object`},
		"status":      {`{"sys:a": {"status": 1}}`, "want a string"},
		"nothing":     {`{"sys:a": {"x": 1}}`, "want an object with status, observed or source"},
		"entry twice": {`{"sys:a": {"status": "a"}, "sys:a": {"status": "b"}}`, "twice"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			digests, err := parseSystemDigests([]byte(tt.text))
			if got := string(digests["sys:a"]); err == nil && got != tt.want {
				t.Errorf("parseSystemDigests(%s) = %s, want %s", tt.text, got, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("parseSystemDigests(%s) = %v, want an error with %q", tt.text, err, tt.want)
			}
		})
	}
}

func FuzzSystemDigests(f *testing.F) {
	f.Add([]byte(`{"profiles": {"sys:a": {"status": "ok", "observed": [1], "source": "<x>"}}}`))
	f.Add([]byte(`{"a": {"observed": {}}, "b": {"source": null, "status": ""}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		digests, err := parseSystemDigests(data)
		if err != nil {
			return
		}
		for id, entry := range digests {
			if _, err := artifact.Encode(entry, artifact.Indented); err != nil {
				t.Errorf("%q: what was read cannot be written: %v", id, err)
			}
		}
	})
}
