package landlock_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

func (d *differential) count(op string, decision oracle.Decision) {
	if d.counts[op] == nil {
		d.counts[op] = map[string]int{}
	}
	d.counts[op][string(decision)]++
	d.asked++
}

func (d *differential) disagree(w *world, q oracle.Question, answer oracle.Answer, res op.Result, fault string) {
	d.wrong++
	q.Tree = nil
	var b strings.Builder
	for _, e := range w.entries {
		text, err := json.Marshal(e)
		if err != nil {
			d.t.Errorf("print a disagreement: %v", err)
		}
		fmt.Fprintf(&b, "%s\n", text)
	}
	for name, part := range map[string]any{"question": q, "answer": answer, "kernel": res} {
		text, err := json.Marshal(part)
		if err != nil {
			d.t.Errorf("print a disagreement: %v", err)
		}
		fmt.Fprintf(&b, "%s: %s\n", name, text)
	}
	d.t.Errorf("disagreement: %s\n%s", fault, b.String())
}

func (d *differential) report(seed uint64, took time.Duration) {
	var b strings.Builder
	total := map[string]int{}
	names := make([]string, 0, len(d.counts))
	for name, c := range d.counts {
		names = append(names, name)
		for decision, n := range c {
			total[decision] += n
		}
	}
	slices.Sort(names)
	fmt.Fprintf(&b, "%-36s %7s %7s %7s\n", "operation", "allow", "deny", "unknown")
	for _, name := range names {
		c := d.counts[name]
		fmt.Fprintf(&b, "%-36s %7d %7d %7d\n", name, c["allow"], c["deny"], c["unknown"])
	}
	fmt.Fprintf(&b, "%-36s %7d %7d %7d\n", "all", total["allow"], total["deny"], total["unknown"])
	share := 100 * float64(total["unknown"]) / float64(max(1, d.asked))
	d.t.Logf("seed %d, ABI %d, %d decisions in %v, %d disagreements, %.1f%% unknown\n%s", seed, d.abi, d.asked, took.Round(time.Millisecond), d.wrong, share, b.String())
	if d.log != nil {
		d.t.Logf("%d records of the audit log compared", d.log.records)
	}
	if share > 25 && d.only == "" {
		d.t.Errorf("%.1f%% of the answers are unknown, at most 25%% may be", share)
	}
}
