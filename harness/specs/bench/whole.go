package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/formatter"

	"github.com/rtgen/rtgen/harness/harnesstest"
)

// benchWhole runs a plan of n scenarios in three lanes through the tool itself,
// and a suite of as many empty specs in a process of its own.
func benchWhole(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	exe := filepath.Join(dir, "rtgen")
	if err := build(exec.Command("go", "build", "-o", exe, "./cmd/rtgen")); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	plan := filepath.Join(dir, "plan")
	if err := harnesstest.WritePlan(plan, n); err != nil {
		return err
	}
	out := filepath.Join(dir, "out")
	specs := 3 * n
	empty, err := timed(exec.Command(self, "-empty", strconv.Itoa(specs)))
	if err != nil {
		return err
	}
	rows := []row{{"as many empty specs", empty}}
	for _, scratch := range scratches(dir) {
		run, err := timed(exec.Command(exe, "run", "--plan", filepath.Join(plan, "plan.json"), "--channel", "clean", "--out", out, "--json", "--scratch", scratch))
		if err != nil {
			return err
		}
		name := "rtgen run, to a committed bundle"
		if scratch != dir {
			name = "the same, --scratch " + scratch
		}
		rows = append(rows, row{name, run})
	}
	validate, err := timed(exec.Command(exe, "validate-bundle", "--bundle", out))
	if err != nil {
		return err
	}
	fmt.Printf("the whole job, %d scenarios in three lanes (%d specs):\n", n, specs)
	for _, row := range append(rows, row{"rtgen validate-bundle", validate}) {
		fmt.Printf("  %-32s %6.2f s   %6.0f specs/s   %5.0f MB   %4.1f x the empty suite\n",
			row.name, row.wall.Seconds(), float64(specs)/row.wall.Seconds(), float64(row.rss)/(1<<20), row.wall.Seconds()/empty.wall.Seconds())
	}
	return nil
}

type row struct {
	name string
	cost
}

// scratches are the folders to make fixtures in: the file system of the system's
// temporary folder, and memory where the host has some to lend. Making files is
// the dearest part of a small probe.
func scratches(dir string) []string {
	const memory = "/dev/shm"
	probe, err := os.MkdirTemp(memory, "rtgen-bench-")
	if err != nil {
		return []string{dir}
	}
	os.Remove(probe)
	return []string{dir, memory}
}

type cost struct {
	wall time.Duration
	cpu  time.Duration // of the process and those it waited for
	rss  int64         // bytes, the most that one of them had
}

func timed(cmd *exec.Cmd) (cost, error) {
	cmd.Stderr = os.Stderr
	start := time.Now()
	err := cmd.Run()
	c := cost{wall: time.Since(start)}
	if err != nil {
		return c, fmt.Errorf("%v: %w", cmd.Args, err)
	}
	c.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.rss = int64(usage.Maxrss) << 10
	}
	return c, nil
}

// runEmpty is the suite that does nothing, labelled like ours.
func runEmpty(n int) int {
	formatter.ColorableStdOut = io.Discard
	ginkgo.Describe("empty", ginkgo.Label("plan:empty"), func() {
		const perContainer = 192 // as ours: one large container takes quadratic time
		for first := 0; first < n; first += perContainer {
			ginkgo.Describe("p", ginkgo.Label("profile:p"), func() {
				for i := first; i < min(n, first+perContainer); i++ {
					ginkgo.It("spec "+strconv.Itoa(i), ginkgo.Label("scenario", "op:none"), func() {})
				}
			})
		}
	})
	var t result
	ginkgo.RunSpecs(&t, "empty")
	return int(t)
}

type result int

func (r *result) Fail() { *r = 1 }
