// Bench measures what evidence costs, side by side in one run, because only
// ratios mean something on a shared machine:
//
//   - one observation, by our worker (a thread per probe), by spawning a static
//     C program that applies the same policy and opens the same file, and by
//     spawning a Go program that does;
//   - a decision of each model beside such an observation, and as the policy
//     grows to 5000 rules;
//   - the whole job, ten thousand scenarios in three lanes through rtgen run to
//     a validated bundle, beside a Ginkgo suite of as many empty specs;
//   - that job's bundle, committed again, loaded, validated and emitted, beside cp
//     and sha256sum of its files;
//   - the scenario lane with the kernel's audit log as a witness, beside the same
//     without;
//   - a plan of a hundred thousand scenarios that is loaded, linted and compiled
//     and not run, beside the standard library reading its probes;
//   - two hundred packets of a thousand observations promoted into mappings, of one
//     world and of two, beside sha256sum of the bundles and cp -r of the mappings.
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
	var n sizes
	flag.IntVar(&n.probes, "probes", 400, "probes per round and way")
	flag.IntVar(&n.decisions, "decisions", 20000, "decisions of a model per round and way")
	flag.IntVar(&n.rounds, "rounds", 7, "rounds; medians are printed")
	flag.IntVar(&n.scenarios, "scenarios", 10000, "scenarios of the whole job")
	flag.IntVar(&n.data, "data-scenarios", 100000, "scenarios of the plan that is not run")
	flag.IntVar(&n.bundles, "bundles", 200, "bundles that are promoted into mappings")
	flag.IntVar(&n.observations, "observations", 1000, "observations of each of them")
	job := flag.String("data", "", "do this `job` with the plan in the folder that follows and exit (the bench calls itself)")
	held := flag.String("bundle", "", "do this `job` with the run folder and the scratch folder that follow and exit (the bench calls itself)")
	empty := flag.Int("empty", 0, "run this many empty specs and exit (the bench calls itself)")
	promoted := flag.String("mapping", "", "do this `job` with the bundles in the folder that follows and exit (the bench calls itself)")
	only := flag.String("only", "", "measure this `section` alone: probe, decisions, whole, witness, data or mapping; whole brings the bundle along")
	scratch := flag.String("scratch", "", "parent `folder` of scratch folders; default: the system's temporary folder")
	flag.Parse()
	if *empty > 0 {
		os.Exit(runEmpty(*empty))
	}
	run := func() error { return bench(*only, n, *scratch) }
	if *job != "" {
		run = func() error { return runData(*job, flag.Arg(0), n.data) }
	}
	if *held != "" {
		run = func() error { return runBundle(*held, flag.Arg(0), flag.Arg(1)) }
	}
	if *promoted != "" {
		run = func() error { return runMapping(*promoted, flag.Arg(0), n) }
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes is how much is measured.
type sizes struct{ probes, decisions, rounds, scenarios, data, bundles, observations int }

// bench measures one section, or all where only is empty.
func bench(only string, n sizes, scratch string) error {
	dir, err := os.MkdirTemp(scratch, "rtgen-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sections := []struct {
		name string
		run  func(dir string) error
	}{
		{"probe", func(dir string) error { return benchProbe(dir, n.probes, n.rounds) }},
		{"decisions", func(dir string) error { return benchDecisions(dir, n) }},
		{"whole", func(dir string) error {
			if err := benchWhole(dir, n.scenarios); err != nil {
				return err
			}
			fmt.Println()
			return benchBundle(filepath.Join(dir, "out"), filepath.Join(dir, "bundle"))
		}},
		{"witness", func(dir string) error { return benchWitness(dir, n.scenarios/5, n.rounds) }},
		{"data", func(dir string) error { return benchData(dir, n.data) }},
		{"mapping", func(dir string) error { return benchMapping(dir, n) }},
	}
	measured := false
	for _, s := range sections {
		if only != "" && only != s.name {
			continue
		}
		if measured {
			fmt.Println()
		}
		measured = true
		at := filepath.Join(dir, s.name)
		if err := os.Mkdir(at, 0o755); err != nil {
			return err
		}
		if err := s.run(at); err != nil {
			return err
		}
	}
	if !measured {
		return fmt.Errorf("no section %q: name probe, decisions, whole, witness, data or mapping", only)
	}
	return nil
}
