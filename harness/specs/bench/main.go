// Bench measures what evidence costs, side by side in one run, because only
// ratios mean something on a shared machine:
//
//   - one observation, by our worker (a thread per probe), by spawning a static
//     C program that applies the same policy and opens the same file, and by
//     spawning a Go program that does;
//   - the whole job, ten thousand scenarios in three lanes through rtgen run to
//     a validated bundle, beside a Ginkgo suite of as many empty specs;
//   - that job's bundle, committed again, loaded, validated and emitted, beside cp
//     and sha256sum of its files;
//   - the scenario lane with the kernel's audit log as a witness, beside the same
//     without;
//   - a plan of a hundred thousand scenarios that is loaded, linted and compiled
//     and not run, beside the standard library reading its probes.
//
// Run it with make bench. Nothing here is a test: no figure fails anything.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	probes := flag.Int("probes", 400, "probes per round and way")
	rounds := flag.Int("rounds", 7, "rounds; medians are printed")
	scenarios := flag.Int("scenarios", 10000, "scenarios of the whole job")
	data := flag.Int("data-scenarios", 100000, "scenarios of the plan that is not run")
	job := flag.String("data", "", "do this `job` with the plan in the folder that follows and exit (the bench calls itself)")
	held := flag.String("bundle", "", "do this `job` with the run folder and the scratch folder that follow and exit (the bench calls itself)")
	empty := flag.Int("empty", 0, "run this many empty specs and exit (the bench calls itself)")
	scratch := flag.String("scratch", "", "parent `folder` of scratch folders; default: the system's temporary folder")
	flag.Parse()
	if *empty > 0 {
		os.Exit(runEmpty(*empty))
	}
	run := func() error { return bench(*probes, *rounds, *scenarios, *data, *scratch) }
	if *job != "" {
		run = func() error { return runData(*job, flag.Arg(0), *data) }
	}
	if *held != "" {
		run = func() error { return runBundle(*held, flag.Arg(0), flag.Arg(1)) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(probes, rounds, scenarios, data int, scratch string) error {
	dir, err := os.MkdirTemp(scratch, "rtgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := benchProbe(dir, probes, rounds); err != nil {
		return err
	}
	fmt.Println()
	if err := benchWhole(filepath.Join(dir, "whole"), scenarios); err != nil {
		return err
	}
	fmt.Println()
	if err := benchBundle(filepath.Join(dir, "whole", "out"), filepath.Join(dir, "bundle")); err != nil {
		return err
	}
	fmt.Println()
	if err := benchWitness(filepath.Join(dir, "witness"), scenarios/5, rounds); err != nil {
		return err
	}
	fmt.Println()
	return benchData(filepath.Join(dir, "data"), data)
}
