package normalize_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/gjson"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// referenceRun is a bundle's own account of itself, as far as documents repeat it.
type referenceRun struct {
	dir      string
	Run      string `json:"run_id"`
	World    string `json:"world_id"`
	Plan     string `json:"plan_id"`
	Channel  string `json:"channel"`
	RepoRoot string `json:"repo_root_context"`
	Output   string `json:"output_root"`
}

// referenceRuns is empty where no reference bundles lie beside the repository.
func referenceRuns(t testing.TB) []referenceRun {
	t.Helper()
	manifests, err := filepath.Glob(filepath.Join("..", "..", "..", "..", "shared", "reference-bundles", "*", "*", "run_manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []referenceRun
	for _, file := range manifests {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		run := referenceRun{dir: filepath.Dir(file)}
		if err := json.Unmarshal(data, &run); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	return runs
}

func (r referenceRun) read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(r.dir, name))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (r referenceRun) documents(t testing.TB) normalize.Documents {
	return normalize.Documents{
		Matrix:   r.read(t, artifact.ExpectedMatrixFile),
		Results:  r.read(t, artifact.RuntimeResultsFile),
		Baseline: r.read(t, artifact.BaselineResultsFile),
	}
}

func (r referenceRun) open(t testing.TB, asWritten bool) *normalize.Set {
	t.Helper()
	set, err := normalize.Open(normalize.Run{WorldID: r.World, RunID: r.Run, AsWritten: asWritten}, r.documents(t))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// What the system whose format this is made of its own captures, this package
// makes of them, byte for byte.
func TestReferenceBundles(t *testing.T) {
	runs := referenceRuns(t)
	if len(runs) == 0 {
		t.Skip("no reference bundles beside the repository")
	}
	for _, run := range runs {
		set := run.open(t, true)
		for _, doc := range []struct {
			name  string
			write func(io.Writer) error
		}{
			{artifact.RuntimeEventsFile, set.WriteEvents},
			{artifact.MismatchSummaryFile, func(w io.Writer) error {
				return set.WriteMismatches(w, gjson.GetBytes(run.read(t, artifact.MismatchSummaryFile), "generated_by").Str)
			}},
			{artifact.PathWitnessesFile, func(w io.Writer) error { return set.WriteWitnesses(w, run.Plan) }},
			{artifact.OracleResultsFile, set.WriteOracle},
			{artifact.MismatchPacketsFile, func(w io.Writer) error {
				return set.WritePackets(w, normalize.Folder{
					Channel: run.Channel, RepoRootContext: run.RepoRoot, RunManifest: new(run.Output + "/run_manifest.json"),
					Events: run.Output + "/" + artifact.RuntimeEventsFile, Witnesses: run.Output + "/" + artifact.PathWitnessesFile,
				})
			}},
		} {
			rel := filepath.Join(filepath.Base(filepath.Dir(run.dir)), filepath.Base(run.dir), doc.name)
			want := run.read(t, doc.name)
			if want == nil {
				continue // the run did not have this lane
			}
			t.Run(rel, func(t *testing.T) {
				var got bytes.Buffer
				if err := doc.write(&got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got.String()); diff != "" {
					t.Errorf("%s (-theirs +ours):\n%s", rel, diff)
				}
			})
		}
	}
}

// Nothing in them contradicts itself, as they were written and as the current
// generation has it; and what a row says of the sandbox's own answer follows from
// its callouts.
func TestReferenceBundlesHold(t *testing.T) {
	runs := referenceRuns(t)
	if len(runs) == 0 {
		t.Skip("no reference bundles beside the repository")
	}
	for _, run := range runs {
		for _, asWritten := range []bool{true, false} {
			found, err := run.open(t, asWritten).Check()
			if err != nil || len(found) > 0 {
				t.Errorf("%s: %v, %v", run.dir, found, err)
			}
		}
		err := run.open(t, true).Each(func(r *normalize.Row) error {
			result := &r.Probe.RuntimeResult
			want := contract.Asked{
				Operation: r.Probe.Operation, Target: r.Probe.Path, Request: result.SandboxCheckRequest.Ptr(), Callouts: result.Callouts,
			}.Witnessed()
			if diff := cmp.Diff(want, result.IntendedOpWitnessed.Ptr()); diff != "" {
				t.Errorf("%s: witnessed (-ours +theirs):\n%s", r.Probe.ExpectationID, diff)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
