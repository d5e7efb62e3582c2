package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newDescribePlanCommand(src *harness.Source) *cobra.Command {
	var plan string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "describe-plan --plan PLAN",
		Short: "Show a plan, its digests and what it compiles to",
		Long: `Describe-plan shows a plan's ids and digests, and the specs it compiles to, by
profile and lane. A plan that loads and does not compile is described with the
reasons, and without a compiled digest. The JSON form has the document itself
too.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 shown, also when it does not compile; 2 bad usage, or a plan that
does not load.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if plan == "" {
				return &usageError{errors.New("describe-plan needs --plan: the plan.json to describe")}
			}
			d, err := src.DescribePlan(plan)
			if err != nil {
				return err
			}
			return show(cmd, asJSON, d, func(w io.Writer) error { return printPlan(w, d) })
		},
	}
	cmd.Flags().StringVar(&plan, "plan", "", "the plan.json `file` to describe (required)")
	jsonFlag(cmd, &asJSON)
	return cmd
}

func printPlan(w io.Writer, d *harness.PlanDescription) error {
	var more struct {
		WorldID string `json:"world_id"`
		Notes   string `json:"notes"`
	}
	if err := json.Unmarshal(d.Plan, &more); err != nil {
		return err
	}
	t := newTable(w)
	t.row("plan", d.PlanID)
	t.row("path", d.Path)
	t.row("registry", d.RegistryID)
	t.given("world", more.WorldID)
	t.given("notes", more.Notes)
	t.row("plan digest", d.PlanDigest.String())
	compiled := "does not compile"
	if d.CompiledDigest != nil {
		compiled = d.CompiledDigest.String()
	}
	t.row("compiled digest", compiled)
	t.row("profiles", strconv.Itoa(d.Profiles))
	if err := t.end(); err != nil {
		return err
	}
	if err := complain(w, strings.Join(d.CompileErrors, "\n")); err != nil {
		return err
	}
	if d.CompiledDigest == nil {
		return nil
	}
	fmt.Fprintln(w)
	t = newTable(w, "PROFILE", "MODE", "SCENARIOS", "BASELINE", "SCENARIO", "ORACLE")
	for _, p := range d.ByProfile {
		t.row(p.ProfileID, p.Mode, strconv.Itoa(p.Scenarios), laneCount(p.Specs, harness.LaneBaseline), laneCount(p.Specs, harness.LaneScenario), laneCount(p.Specs, harness.LaneOracle))
	}
	t.row("(all)", "", strconv.Itoa(*d.Scenarios), laneCount(d.Specs, harness.LaneBaseline), laneCount(d.Specs, harness.LaneScenario), laneCount(d.Specs, harness.LaneOracle))
	return t.end()
}

func laneCount(specs map[harness.Lane]int, lane harness.Lane) string {
	return strconv.Itoa(specs[lane])
}
