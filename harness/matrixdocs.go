package harness

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/bundle"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/contract"
	"github.com/rtgen/rtgen/harness/internal/normalize"
	"github.com/rtgen/rtgen/harness/internal/stage"
)

// MatrixInput names the two documents that say what was expected and what came of
// it. They are read as they are: no index vouches for them.
type MatrixInput struct {
	Matrix  string // expected_matrix.json
	Results string // runtime_results.json, of this system or of the reference
	// WorldID is where the rows were observed. Empty: as the matrix says, else as
	// the results do; this host's is never taken for it.
	WorldID string
}

// generatedBy is what mismatch_summary.json names as its maker.
const generatedBy = "github.com/rtgen/rtgen/harness/internal/normalize"

// NormalizeMatrix writes what the rows of a run mean, as
// runtime_events.normalized.json, to the file out, whose folder is made. There is
// no baseline to hold them against. Documents that cannot be read, and rows that
// contradict themselves, are an *InputError, and nothing is written.
func NormalizeMatrix(in MatrixInput, out string) error {
	set, err := in.openSound()
	if err != nil {
		return err
	}
	return replaceFile(out, true, set.WriteEvents)
}

// MismatchMatrix writes the rows of a run that are not what was expected, as
// mismatch_summary.json, to the file out, whose folder must be there.
func MismatchMatrix(in MatrixInput, out string) error {
	set, err := in.open()
	if err != nil {
		return err
	}
	if err := set.CheckMismatches(); err != nil {
		return &InputError{err}
	}
	return replaceFile(out, false, func(w io.Writer) error { return set.WriteMismatches(w, generatedBy) })
}

// open reads the documents. An error is an *InputError unless a file could not be
// read.
func (in MatrixInput) open() (*normalize.Set, error) {
	docs := normalize.Documents{MatrixName: in.Matrix, ResultsName: in.Results}
	var err error
	if docs.Matrix, err = readDocument(in.Matrix); err != nil {
		return nil, err
	}
	results, err := os.Open(in.Results)
	if err != nil {
		return nil, unreadable(in.Results, err)
	}
	defer results.Close()
	docs.ResultsFrom = results
	if in.WorldID != "" {
		if err := artifact.CheckID("world_id", in.WorldID); err != nil {
			return nil, &InputError{err}
		}
	}
	set, err := normalize.Open(normalize.Run{WorldID: in.WorldID}, docs)
	if err != nil {
		return nil, &InputError{err}
	}
	return set, nil
}

// openSound is open of documents whose rows do not contradict themselves.
func (in MatrixInput) openSound() (*normalize.Set, error) {
	set, err := in.open()
	if err != nil {
		return nil, err
	}
	found, err := set.Check()
	if err == nil {
		err = contradictions(in.Results, found)
	}
	if err != nil {
		return nil, &InputError{err}
	}
	return set, nil
}

func readDocument(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, unreadable(file, err)
	}
	return data, nil
}

func unreadable(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return inputErrorf("%s: no such file", file)
	}
	return fmt.Errorf("%s: %s", file, plainReason(err))
}

// shownViolations is how many contradictions are told one by one.
const shownViolations = 20

func contradictions(file string, found []contract.Violation) error {
	var errs []error
	for i, v := range found {
		if i == shownViolations {
			errs = append(errs, fmt.Errorf("%s: and %d more", file, len(found)-i))
			break
		}
		errs = append(errs, fmt.Errorf("%s: row %w", file, v))
	}
	return errors.Join(errs...)
}

// notInRun refuses a file that would lie in a run folder, as an *InputError: it
// could take the place of evidence that nobody can make again.
func notInRun(file string) error {
	dir := filepath.Dir(file)
	for _, name := range []string{bundle.IndexFile, bundle.StatusFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return inputErrorf("%s: is to go into the folder of a run, %s, and what a run left is not replaced; choose another folder", file, dir)
		}
	}
	return nil
}

// replaceFile writes one document. What may not be replaced is an *InputError.
func replaceFile(file string, folders bool, write func(io.Writer) error) error {
	if err := notInRun(file); err != nil {
		return err
	}
	err := stage.Check([]stage.File{{Path: file}}, true)
	var refused *stage.RefusedError
	if errors.As(err, &refused) {
		return &InputError{err}
	}
	if err == nil && folders {
		err = stage.MakeFolder(file)
	}
	if err != nil {
		return err
	}
	return stage.Replace(file, write)
}
