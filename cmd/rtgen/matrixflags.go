package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

// matrixPlan is the plan whose latest run the matrix commands read when the line
// names no files.
const matrixPlan = "runtime-checks"

// The documents of a run folder that the matrix commands read and write.
const (
	matrixFile  = "expected_matrix.json"
	resultsFile = "runtime_results.json"
)

// matrixFlags say which expected matrix a command reads, and which results.
type matrixFlags struct {
	matrix, results string
	here            bool // relative paths start from the working directory, not from the root
	makesResults    bool // the command reads none
}

// add gives the command the flags of the documents it reads.
func (m *matrixFlags) add(cmd *cobra.Command) {
	const otherwise = "; default: that of the run that LATEST names in out/" + matrixPlan + " under the root"
	f := cmd.Flags()
	f.StringVar(&m.matrix, "matrix", "", "the expected matrix, "+matrixFile+": a `file`"+otherwise)
	if !m.makesResults {
		f.StringVar(&m.results, "runtime-results", "", "the results, "+resultsFile+": a `file`"+otherwise)
	}
}

// matrixFiles are a command's documents, and where the paths on its line start.
type matrixFiles struct {
	Matrix, Results string
	base            string
}

// resolve finds the documents. What is not there is an error that says which flag
// to give.
func (m *matrixFlags) resolve(command string, src harness.Source) (matrixFiles, error) {
	root, err := src.RootFor(".")
	if err != nil {
		return matrixFiles{}, err
	}
	files := matrixFiles{base: root}
	if m.here {
		files.base = ""
	}
	out := filepath.Join(root, "out", matrixPlan)
	dir := out
	// Nothing is verified: these commands take any two documents.
	if latest, err := harness.OpenBundleUnverified(out); err == nil {
		dir = latest.Dir
	}
	find := func(flag, given, name string) string {
		path := files.path(given)
		if given == "" {
			path = filepath.Join(dir, name)
		}
		info, statErr := os.Stat(path)
		switch {
		case errors.Is(statErr, fs.ErrNotExist) && given == "":
			err = errors.Join(err, fmt.Errorf("%s: no --%s is given, and the latest run in %s has none (no %s): give --%s FILE, or run plan %s first", command, flag, shown(out), shown(path), flag, matrixPlan))
		case errors.Is(statErr, fs.ErrNotExist):
			err = errors.Join(err, fmt.Errorf("%s: --%s: no file %s; a relative path starts from %s", command, flag, path, files.start()))
		case statErr == nil && !info.Mode().IsRegular():
			err = errors.Join(err, fmt.Errorf("%s: --%s: %s is no regular file; name the document itself", command, flag, path))
		}
		return path
	}
	files.Matrix = find("matrix", m.matrix, matrixFile)
	if !m.makesResults {
		files.Results = find("runtime-results", m.results, resultsFile)
	}
	if err != nil {
		return matrixFiles{}, &usageError{err}
	}
	return files, nil
}

// path is where a path on the command's line leads.
func (f matrixFiles) path(given string) string {
	if f.base == "" || filepath.IsAbs(given) {
		return given
	}
	return filepath.Join(f.base, given)
}

// start says where relative paths start.
func (f matrixFiles) start() string {
	if f.base == "" {
		return "the working directory"
	}
	return "the root, " + f.base
}
