package artifact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

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

var codecs = []codec{
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

// Bundles written by the system whose format this is, of both generations,
// must come back byte for byte.
func TestReferenceBundlesComeBack(t *testing.T) {
	root := sharedBundles(t)
	for _, c := range codecs {
		files, err := filepath.Glob(filepath.Join(root, "*", "*", c.file))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 0 {
			t.Errorf("no reference bundle under %s has a %s", root, c.file)
		}
		for _, file := range files {
			rel, _ := filepath.Rel(root, file)
			t.Run(rel, func(t *testing.T) {
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.redo(want)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), string(got)); diff != "" {
					t.Errorf("%s changed (-file +rewritten):\n%s", rel, diff)
				}
			})
		}
	}
}

// What the format allows and no stored bundle shows: error rows, listeners,
// confounders, identities, the preflight of a confined host. The files end with
// a newline, which the format does not have.
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
