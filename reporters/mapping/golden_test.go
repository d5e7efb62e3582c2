package mapping

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/harnesstest/made"
)

var update = flag.Bool("update", false, "write testdata/golden anew")

// goldenSpec is one plan, run in a world. It uses the operations' Seatbelt names,
// which stand for operations of Linux too, and two names of one operation.
func goldenSpec(world string, vacuous made.Seen, probes ...made.Probe) made.BundleSpec {
	met, foreign := probe("met", "file-read*", made.Deny, made.Deny), probe("foreign", "file-read-data", made.Deny, made.Deny)
	foreign.Baseline = vacuous
	asked := probe("asked", "file-write*", made.Deny, made.Allow)
	asked.Command = []string{"bin/sandbox_runner", "out/profiles/one.sb", "x"}
	asked.Callouts = []artifact.Callout{
		{Tool: "t", Stage: "pre_syscall", API: "sandbox_check", Operation: "file-write*", FilterType: new(1), FilterTypeName: new("path"), Argument: new("/data/asked"), Decision: "deny", RC: new(1), Errno: new(0)},
		{Tool: "t", Stage: "post_apply", API: "sandbox_check", FilterType: new(7), Decision: "allow", RC: new(0)},
	}
	return made.BundleSpec{
		WorldID: world, PlanID: "golden.v1", RunID: "run-" + world[:5], Uncounted: world == made.MacWorld,
		Profiles: []made.Profile{{ID: "p:one", Family: "f", SemanticGroup: "s", Probes: append([]made.Probe{met, foreign, asked}, probes...)}},
	}
}

// golden makes the mappings of two worlds, of one packet each, and of a packet that
// is refused and one that is not there.
func golden(t *testing.T) *workshop {
	w := newWorkshop(t)
	blocked, known := probe("blocked", "file-write*", made.Deny, made.BlockedApply), probe("known", "file-read*", made.Allow, made.Deny)
	mac := goldenSpec(made.MacWorld, made.Allow, known, blocked)
	mac.Impact = []byte(`{"metadata": {"allowed_tags": ["alias"]}, "p:one:known": {"tags": ["alias"]}}`)
	mac.Profiles = append(mac.Profiles, made.Profile{ID: "p:two", Probes: []made.Probe{probe("unseen", "mach-lookup", made.Deny, "")}})
	linux := goldenSpec(made.LinuxWorld, made.Deny, probe("known", "file-read*", made.Allow, made.Allow), probe("blocked", "file-write*", made.Deny, made.Undecided))
	direct := goldenSpec(made.LinuxWorld, made.Allow)
	direct.Channel = "direct"
	o := Options{Root: w.root, Out: filepath.Join(w.root, "maps"), Packets: []string{
		w.packet("mac", mac), w.packet("linux", linux), w.packet("direct", direct), filepath.Join(w.root, "none.json"),
	}}
	if _, err := Promote(o); err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(o.Out, made.MacWorld)
	if _, err := BuildExpectations(ExpectationsOptions{
		Set: set, Packets: o.Packets[:1], Root: w.root, Profiles: []string{"p:one", "p:two", "p:none"}, Out: filepath.Join(set, ExpectationsFile),
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

var digests = regexp.MustCompile(`"[0-9a-f]{64}"`)

// Each document, as it is: its keys, their order and all of its bytes but digests,
// which speak of every byte of the inputs. Of the second world, those that tell of
// operations by other names and of denials that no policy has earned. Run with
// -update to write them anew.
func TestGolden(t *testing.T) {
	w := golden(t)
	const dir = "testdata/golden"
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	// What a run writes itself, and normalize and mismatch make anew.
	for _, name := range []string{artifact.ExpectedMatrixFile, artifact.RuntimeEventsFile, artifact.MismatchSummaryFile} {
		data, err := os.ReadFile(filepath.Join(w.root, "linux", "run-linux", name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(w.root, "maps", "run", name), string(data))
	}
	got := goldens(t, filepath.Join(w.root, "maps"), func(data []byte) string {
		return digests.ReplaceAllString(string(data), `"<sha256>"`)
	})
	if *update {
		for name, text := range got {
			writeFile(t, filepath.Join(dir, filepath.FromSlash(name)), text)
		}
	}
	want := goldens(t, dir, func(data []byte) string { return string(data) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("documents (-want +got); -update writes them anew:\n%s", diff)
	}
}

// goldens are the documents in a folder, by path.
func goldens(t *testing.T, dir string, text func([]byte) string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		base := path.Base(name)
		if err != nil || entry.IsDir() || strings.HasPrefix(name, made.LinuxWorld) && base != SignaturesFile && base != analysis.StoryFile {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if strings.Count(string(data), "\n") > 2000 {
			return fmt.Errorf("%s is too long to be looked at", name)
		}
		all[name] = text(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
