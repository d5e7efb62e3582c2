package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

// planFlags are the flags of run that are about the lanes, the selection or the
// bundle of a plan.
var planFlags = []string{"plan", "lane", "only-profile", "only-scenario", "dry", "lock", "lock-timeout", "junit", "gojson", "json"}

// runMatrix is run --matrix.
func runMatrix(cmd *cobra.Command, src harness.Source, o runOptions) error {
	var given []string
	for _, name := range planFlags {
		if cmd.Flags().Changed(name) {
			given = append(given, "--"+name)
		}
	}
	if len(given) > 0 {
		return &usageError{fmt.Errorf("run --matrix takes no %s: that is about a plan; drop it, or run the plan without --matrix", strings.Join(given, ", "))}
	}
	flags := matrixFlags{matrix: o.matrix, makesResults: true}
	files, err := flags.resolve(cmd.Name(), src)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join("out", "golden-triple")
	}
	if err := checkOut("out", filepath.Join(files.path(o.out), resultsFile), anyMark, files.Matrix); err != nil {
		return err
	}
	return runMatrixWith(cmd, src, files, "", o.engine, func(ctx context.Context, c *harness.Compiled, p harness.Params) (*harness.MatrixRun, error) {
		return harness.RunMatrix(ctx, c, files.path(o.out), p)
	})
}

// runMatrixWith compiles a matrix, has it run, and says what came of it.
func runMatrixWith(cmd *cobra.Command, src harness.Source, files matrixFiles, world string, e engineFlags,
	run func(context.Context, *harness.Compiled, harness.Params) (*harness.MatrixRun, error),
) error {
	if e.timeout <= 0 {
		return &usageError{errors.New("--probe-timeout must be more than 0, such as 10s")}
	}
	compiled, err := src.CompileMatrix(files.Matrix, harness.MatrixOptions{WorldID: world})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	progress := newProgress(cmd.ErrOrStderr(), compiled)
	params := e.params()
	params.RunID = strings.TrimSpace(os.Getenv("SANDBOX_LORE_RUN_ID"))
	params.Progress = progress.observe
	result, err := run(ctx, compiled, params)
	progress.end()
	if err != nil {
		return err
	}
	printMatrixRun(cmd.OutOrStdout(), result)
	return runAnswer(result.Result, len(result.Failures) == 0)
}

// printMatrixRun tells what is wrong, and then what was written.
func printMatrixRun(w io.Writer, r *harness.MatrixRun) {
	for i, m := range r.Failures {
		if i == shownFailures {
			fmt.Fprintf(w, "[!] … and %d more\n", len(r.Failures)-i)
			break
		}
		fmt.Fprintf(w, "[!] %s\n", m)
	}
	printSkips(w, r.Skips)
	for _, file := range r.Files {
		fmt.Fprintf(w, "[+] wrote %s\n", shown(file))
	}
}
