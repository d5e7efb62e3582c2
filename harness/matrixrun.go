package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/stage"
)

// runtimeProfilesFolder is where the texts of policies lie, in the folder of a run
// and in what RunMatrixAll writes.
const runtimeProfilesFolder = "runtime_profiles"

// matrixCutFolder is the other one that RunMatrixAll writes.
const matrixCutFolder = "runtime_mappings"

// MatrixRun is how the run of an expected matrix went. There is no bundle of it:
// of Result, what names a run folder or a packet is empty.
type MatrixRun struct {
	*Result
	Files []string // written, starting with the out folder as it was given
}

// RunMatrix runs what CompileMatrix made of a matrix and writes its
// runtime_results.json into the folder out, in place of one that is there. Of a
// run that did not reach its end nothing is written, and the error says why.
// Params.Out does not count. A folder out that is that of another run is an
// *InputError.
func RunMatrix(ctx context.Context, c *Compiled, out string, p Params) (*MatrixRun, error) {
	file := filepath.Join(out, artifact.RuntimeResultsFile)
	if err := notInRun(file); err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "rtgen-matrix-")
	if err != nil {
		return nil, &UnavailableError{fmt.Errorf("temporary folder: %w", err)}
	}
	defer os.RemoveAll(work)
	run, dir, err := runMatrix(ctx, c, work, p)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(filepath.Join(dir, artifact.RuntimeResultsFile))
	if err != nil {
		return nil, err
	}
	if err := writeStaged([]stage.File{{Path: file, Data: data}}, true); err != nil {
		return nil, err
	}
	run.Files = []string{file}
	return run, nil
}

// RunMatrixAll is RunMatrix for all that a run of a matrix leaves: the matrix as
// it was run, its results, the policies' texts, the cut into scenarios, and the
// mismatches. The folder out holds nothing else, and is replaced as a whole. Its
// documents name it from the root, where it lies under it.
func (s Source) RunMatrixAll(ctx context.Context, c *Compiled, out string, p Params) (_ *MatrixRun, err error) {
	if out == "" {
		return nil, inputErrorf("no out folder given: say where the run's documents are to go")
	}
	place, _, err := s.placeOf(filepath.Join(out, matrixCutFolder))
	if err != nil {
		return nil, err
	}
	documents := []string{artifact.GeneratedMatrixFile, artifact.RuntimeResultsFile, artifact.MismatchSummaryFile}
	folder, err := stage.NewFolder(out, append(documents, runtimeProfilesFolder, matrixCutFolder))
	var refused *stage.RefusedError
	if errors.As(err, &refused) {
		return nil, &InputError{err}
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	run, dir, err := runMatrix(ctx, c, folder.Work, p)
	if err != nil {
		return nil, err
	}
	for _, name := range documents {
		if err := os.Rename(filepath.Join(dir, name), filepath.Join(folder.Dir, name)); err != nil {
			return nil, err
		}
	}
	if err := writeRuntimeProfiles(filepath.Join(folder.Dir, runtimeProfilesFolder), c); err != nil {
		return nil, err
	}
	in := MatrixInput{
		Matrix: filepath.Join(folder.Dir, artifact.GeneratedMatrixFile), Results: filepath.Join(folder.Dir, artifact.RuntimeResultsFile),
	}
	if err := cutMatrix(in, filepath.Join(folder.Dir, matrixCutFolder), place); err != nil {
		return nil, err
	}
	if err := folder.Commit(); err != nil {
		return nil, err
	}
	manifest := filepath.Join(matrixCutFolder, analysis.CutManifestFile)
	for _, name := range []string{artifact.RuntimeResultsFile, manifest, artifact.MismatchSummaryFile} {
		run.Files = append(run.Files, filepath.Join(out, name))
	}
	return run, nil
}

// runMatrix makes a bundle below the folder work, and gives its run folder.
func runMatrix(ctx context.Context, c *Compiled, work string, p Params) (*MatrixRun, string, error) {
	p.Out = filepath.Join(work, "out")
	res, err := RunCompiled(ctx, c, p)
	if err != nil {
		return nil, "", asInput(err) // such as a run id that names no folder
	}
	dir := res.RunDir
	res.RunDir, res.ArtifactIndex, res.Packet = "", "", ""
	if res.Status == StatusFailed {
		return nil, "", fmt.Errorf("run %s failed: %s; nothing was written", res.RunID, res.Error)
	}
	return &MatrixRun{Result: res}, dir, nil
}
