package differential

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// Report is what a run has found.
type Report struct {
	Seed          uint64
	ABI, UID      int
	Workers       int
	Decisions     int
	Worlds        int
	MountedWorlds int
	Took          time.Duration
	Coverage      *Coverage
	Missing       []Cell // that should have both answers, and have not
	Records       int    // of the audit log, compared
	Disagreements []Disagreement
}

// UnknownShare is the share of the answers that are no decision, 0 to 1.
func (r *Report) UnknownShare() float64 {
	all, by := r.Coverage.total()
	return float64(by[oracle.Unknown]) / float64(max(1, all))
}

// MarshalJSON writes the report for a program, its cells as a list.
func (r *Report) MarshalJSON() ([]byte, error) {
	type row struct {
		Cell
		Count
	}
	rows := []row{}
	for _, k := range r.Coverage.rows() {
		rows = append(rows, row{k, *r.Coverage.Cells[k]})
	}
	_, by := r.Coverage.total()
	return json.Marshal(struct {
		Seed          uint64                             `json:"seed"`
		ABI           int                                `json:"abi"`
		UID           int                                `json:"uid"`
		Decisions     int                                `json:"decisions"`
		Worlds        int                                `json:"worlds"`
		MountedWorlds int                                `json:"mounted_worlds"`
		Seconds       float64                            `json:"seconds"`
		Answers       map[oracle.Decision]int            `json:"answers"`
		Operations    map[string]map[oracle.Decision]int `json:"operations"`
		Cells         []row                              `json:"cells"`
		Missing       []Cell                             `json:"missing"`
		Unknown       map[string]int                     `json:"unknown"`
		Excused       map[string]int                     `json:"excused"`
		Skipped       map[string]int                     `json:"skipped"`
		Records       int                                `json:"records"`
		Disagreements []Disagreement                     `json:"disagreements"`
	}{
		r.Seed, r.ABI, r.UID, r.Decisions, r.Worlds, r.MountedWorlds, r.Took.Seconds(), by, r.Coverage.Answers, rows, append([]Cell{}, r.Missing...),
		r.Coverage.Unknown, r.Coverage.Excused, r.Coverage.Skipped, r.Records, append([]Disagreement{}, r.Disagreements...),
	})
}

// Table is the coverage for a reader: a row for each operation and right, and in
// it for each number of layers how often both allowed and how often both denied.
func (r *Report) Table() string {
	type row struct{ op, right string }
	sums := map[row]*[depths]Count{}
	for k, n := range r.Coverage.Cells {
		at := row{k.Op, k.Right}
		if sums[at] == nil {
			sums[at] = new([depths]Count)
		}
		of := &sums[at][slices.Index(layerNames[:], k.Layers)]
		of.Allow, of.Deny, of.Near = of.Allow+n.Allow, of.Deny+n.Deny, of.Near+n.Near
	}
	order := slices.SortedFunc(maps.Keys(sums), func(a, b row) int { return strings.Compare(a.op+" "+a.right, b.op+" "+b.right) })
	var b strings.Builder
	fmt.Fprintf(&b, "%-27s %-27s", "operation", "right")
	for _, n := range layerNames {
		fmt.Fprintf(&b, " %13s", n)
	}
	fmt.Fprintf(&b, " %7s\n", "near")
	for _, at := range order {
		right := strings.Replace(at.right, at.op, "the same", 1)
		if right == "" {
			right = "none: always allowed"
		}
		fmt.Fprintf(&b, "%-27s %-27s", at.op, right)
		near := 0
		for _, n := range sums[at] {
			fmt.Fprintf(&b, " %13s", fmt.Sprintf("%d/%d", n.Allow, n.Deny))
			near += n.Near
		}
		fmt.Fprintf(&b, " %7d\n", near)
	}
	return b.String()
}

// Summary is the figures of a run, the coverage left out.
func (r *Report) Summary() string {
	var b strings.Builder
	_, by := r.Coverage.total()
	fmt.Fprintf(&b, "seed %d, ABI %d, uid %d: %d decisions in %v by %d workers, %d disagreements\n",
		r.Seed, r.ABI, r.UID, r.Decisions, r.Took.Round(time.Millisecond), r.Workers, len(r.Disagreements))
	fmt.Fprintf(&b, "%d allowed, %d denied, %d unknown (%.1f%%); %d worlds, %d of them with mounts; %d records of the audit log compared\n",
		by[oracle.Allow], by[oracle.Deny], by[oracle.Unknown], 100*r.UnknownShare(), r.Worlds, r.MountedWorlds, r.Records)
	for _, part := range []struct {
		title  string
		counts map[string]int
	}{{"unknown", r.Coverage.Unknown}, {"excused", r.Coverage.Excused}, {"skipped", r.Coverage.Skipped}} {
		most := slices.SortedFunc(maps.Keys(part.counts), func(a, b string) int { return part.counts[b] - part.counts[a] })
		all := 0
		for _, n := range part.counts {
			all += n
		}
		fmt.Fprintf(&b, "%s: %d\n", part.title, all)
		for _, reason := range most[:min(len(most), 12)] {
			fmt.Fprintf(&b, "%8d  %s\n", part.counts[reason], reason)
		}
	}
	return b.String()
}
