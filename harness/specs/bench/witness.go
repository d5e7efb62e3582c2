package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
)

// benchWitness runs the scenario lane of a plan, half of whose scenarios are
// denied, with and without the kernel's audit log as a witness, in turn.
func benchWitness(dir string, n, rounds int) error {
	st, err := harness.RuntimeStatus()
	if err != nil {
		return err
	}
	if st.Witness.Audit == nil {
		fmt.Printf("the witness: skipped: %s\n", st.Witness.Reason)
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	exe := filepath.Join(dir, "rtgen")
	if err := build(exec.Command("go", "build", "-o", exe, "./cmd/rtgen")); err != nil {
		return err
	}
	if err := harnesstest.WritePlan(filepath.Join(dir, "plan"), n); err != nil {
		return err
	}
	modes := []string{"off", "enable"}
	times := make(map[string][]time.Duration)
	for range rounds {
		for _, mode := range modes {
			c, err := timed(exec.Command(exe, "run", "--plan", filepath.Join(dir, "plan", "plan.json"), "--lane", "scenario",
				"--channel", "clean", "--out", filepath.Join(dir, "out"), "--json", "--witness", mode))
			if err != nil {
				return err
			}
			times[mode] = append(times[mode], c.wall)
		}
	}
	fmt.Printf("the witness, %d scenarios, half of them denied, scenario lane alone, median of %d rounds:\n", n, rounds)
	off := median(times["off"])
	for _, mode := range modes {
		m := median(times[mode])
		fmt.Printf("  %-32s %6.2f s   %6.0f specs/s   %4.2f x off   (min %.2f, max %.2f)\n", "--witness="+mode,
			m.Seconds(), float64(n)/m.Seconds(), float64(m)/float64(off), slices.Min(times[mode]).Seconds(), slices.Max(times[mode]).Seconds())
	}
	return nil
}
