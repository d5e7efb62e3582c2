package main

import (
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rtgen/rtgen/harness"
)

func newDescribeProbeCommand(src *harness.Source) *cobra.Command {
	var id string
	cmd := showFromRegistry(&cobra.Command{
		Use:   "describe-probe {--registry ID | --plan PLAN} --probe ID",
		Short: "Show one probe, where it stands and which profiles use it",
		Long: `Describe-probe shows what a probe attempts and what is expected, the file and
line it stands on, and the profiles that refer to it. The JSON form is the entry
as it stands in the file.

It prints a table on a terminal and JSON otherwise, or with --json.

Exit codes: 0 shown; 2 bad usage, an unknown registry or probe, or data that
does not load.`,
	}, src, func(r *harness.Registry) (any, func(io.Writer) error, error) {
		p, err := r.ResolveProbe(id)
		if err != nil {
			return nil, nil, err
		}
		return p.Raw(), func(w io.Writer) error { return printProbe(w, r, p) }, nil
	})
	idFlag(cmd, &id, "probe")
	return cmd
}

func printProbe(w io.Writer, r *harness.Registry, p *harness.Probe) error {
	t := newTable(w)
	t.row("probe", p.ID)
	t.row("name", p.Name)
	t.rows("operation", append([]string{p.Operation}, operationSummary(r, p)...)...)
	t.given("syscall", p.Syscall)
	t.given("driver", p.Driver)
	t.given("mode", p.Mode)
	t.row("target", p.Target)
	t.row("expected", string(p.Expected))
	t.given("expectation id", p.ExpectationID)
	t.row("lanes", strings.Join(lanesOf(p.SupportsLanes), ", "))
	t.rows("needs", p.CapabilitiesRequired...)
	t.given("primary ops", strings.Join(p.ExpectedPrimaryOps, ", "))
	t.rows("predicates", p.ExpectedPredicates...)
	t.row("controls", strings.Join(p.ControlsSupported, ", "))
	t.given("attr payload", p.AttrPayload)
	t.given("anchor", p.AnchorCtxID)
	t.given("filter", filterOf(p))
	fixture, err := compactJSON(p.Fixture)
	if err != nil {
		return err
	}
	t.given("fixture", fixture)
	t.row("stands in", place(p.File, p.Line))
	var users []string
	for _, profile := range r.ProfilesOf(p.ID) {
		users = append(users, profile.ID)
	}
	t.rows("profiles", users...)
	return t.end()
}

// operationSummary is a line about what a probe attempts, in the world of the
// profiles that refer to it; none for an operation that this build does not
// know.
func operationSummary(r *harness.Registry, p *harness.Probe) []string {
	for _, profile := range r.ProfilesOf(p.ID) {
		if profile.Mode != harness.ModeSBPL && profile.Mode != harness.ModeBlob {
			continue
		}
		for _, o := range harness.SeatbeltOperations() {
			if o.Operation == p.Operation || slices.Contains(o.Aliases, p.Operation) {
				return []string{o.Summary}
			}
		}
		return nil
	}
	for _, o := range harness.Operations() {
		if o.Operation == p.Operation || slices.Contains(o.Aliases, p.Operation) {
			return []string{o.Summary}
		}
	}
	return nil
}

func lanesOf(flags harness.LaneFlags) []string {
	var names []string
	for _, lane := range harness.AllLanes() {
		if flags.On(lane) {
			names = append(names, string(lane))
		}
	}
	return names
}

// filterOf is a probe's typed filter, by name and by number.
func filterOf(p *harness.Probe) string {
	parts := []string{}
	if p.FilterName != "" {
		parts = append(parts, p.FilterName)
	}
	if p.FilterType != nil {
		parts = append(parts, "type "+strconv.Itoa(*p.FilterType))
	}
	return strings.Join(parts, ", ")
}

// compactJSON is a value on one line; empty for a nil pointer.
func compactJSON[T any](v *T) (string, error) {
	if v == nil {
		return "", nil
	}
	var line strings.Builder
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(line.String(), "\n"), err
}
