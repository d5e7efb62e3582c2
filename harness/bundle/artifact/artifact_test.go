package artifact_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// codec decodes one kind of document and writes it again.
type codec struct {
	file string
	redo func(data []byte) ([]byte, error)
}

// redo decodes strictly: an unknown key anywhere the decoder itself walks is an
// error, and one inside a custom type shows as missing bytes.
func redo[T any](style canon.Style) func([]byte) ([]byte, error) {
	return func(data []byte) ([]byte, error) {
		var doc T
		dec := json.NewDecoder(bytes.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&doc); err != nil {
			return nil, err
		}
		return canon.Marshal(doc, style)
	}
}

func redoPackets(data []byte) ([]byte, error) {
	packets, err := artifact.ReadMismatchPackets(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return canon.MarshalLines(packets, canon.LineSorted)
}

// codecs are those of every document of a run folder, and of the packet that
// points into it.
var codecs = []codec{
	{bundle.IndexFile, redo[bundle.Index](canon.Indented)},
	{bundle.StatusFile, redo[bundle.RunStatus](canon.Indented)},
	{bundle.ManifestFile, redo[bundle.RunManifest](canon.Indented)},
	{bundle.SummaryFile, redo[bundle.Summary](canon.Indented)},
	{bundle.RepairLogFile, redo[bundle.RepairLog](canon.Indented)},
	{packetFile, redo[bundle.Packet](canon.Indented)},
	{artifact.ApplyPreflightFile, redo[artifact.ApplyPreflight](canon.Indented)},
	{artifact.GeneratedMatrixFile, redo[artifact.ExpectedMatrix](canon.Indented)},
	{artifact.ExpectedMatrixFile, redo[artifact.ExpectedMatrix](canon.Indented)},
	{artifact.RuntimeResultsFile, redo[artifact.RuntimeResults](canon.Indented)},
	{artifact.RuntimeEventsFile, redo[[]artifact.Event](canon.IndentedSorted)},
	{artifact.BaselineResultsFile, redo[artifact.BaselineResults](canon.Indented)},
	{artifact.OracleResultsFile, redo[artifact.OracleResults](canon.Indented)},
	{artifact.PathWitnessesFile, redo[artifact.PathWitnesses](canon.Indented)},
	{artifact.FixturesFile, redo[artifact.Fixtures](canon.Indented)},
	{artifact.MismatchSummaryFile, redo[artifact.MismatchSummary](canon.Indented)},
	{artifact.MismatchPacketsFile, redoPackets},
}

// packetFile is how the names of packets end.
const packetFile = "promotion_packet.json"

// comeBack holds that every file below root but prose comes back byte for byte,
// and returns how many there were. What is not a document of a bundle is named
// in but.
func comeBack(t *testing.T, root string, but ...string) (checked int) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case slices.Contains(but, d.Name()) && d.IsDir():
			return fs.SkipDir
		case d.IsDir(), slices.Contains(but, d.Name()), d.Name() == bundle.LatestFile, filepath.Ext(name) == ".md":
			return nil
		}
		i := slices.IndexFunc(codecs, func(c codec) bool {
			return d.Name() == c.file || c.file == packetFile && strings.HasSuffix(name, "."+c.file)
		})
		if i < 0 {
			t.Errorf("%s: nothing decodes it", name)
			return nil
		}
		checked++
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := codecs[i].redo(want)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("changed (-file +rewritten):\n%s", diff)
			}
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return checked
}

// Bundles written by the system whose format this is must come back byte for
// byte, all of their files: what was not understood would be lost.
func TestReferenceBundlesComeBack(t *testing.T) {
	if n := comeBack(t, sharedBundles(t), "plan", "plan-digests.json"); n < 53 {
		t.Errorf("only %d documents were compared", n)
	}
}

// So must a bundle of the older generation, which lacks what came later and has
// its own schema strings.
func TestOlderBundleComesBack(t *testing.T) {
	if n := comeBack(t, filepath.Join("..", "testdata", "older")); n != 15 {
		t.Errorf("%d documents were compared, want 15", n)
	}
}

// What the format allows and no stored bundle shows: error rows, listeners,
// confounders, identities, the preflight of a confined host, and what only runs
// of ours write. The files end with a newline, which the format does not have.
func TestDocumentsComeBack(t *testing.T) {
	seen := 0
	for _, c := range codecs {
		for file, want := range testdata(t, c.file) {
			seen++
			t.Run(file, func(t *testing.T) {
				got, err := c.redo(want)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("changed (-file +rewritten):\n%s", diff)
				}
			})
		}
	}
	if all, _ := filepath.Glob("testdata/*.json"); seen != len(all) {
		t.Errorf("%d of %d files in testdata were read", seen, len(all))
	}
}

func testdata(t testing.TB, name string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*."+name))
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		docs[filepath.Base(file)] = bytes.TrimSuffix(data, []byte("\n"))
	}
	return docs
}

// sharedBundles finds the reference bundles that may lie beside the repository.
func sharedBundles(t testing.TB) string {
	t.Helper()
	dir, err := repository()
	if err != nil {
		t.Fatal(err)
	}
	bundles := filepath.Join(dir, "..", "shared", "reference-bundles")
	if _, err := os.Stat(bundles); err != nil {
		t.Skipf("no reference bundles beside the repository: %v", err)
	}
	return bundles
}

func repository() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", os.ErrNotExist
		}
		dir = filepath.Dir(dir)
	}
	return "", err
}
