package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/rtgen/rtgen/harness"
)

// isTerminal says whether a person is looking.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// progress draws how far a run is on a terminal, and is silent elsewhere.
type progress struct {
	w           io.Writer
	total, done int
	bad         int
	drawn       time.Time
}

func newProgress(w io.Writer, c *harness.Compiled) *progress {
	p := &progress{total: c.Total()}
	if isTerminal(w) {
		p.w = w
	}
	return p
}

// redraw is how often the line is drawn: a terminal costs more than a probe.
const redraw = 50 * time.Millisecond

func (p *progress) observe(obs *harness.Observation) {
	if p.w == nil {
		return
	}
	p.done++
	if harness.Judge(obs, false).Kind == harness.VerdictFail {
		p.bad++
	}
	if now := time.Now(); now.Sub(p.drawn) > redraw || p.done == p.total {
		p.drawn = now
		fmt.Fprintf(p.w, "\r%d of %d observed, %d failed\x1b[K", p.done, p.total, p.bad)
	}
}

func (p *progress) end() {
	if p.w != nil && p.done > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// shownFailures keeps the verdict on one screen.
const shownFailures = 20

// printVerdict is the short answer for a person: profiles by lane, where the
// evidence is, and what to do next.
func printVerdict(w io.Writer, c *harness.Compiled, r *harness.Result, o runOptions) error {
	if o.dry {
		fmt.Fprintf(w, "dry run %s of plan %s: nothing was attempted\n", r.RunID, c.PlanID)
		fmt.Fprintf(w, "bundle  %s\n", shown(r.RunDir))
		return nil
	}
	for i, m := range r.Failures {
		if i == shownFailures {
			fmt.Fprintf(w, "[!] … and %d more, see %s\n", len(r.Failures)-i, shown(filepath.Join(r.RunDir, "summary.md")))
			break
		}
		fmt.Fprintf(w, "[!] %s\n", m)
	}
	for _, id := range r.Contradictions {
		fmt.Fprintf(w, "[!] %s: allowed under the policy, denied without it: the two lanes contradict each other\n", id)
	}
	for i, d := range r.Disagreements {
		if i == shownFailures {
			fmt.Fprintf(w, "[?] … and %d more, see %s\n", len(r.Disagreements)-i, shown(filepath.Join(r.RunDir, "mismatch_packets.jsonl")))
			break
		}
		fmt.Fprintf(w, "[?] %s: %s\n", d.ExpectationID, d.Detail)
	}
	for _, line := range r.LeftBehind {
		fmt.Fprintf(w, "[!] left behind: %s\n", line)
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "PROFILE\tLANE\tSPECS\tALLOW\tDENY\tMISMATCH\tBLOCKED\tBROKEN\tVACUOUS")
	for _, row := range r.Table {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n",
			row.Profile, row.Lane, row.Specs, row.Allowed, row.Denied, row.Mismatches, row.Blocked, row.Broken, vacuous(row))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	printSkips(w, r.Skips)
	fmt.Fprintf(w, "\nrun     %s (%s, %s)\n", r.RunID, r.WorldID, r.Channel)
	fmt.Fprintf(w, "bundle  %s\n", shown(r.RunDir))
	if r.Packet != "" {
		answer := "promotable"
		if !r.Promotable {
			answer = "not promotable: " + strings.Join(r.Reasons, ", ")
		}
		fmt.Fprintf(w, "packet  %s: %s\n", shown(r.Packet), answer)
	}
	if line := witnessLine(r.Witness); line != "" {
		fmt.Fprintf(w, "witness %s\n", line)
	}
	if a := r.OracleAgreement; a != nil && a.Compared+a.Records > 0 {
		fmt.Fprintf(w, "oracle  %s\n", oracleLine(a))
	}
	if r.Status != harness.StatusFailed {
		fmt.Fprintf(w, "next    rtgen validate-bundle --bundle %s\n", typed(o.out))
	}
	return nil
}

// shownSkips is how many reasons for skips are told one by one.
const shownSkips = 8

// printSkips says why there are specs without an answer.
func printSkips(w io.Writer, skips []harness.Skip) {
	if len(skips) > 0 {
		fmt.Fprintln(w)
	}
	for i, s := range skips {
		if i == shownSkips {
			fmt.Fprintf(w, "skipped … and for %d more reasons: --json has them all\n", len(skips)-i)
			break
		}
		fmt.Fprintf(w, "skipped %d of lane %s, %s (%s): %s\n", s.Count, s.Lane, s.Outcome, s.Kind, s.Reason)
	}
}

// witnessLine says how far the kernel's own log bears the denials out.
func witnessLine(w *harness.RunWitness) string {
	switch {
	case w == nil || w.Status == "idle" || w.Status == "off":
		return ""
	case w.Status == "unavailable":
		return "unavailable: " + w.Reason
	}
	line := fmt.Sprintf("the kernel recorded %d of %d denials, %d for the right under test", w.Recorded, w.Denied, w.Intended)
	for _, lost := range w.Lost {
		line += "; " + lost
	}
	if w.Note != "" {
		line += "; " + w.Note
	}
	return line
}

// oracleLine says how far models foretold what was observed.
func oracleLine(a *harness.OracleAgreement) string {
	line := fmt.Sprintf("the models foretold %d of %d decisions", a.Same, a.Compared)
	if a.Records > 0 {
		line += fmt.Sprintf(" and %d of %d of the kernel's records", a.SameRecords, a.Records)
	}
	return line
}

// shown is a path as a person would type it from here.
func shown(path string) string { return below(".", path) }

// typed is a path as a word of a shell's line.
func typed(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool {
		return r < 0x80 && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("/._-+:@%,=", r)
	}) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// vacuous only means something where a policy is in force.
func vacuous(row harness.TableRow) string {
	if row.Lane != harness.LaneScenario {
		return "-"
	}
	return fmt.Sprint(row.Vacuous)
}

// printResultJSON is the one object of run --json.
func printResultJSON(w io.Writer, _ *harness.Compiled, r *harness.Result, _ runOptions) error {
	return printJSON(w, r)
}
