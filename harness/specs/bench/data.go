package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/schema"
)

// dataJobs are what is done with a plan that nobody runs, each in a process of
// its own so that its memory can be told.
var dataJobs = []struct {
	name, title string
	do          func(dir, plan string) error
}{
	{"json", "encoding/json into any", func(dir, _ string) error {
		data, err := os.ReadFile(filepath.Join(dir, "registry", "probes.json"))
		if err != nil {
			return err
		}
		var doc any
		return json.Unmarshal(data, &doc)
	}},
	{"load", "load plan and registry", func(_, plan string) error {
		p, err := harness.LoadPlan(plan)
		if err == nil {
			_, err = harness.Source{}.LoadRegistry(p)
		}
		return err
	}},
	{"lint", "load and lint", lintJob(harness.LintOptions{})},
	{"lint-strict", "the same, --strict", lintJob(harness.LintOptions{Strict: true, Schemas: schema.Validate})},
	{"compile", "load and compile", func(_, plan string) error {
		_, err := harness.CompilePlan(harness.Source{}, plan)
		return err
	}},
}

func lintJob(o harness.LintOptions) func(dir, plan string) error {
	return func(_, plan string) error {
		findings, err := harness.Source{}.LintPlan(plan, o)
		if err == nil && len(findings) > 0 {
			err = fmt.Errorf("%s: %s", findings[0].File, findings[0].Message)
		}
		return err
	}
}

// writeData is the job that makes the plan.
const writeData = "write"

// runData does one of the jobs in this process.
func runData(name, dir string, n int) error {
	if name == writeData {
		return harnesstest.WritePlan(dir, n)
	}
	for _, job := range dataJobs {
		if job.name == name {
			return job.do(dir, filepath.Join(dir, "plan.json"))
		}
	}
	return fmt.Errorf("no job %q", name)
}

// benchData reads, lints and compiles a plan of n scenarios, beside reading its
// probes file with the standard library into no types at all.
func benchData(dir string, n int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	// Not here: the peak memory of a process starts with that of the one it was
	// forked from (ru_maxrss in getrusage(2) outlives execve).
	if _, err := timed(exec.Command(self, "-data-scenarios", strconv.Itoa(n), "-data", writeData, dir)); err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(dir, "registry", "probes.json"))
	if err != nil {
		return err
	}
	fmt.Printf("plan data, %d scenarios, probes.json of %d MB:\n", n, info.Size()>>20)
	var base cost
	for i, job := range dataJobs {
		c, err := timed(exec.Command(self, "-data", job.name, dir))
		if err != nil {
			return err
		}
		if i == 0 {
			base = c
		}
		fmt.Printf("  %-32s %6.2f s   %5.0f MB   %4.1f x %s\n", job.title, c.wall.Seconds(), float64(c.rss)/(1<<20),
			c.wall.Seconds()/base.wall.Seconds(), dataJobs[0].title)
	}
	return nil
}
