package evidence

import (
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// SummaryMarkdown is summary.md: the lines the format has, then the numbers by
// profile for a person to read.
func SummaryMarkdown(run Run, c Counts) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Runtime Summary\n")
	line("Status: %s", c.Status)
	line("Plan: %s", oneLine(run.PlanID))
	line("Channel: %s", oneLine(run.Channel))
	line("Profiles: %d", c.ProfileCount)
	line("Scenarios: %d\n", c.ScenarioCount)
	if len(c.Mismatches) == 0 {
		line("Mismatches: none")
	} else {
		line("Mismatches: %d", len(c.Mismatches))
	}
	line("Vacuous: %d", c.Vacuous)
	line("Contradictions: %d", c.Contradictions)
	if a := c.Agreement; a.Compared+a.Records > 0 {
		line("Oracle: %d of %d decisions as observed, %d of %d records as the kernel wrote them", a.Same, a.Compared, a.SameRecords, a.Records)
	}
	line("World: %s", oneLine(run.WorldID))
	line("Run: %s", oneLine(run.RunID))
	if run.Error != "" {
		line("Error: %s", oneLine(run.Error))
	}
	c.table(line)
	c.mismatches(line)
	c.disagreements(line)
	return []byte(b.String())
}

func (c Counts) table(line func(string, ...any)) {
	observed := func(n LaneCounts, text string) string {
		if n.Observed() == 0 {
			return "-"
		}
		return text
	}
	line("\n| profile | status | baseline | scenario | oracle | vacuous |")
	line("|---|---|---|---|---|---|")
	for _, p := range c.Profiles {
		status := p.Status
		if status == "" {
			status = "-"
		}
		line("| %s | %s | %s | %s | %s | %d |", cell(p.ProfileID), status,
			observed(p.Baseline, fmt.Sprintf("%d allow, %d deny%s", p.Baseline.Allowed, p.Baseline.Denied, p.Baseline.undecided())),
			observed(p.Scenario, fmt.Sprintf("%d match, %d differ%s", p.Scenario.Matches, p.Scenario.Mismatches, p.Scenario.undecided())),
			observed(p.Oracle, fmt.Sprintf("%d match, %d differ%s", p.Oracle.Matches, p.Oracle.Mismatches, p.Oracle.undecided())),
			p.Vacuous)
	}
}

// undecided names what has no decision, and nothing when everything has one.
func (c LaneCounts) undecided() string {
	var b strings.Builder
	for _, n := range []struct {
		count int
		name  string
	}{{c.Undecided, "undecided"}, {c.Blocked, "blocked"}, {c.Unsupported, "unsupported"}, {c.Broken, "broken"}} {
		if n.count > 0 {
			fmt.Fprintf(&b, ", %d %s", n.count, n.name)
		}
	}
	return b.String()
}

func (c Counts) mismatches(line func(string, ...any)) {
	listed(line, "| scenario | expected | actual | type |\n|---|---|---|---|", artifact.MismatchSummaryFile, c.Mismatches, func(m artifact.Mismatch) string {
		actual := "-"
		if m.Actual != nil {
			actual = *m.Actual
		}
		return fmt.Sprintf("| %s | %s | %s | %s |", cell(m.ExpectationID), m.Expected, actual, m.MismatchType)
	})
}

func (c Counts) disagreements(line func(string, ...any)) {
	listed(line, "| scenario | oracle and observation |\n|---|---|", artifact.MismatchPacketsFile, c.Disagreements, func(d Disagreement) string {
		return fmt.Sprintf("| %s | %s |", cell(d.ExpectationID), cell(d.Detail))
	})
}

// listed writes a table of the first rows, if there are any, and where the others
// are.
func listed[T any](line func(string, ...any), head, file string, rows []T, row func(T) string) {
	const shown = 50
	if len(rows) == 0 {
		return
	}
	line("\n%s", head)
	for _, r := range rows[:min(len(rows), shown)] {
		line("%s", row(r))
	}
	if more := len(rows) - shown; more > 0 {
		line("\n%d more are in %s.", more, file)
	}
}

// oneLine keeps a value from breaking the line it stands on.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func cell(s string) string { return strings.ReplaceAll(oneLine(s), "|", `\|`) }
