package harness_test

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// readDocument reads a document of a run by the key of each of its rows.
func readDocument[T, Row any](t *testing.T, res *harness.Result, name string, rows func(T) []Row, key func(Row) string) map[string]Row {
	t.Helper()
	b, err := bundle.Load(res.RunDir)
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	var doc T
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string]Row{}
	for _, row := range rows(doc) {
		found[key(row)] = row
	}
	return found
}

func witnessesOf(t *testing.T, res *harness.Result) map[string]artifact.PathWitness {
	return readDocument(t, res, artifact.PathWitnessesFile, func(d artifact.PathWitnesses) []artifact.PathWitness { return d.Records },
		func(w artifact.PathWitness) string {
			return w.Lane + " " + strings.TrimPrefix(w.ScenarioID, "baseline:")
		})
}

func resultsOf(t *testing.T, res *harness.Result) map[string]artifact.ResultsProbe {
	return readDocument(t, res, artifact.RuntimeResultsFile, func(d artifact.RuntimeResults) []artifact.ResultsProbe { return d[0].Value.Probes },
		func(p artifact.ResultsProbe) string { return p.Name })
}

// Each probe says what it reached by its own descriptor, and each, denied or
// not, which file it was about.
func TestWitnessedPaths(t *testing.T) {
	needLinux(t)
	tree := func(more ...fixture.Node) *fixture.Spec {
		return &fixture.Spec{Tree: append([]fixture.Node{
			{Path: "${workspace}/f", Kind: fixture.File, Content: "x"}, {Path: "${home}/secret", Kind: fixture.File, Content: "x"},
			{Path: "${workspace}/door", Kind: fixture.Symlink, To: "${home}"},
		}, more...)}
	}
	hard := tree(fixture.Node{Path: "${workspace}/hard", Kind: fixture.Hardlink, To: "${workspace}/f"})
	program := tree(fixture.Node{Path: "${workspace}/run", Kind: fixture.File, Mode: "0755", Content: "#!/bin/sh\n"})
	none := map[string]bool{"oracle": false}
	c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{ID: "ws", Probes: []harnesstest.Probe{
		{Name: "plain", Operation: "fs.read_file", Target: "${workspace}//f", Fixture: tree()},
		{Name: "hard", Operation: "fs.read_file", Target: "${workspace}/hard", Fixture: hard},
		{Name: "through-link", Operation: "fs.read_file", Target: "${workspace}/door/secret", Fixture: tree()}, // is denied
		{Name: "dotdot", Operation: "fs.read_file", Target: "${workspace}/../secret", Expected: "deny", Fixture: tree()},
		{Name: "make", Operation: "fs.make_dir", Target: "${workspace}/door/new", Expected: "deny", Fixture: tree()},
		{Name: "held", Operation: "fs.read_file", Syscall: "held", Target: "${home}/secret", Fixture: tree()},
		{Name: "run", Operation: "fs.execute", Target: "${workspace}/run", Expected: "deny", Fixture: program, Lanes: none},
		{Name: "unnamed", Operation: "fs.write_file", Syscall: "tmpfile", Target: "${workspace}", Fixture: tree(), Lanes: none},
		{Name: "missing", Operation: "fs.read_file", Target: "${workspace}/none/f", Fixture: tree()},
	}}}})
	var obs recorder
	res, err := harness.RunCompiled(t.Context(), c, harness.Params{Out: t.TempDir(), Channel: clean, Progress: obs.observe})
	if err != nil {
		t.Fatal(err)
	}
	witnesses, results := witnessesOf(t, res), resultsOf(t, res)
	events := map[string]artifact.Event{}
	for _, e := range readEvents(t, res) {
		events[e.ProbeName] = e
	}
	for _, tt := range []struct {
		name     string
		decision string
		path     string // of the file, below the folder of home
		own      string // source of the scenario's own path
		look     string // source of the look
		by       string // what made another path of it
	}{
		{"plain", "allow", "project/f", "probe_fd_path:present", "unsandboxed_fd_path", ""},
		{"hard", "allow", "project/hard", "probe_fd_path:present", "unsandboxed_fd_path", ""},
		{"through-link", "deny", "secret", "probe_fd_path:missing", "unsandboxed_fd_path", "symlink"},
		{"dotdot", "deny", "secret", "probe_fd_path:missing", "unsandboxed_fd_path", "dotdot"},
		{"make", "deny", "new", "probe_fd_path:missing", "unsandboxed_parent_path", "symlink"},
		{"held", "allow", "secret", "probe_fd_path:present", "unsandboxed_fd_path", ""},
		{"run", "deny", "project/run", "probe_fd_path:missing", "unsandboxed_fd_path", ""},
		{"unnamed", "allow", "project", "probe_fd_path:unavailable", "unsandboxed_fd_path", ""},
		{"missing", "", "", "probe_fd_path:missing", "unsandboxed_error", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, event, look := witnesses["scenario ws:"+tt.name], events[tt.name], results[tt.name].PathObservation
			got := deref(w.Decision)
			if got != tt.decision {
				t.Fatalf("decision %q, want %q: %+v", got, tt.decision, obs.obs["ws:"+tt.name+" scenario"])
			}
			home := homeOf(*w.RequestedPath)
			if w.ObservedPathSource != tt.own || look == nil || look.ObservedPathSource != tt.look {
				t.Errorf("sources %q and %+v, want %q and %q", w.ObservedPathSource, look, tt.own, tt.look)
			}
			if tt.path == "" {
				if *w.NormalizedPath != *w.RequestedPath || w.NormalizedPathSource != "requested_path" || *look.ObservedPathErrno != int(unix.ENOENT) {
					t.Errorf("witness %+v, look %+v of what is not there", w, look)
				}
				return
			}
			want := filepath.Join(home, tt.path)
			if *look.ObservedPath != want || *w.NormalizedPath != want || *event.NormalizedPath != want {
				t.Errorf("paths %q, %q, %q, want %q", *look.ObservedPath, *w.NormalizedPath, *event.NormalizedPath, want)
			}
			if c := w.Canonicalization; c.PathDiffers == nil || *c.PathDiffers != (tt.by != "") || c.PathDiffersBy != tt.by {
				t.Errorf("canonicalization %+v, want it by %q", c, tt.by)
			}
			id := w.FDIdentity
			if (id != nil) != (tt.own != "probe_fd_path:missing") || (event.ObservedPath != nil) != (tt.own == "probe_fd_path:present") {
				t.Errorf("fd_identity %+v, observed_path %v: only the probe's own descriptor is one", id, event.ObservedPath)
			}
			if tt.own == "probe_fd_path:present" && (*id.Ino != *look.Ino || *id.Dev != *look.Dev || *id.MountOnName != look.MountOnName || *id.FSTypeName == "" || len(id.FSID) != 2) {
				t.Errorf("fd_identity %+v, and the look saw %+v", id, look)
			}
			if tt.name == "unnamed" && (id.NoPath != "deleted" || id.FileType != "file" || !strings.HasSuffix(id.KernelText, " (deleted)")) {
				t.Errorf("fd_identity %+v of a file without a name", id)
			}
			if event.IntendedOpWitnessed != nil && *event.ReachedPrimaryOp != *event.IntendedOpWitnessed {
				t.Errorf("reached %v, witnessed %v", *event.ReachedPrimaryOp, *event.IntendedOpWitnessed)
			}
		})
	}
	for reason, name := range map[string]string{artifact.ReasonCanonicalization: "through-link", artifact.ReasonOpNotWitnessed: "missing"} {
		packets := packetsOf(t, res)
		if got := packets["ws:"+name].MismatchReason; got != reason {
			t.Errorf("%s is said to differ for %q, want %q", name, got, reason)
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// homeOf is the folder ${home} in a path of a fixture.
func homeOf(path string) string {
	at := strings.LastIndex(path, "/home/")
	return path[:at+len("/home")]
}

func packetsOf(t *testing.T, res *harness.Result) map[string]artifact.MismatchPacket {
	t.Helper()
	file, err := os.Open(filepath.Join(res.RunDir, artifact.MismatchPacketsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	list, err := artifact.ReadMismatchPackets(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]artifact.MismatchPacket{}
	for _, p := range list {
		found[p.ExpectationID] = p
	}
	return found
}

// What a worker was given is in the evidence it made, and not in that of the
// worker that took its place.
func TestHygieneOfEachWorker(t *testing.T) {
	needLinux(t)
	for _, channel := range []harness.ChannelName{harness.ChannelDirect, harness.ChannelClean} {
		t.Run(string(channel), func(t *testing.T) {
			var fds [2]int
			if err := unix.Pipe(fds[:]); err != nil { // without O_CLOEXEC: a child inherits it
				t.Fatal(err)
			}
			defer unix.Close(fds[0])
			given := fds[1]
			to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(given))
			if err != nil {
				t.Fatal(err)
			}
			fifo := &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/fifo", Kind: fixture.FIFO}}}
			file := oneFile("${workspace}/a", "x")
			only := map[string]bool{"oracle": false, "baseline": false}
			c := compilePlan(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{ID: "ws", Probes: []harnesstest.Probe{
				{Name: "before", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: file, Lanes: only},
				{Name: "hangs", Operation: "fs.read_file", Target: "${workspace}/fifo", Fixture: fifo, Lanes: only},
				{Name: "after", Operation: "fs.read_file", Target: "${workspace}/a", Fixture: file, Lanes: only},
			}}}})
			open := true
			res, err := harness.RunCompiled(t.Context(), c, harness.Params{
				Out: t.TempDir(), Channel: harness.ChannelSpec{Name: channel}, ProbeTimeout: 500 * time.Millisecond,
				Progress: func(obs *harness.Observation) {
					if obs.ProbeName == "hangs" {
						unix.Close(given)
						open = false
					}
				},
			})
			if open {
				unix.Close(given)
			}
			if err != nil {
				t.Fatal(err)
			}
			rows := resultsOf(t, res)
			hint := fmt.Sprintf("%d -> %s", given, to)
			for name, has := range map[string]bool{"before": true, "hangs": true, "after": false} {
				row := rows[name].RuntimeResult
				h := row.ResourceHygiene
				has = has && channel == harness.ChannelDirect
				if h == nil || slices.Contains(h.PassFDs, given) != has || slices.Contains(h.PreopenHints, hint) != has || has && !*h.PreopenDetected || len(h.PassFDs) != len(h.PreopenHints) {
					t.Errorf("%s: %+v, want descriptor %d as %q in it: %t", name, h, given, hint, has)
				}
				if h != nil && (*h.CloseFDs != (channel == harness.ChannelClean) || channel == harness.ChannelClean && *h.PreopenDetected) {
					t.Errorf("%s: %+v", name, h)
				}
				if row.RunnerInfo == nil {
					t.Errorf("%s was made by a worker, and no runner_info says so", name)
				}
			}
		})
	}
}

// A listener that could not be had is in the evidence, and its probe is broken,
// not denied.
func TestListenerThatCouldNotBeHad(t *testing.T) {
	needLinux(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	address := ln.Addr().String()
	c := compilePlan(t, harnesstest.Plan{Lanes: map[string]bool{"oracle": false}, Profiles: []harnesstest.Profile{{ID: "ws", Probes: []harnesstest.Probe{
		{Name: "out", Operation: "net.connect_tcp", Target: address, Fixture: &fixture.Spec{Listen: address}},
	}}}})
	res, err := harness.RunCompiled(t.Context(), c, harness.Params{Out: t.TempDir(), Channel: clean})
	if err != nil {
		t.Fatal(err)
	}
	records := readDocument(t, res, artifact.FixturesFile, func(d artifact.Fixtures) []artifact.FixtureRecord { return d.Records },
		func(r artifact.FixtureRecord) string { return r.Lane })
	for _, lane := range []string{"scenario", "baseline"} {
		l := records[lane].Listener
		if l == nil || l.Status != "error" || l.Error == nil || l.Precheck.Status != "skipped" || l.AcceptCount != 0 || l.Host+":"+strconv.Itoa(l.Port) != address {
			t.Errorf("%s: listener %+v", lane, l)
		}
	}
	if row := resultsOf(t, res)["out"]; row.Actual != nil || row.ErrorKind == nil || *row.ErrorKind != "fixture_failed" || row.Listener == nil {
		t.Errorf("row %+v", row)
	}
}
