package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

type compileOptions struct {
	plan  string
	out   string
	check bool
}

func newCompileCommand(src *harness.Source) *cobra.Command {
	var o compileOptions
	cmd := &cobra.Command{
		Use:   "compile --plan PLAN [--out DIR] [--check]",
		Short: "Compile a plan into a generated Ginkgo suite",
		Long: `Compile resolves the plan, its registry and its profiles into DIR/compiled.json
and DIR/suite_test.go, which names every scenario on a line of its own. DIR is
suites/<plan_id> under the root unless given. The same input gives the same
bytes.

With --check nothing is written: the suite is generated in memory and compared.

Exit codes: 0 written, or equal; 1 with --check: the suite is not what the plan
compiles to; 2 bad usage or bad plan data; 3 the files could not be written.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCompile(*src, o, cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.plan, "plan", "", "the plan.json `file` to compile (required)")
	f.StringVar(&o.out, "out", "", "the suite's `folder`; default: suites/<plan_id> under the root")
	f.BoolVar(&o.check, "check", false, "compare instead of writing")
	return cmd
}

func runCompile(src harness.Source, o compileOptions, stdout io.Writer) error {
	if o.plan == "" {
		return &usageError{errors.New("compile needs --plan: the plan.json to compile")}
	}
	compiled, err := harness.CompilePlan(src, o.plan)
	if err != nil {
		return err
	}
	root, err := src.RootFor(o.plan)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join(root, "suites", compiled.PlanID)
	}
	// The header says the plan as it is named from the root, so that the bytes
	// do not depend on where the command was typed.
	shown, err := relative(root, o.plan)
	if err != nil {
		return err
	}
	fromSuite, err := relative(o.out, o.plan)
	if err != nil {
		return err
	}
	files, err := harness.GenerateSuite(compiled, shown, fromSuite)
	if err != nil {
		return err
	}
	if o.check {
		return checkSuite(root, o.out, files, shown, stdout)
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join(o.out, f.Name)
		if err := renameio.WriteFile(name, f.Data, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		fmt.Fprintf(stdout, "[+] wrote %s\n", below(root, name))
	}
	return nil
}

func checkSuite(root, dir string, files []harness.SuiteFile, plan string, stdout io.Writer) error {
	for _, f := range files {
		name := filepath.Join(dir, f.Name)
		got, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err != nil || !bytes.Equal(got, f.Data) {
			return &answerNo{fmt.Sprintf("%s is not what the plan compiles to: run rtgen compile --plan %s", below(root, name), plan)}
		}
	}
	fmt.Fprintf(stdout, "[+] suite is current: %s\n", below(root, dir))
	return nil
}

// below is how a path is shown: from the root when it lies under it.
func below(root, name string) string {
	if rel, err := relative(root, name); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return name
}

// relative is target seen from base, with forward slashes.
func relative(base, target string) (string, error) {
	base, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	if target, err = filepath.Abs(target); err != nil {
		return "", err
	}
	rel, err := filepath.Rel(base, target)
	if err != nil {
		return "", err
	}
	return filepath.ToSlash(rel), nil
}
