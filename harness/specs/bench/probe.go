package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// way is one way to make an observation.
type way struct {
	name  string
	probe func() error
	skip  string // why it cannot be measured here
	times []time.Duration
}

// benchPolicy is the size of a real agent policy: what a workspace-write
// profile grants on system paths, and the workspace.
func benchPolicy(workspace string) landlock.Ruleset {
	r := landlock.Ruleset{HandledFS: landlock.AllFS(5)}
	read := landlock.Execute | landlock.ReadFile | landlock.ReadDir
	for _, parent := range []string{"/usr", "/bin", "/sbin", "/lib", "/etc", "/proc", "/dev", "/opt", "/var"} {
		if _, err := os.Stat(parent); err == nil {
			r.Paths = append(r.Paths, landlock.PathRule{Parent: parent, Access: read})
		}
	}
	r.Paths = append(r.Paths, landlock.PathRule{Parent: workspace, Access: landlock.AllFS(5)})
	return r
}

func benchProbe(dir string, probes, rounds int) error {
	workspace := filepath.Join(dir, "workspace")
	if err := os.Mkdir(workspace, 0o755); err != nil {
		return err
	}
	file := filepath.Join(workspace, "file")
	if err := os.WriteFile(file, []byte("x\n"), 0o644); err != nil {
		return err
	}
	policy := benchPolicy(workspace)
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.SpawnClean}), func(worker.Hello) error { return nil })
	defer w.Close()
	if err := w.Start(); err != nil {
		return err
	}
	args := probeArgs(policy, file)
	ways := []*way{
		{name: "our worker, a thread per probe", probe: func() error { return viaWorker(w, policy, file) }},
		spawned("spawn a static C program", filepath.Join(dir, "cprobe"), args, buildC),
		spawned("spawn a Go program", filepath.Join(dir, "goprobe"), args, buildGo),
	}
	for range rounds {
		for _, way := range ways {
			if way.skip != "" {
				continue
			}
			start := time.Now()
			for range probes {
				if err := way.probe(); err != nil {
					return fmt.Errorf("%s: %w", way.name, err)
				}
			}
			way.times = append(way.times, time.Since(start)/time.Duration(probes))
		}
	}
	fmt.Printf("one observation under a policy of %d rules, median of %d rounds of %d:\n", len(policy.Paths), rounds, probes)
	ours := median(ways[0].times)
	for _, way := range ways {
		if way.skip != "" {
			fmt.Printf("  %-32s skipped: %s\n", way.name, way.skip)
			continue
		}
		m := median(way.times)
		fmt.Printf("  %-32s %8.0f us   %5.1f x ours   (min %.0f, max %.0f)\n", way.name,
			micro(m), float64(m)/float64(ours), micro(slices.Min(way.times)), micro(slices.Max(way.times)))
	}
	return nil
}

func viaWorker(w *worker.Worker, policy landlock.Ruleset, file string) error {
	switch read, err := probeFile(w, policy, filepath.Dir(file), file); {
	case err != nil:
		return err
	case !read:
		return errors.New("denied")
	}
	return nil
}

// probeFile opens a file for reading under the policy and says whether it could.
func probeFile(w *worker.Worker, policy landlock.Ruleset, scratch, file string) (bool, error) {
	ans, err := w.Do(context.Background(), worker.Request{Probe: &worker.Probe{
		Policy: &worker.Policy{ID: 1, Layers: []landlock.Ruleset{policy}, Base: scratch, Scratch: scratch}, Op: op.Request{Op: "fs.read_file", Target: file},
	}}, 10*time.Second)
	switch {
	case err != nil:
		return false, err
	case ans.Result == nil || ans.Result.Err != "" || ans.Result.Errno != 0 && ans.Result.Errno != int(syscall.EACCES):
		return false, fmt.Errorf("unexpected answer %+v", ans)
	}
	return ans.Result.Errno == 0, nil
}

// probeArgs is the policy as the spawned programs take it: what is handled,
// then a right and a path for each rule, then the file to open.
func probeArgs(policy landlock.Ruleset, file string) []string {
	args := []string{fmt.Sprintf("%#x", uint64(policy.HandledFS))}
	for _, p := range policy.Paths {
		access := p.Access
		if info, err := os.Stat(p.Parent); err == nil && !info.IsDir() {
			access &= landlock.AccessFile
		}
		args = append(args, fmt.Sprintf("%#x", uint64(access)), p.Parent)
	}
	return append(args, file)
}

func spawned(name, exe string, args []string, build func(string) error) *way {
	w := &way{name: name}
	if err := build(exe); err != nil {
		w.skip = err.Error()
		return w
	}
	argv := append([]string{exe}, args...)
	// ForkExec is the least a Go program can do to start another.
	w.probe = func() error {
		pid, err := syscall.ForkExec(exe, argv, &syscall.ProcAttr{Env: []string{}, Files: []uintptr{0, 1, 2}})
		if err != nil {
			return err
		}
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(pid, &status, 0, nil); err != nil {
			return err
		}
		if !status.Exited() || status.ExitStatus() != 0 {
			return fmt.Errorf("exit status %d", status.ExitStatus())
		}
		return nil
	}
	return w
}

// here is the folder of this program's sources: make runs it from the root.
const here = "harness/specs/bench"

func buildC(exe string) error {
	cc, err := exec.LookPath("cc")
	if err != nil {
		return errors.New("no C compiler (cc) in PATH")
	}
	return build(exec.Command(cc, "-O2", "-static", "-o", exe, filepath.Join(here, "testdata", "cprobe.c")))
}

func buildGo(exe string) error {
	return build(exec.Command("go", "build", "-o", exe, "./"+here+"/goprobe"))
}

func build(cmd *exec.Cmd) error {
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %.200s", cmd.Args[0], err, out)
	}
	return nil
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
