package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/internal/channel"
	landlockmodel "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sbplmodel "github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// batch is a way to come to decisions about files.
type batch struct {
	name   string
	n      int // decisions per round
	files  []readable
	decide decider
	times  []time.Duration // per decision
}

// readable is a file and whether the policy grants to read it.
type readable struct {
	file    string
	granted bool
}

// round decides about the files in turn. Every answer is checked: a batch that
// is fast and wrong is no figure.
func (b *batch) round() error {
	start := time.Now()
	for i := range b.n {
		f := &b.files[i%len(b.files)]
		switch granted, err := b.decide(f.file); {
		case err != nil:
			return fmt.Errorf("%s: %s: %w", b.name, f.file, err)
		case granted != f.granted:
			return fmt.Errorf("%s: %s: granted %t, want %t", b.name, f.file, granted, f.granted)
		}
	}
	b.times = append(b.times, time.Since(start)/time.Duration(b.n))
	return nil
}

// benchDecisions asks the models what the kernel is asked in the same run: half
// of the files lie in the workspace, half beside it.
func benchDecisions(dir string, n sizes) error {
	workspace := filepath.Join(dir, "workspace")
	var files []readable
	for i := range 256 {
		in := i%2 == 0
		folder := filepath.Join(dir, "beside")
		if in {
			folder = workspace
		}
		folder = filepath.Join(folder, fmt.Sprintf("package%d", i%16), "internal")
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		file := filepath.Join(folder, fmt.Sprintf("file%d", i))
		if err := os.WriteFile(file, []byte("x\n"), 0o644); err != nil {
			return err
		}
		files = append(files, readable{file, in})
	}
	policy := benchPolicy(workspace)
	w := worker.New(channel.NewLauncher(channel.Launch{Name: channel.SpawnClean}), func(worker.Hello) error { return nil })
	defer w.Close()
	if err := w.Start(); err != nil {
		return err
	}
	prepared, err := askPrepared(policy)
	if err != nil {
		return err
	}
	seatbelt, err := compileSBPL(seatbeltText(policy, dir))
	if err != nil {
		return err
	}
	throughLibrary, err := askLibrary(filepath.Join(dir, "policy.json"), "fs.read_file", landlockText(policy))
	if err != nil {
		return err
	}
	throughLibrarySBPL, err := askLibrary(filepath.Join(dir, "policy.sb"), "file-read-data", seatbeltText(policy, dir))
	if err != nil {
		return err
	}
	batches := []*batch{
		{name: "a real probe, through the worker", n: n.probes, files: files, decide: func(file string) (bool, error) { return probeFile(w, policy, dir, file) }},
		{name: "Landlock model", n: n.decisions, files: files, decide: prepared},
		{name: "the same, its rules tied anew", n: n.decisions / 10, files: files, decide: askAlone(policy)},
		{name: "harness.Oracle, Landlock", n: n.decisions, files: files, decide: throughLibrary},
		{name: "SBPL model", n: n.decisions, files: onMac(files, dir), decide: seatbelt},
		{name: "harness.Oracle, SBPL", n: n.decisions, files: onMac(files, dir), decide: throughLibrarySBPL},
	}
	for range n.rounds {
		for _, b := range batches {
			if err := b.round(); err != nil {
				return err
			}
		}
	}
	fmt.Printf("decisions under a policy of %d rules, half of them denied, median of %d rounds:\n", len(policy.Paths), n.rounds)
	probe := median(batches[0].times)
	for _, b := range batches {
		m := median(b.times)
		fmt.Printf("  %-32s %8.2f us %9.0f a second %7.1f x the probe   (min %.2f, max %.2f)\n", b.name,
			micro(m), float64(time.Second)/float64(m), float64(probe)/float64(m), micro(slices.Min(b.times)), micro(slices.Max(b.times)))
	}
	return benchCurve(n)
}

// decider says whether a policy lets a file be read.
type decider func(file string) (bool, error)

func askPrepared(policy landlock.Ruleset) (decider, error) {
	p, err := landlockmodel.Prepare(landlockmodel.Setting{Layers: []landlock.Ruleset{policy}, Tree: landlockmodel.NewCached(landlockmodel.NewHost())})
	if err != nil {
		return nil, err
	}
	return func(file string) (bool, error) {
		a := p.Ask(landlockmodel.Call{Op: "fs.read_file", Target: file})
		return decided(string(a.Decision), a.Reason)
	}, nil
}

func askAlone(policy landlock.Ruleset) decider {
	tree := landlockmodel.NewCached(landlockmodel.NewHost())
	return func(file string) (bool, error) {
		a := landlockmodel.Ask(landlockmodel.Question{Layers: []landlock.Ruleset{policy}, Tree: tree, Op: "fs.read_file", Target: file})
		return decided(string(a.Decision), a.Reason)
	}
}

// landlockText is the policy as a file has it.
func landlockText(policy landlock.Ruleset) string {
	var rules []string
	for _, r := range policy.Paths {
		names := strings.ReplaceAll(r.Access.String(), ",", `", "`)
		rules = append(rules, fmt.Sprintf(`{"allowedAccess": ["%s"], "parent": [%q]}`, names, r.Parent))
	}
	return `{"pathBeneath": [` + strings.Join(rules, ",\n") + "]}\n"
}

// askLibrary asks through what programs import, which reads the policy from a
// file.
func askLibrary(profile, operation, text string) (decider, error) {
	if err := os.WriteFile(profile, []byte(text), 0o644); err != nil {
		return nil, err
	}
	o := harness.NewOracle()
	return func(file string) (bool, error) {
		a, err := o.Ask(harness.OracleQuestion{Profile: profile, Operation: operation, Target: file})
		if err != nil {
			return false, err
		}
		return decided(a.Decision, a.Reason)
	}, nil
}

// seatbeltText grants to read what the policy of Landlock grants, with dir where
// a Mac would have it.
func seatbeltText(policy landlock.Ruleset, dir string) string {
	var text strings.Builder
	text.WriteString(denyDefault)
	for _, r := range policy.Paths {
		fmt.Fprintf(&text, "(allow file-read* (subpath %q))\n", macPath(r.Parent, dir))
	}
	return text.String()
}

func onMac(files []readable, dir string) []readable {
	moved := slices.Clone(files)
	for i := range moved {
		moved[i].file = macPath(moved[i].file, dir)
	}
	return moved
}

// macPath moves what lies in dir, which may be /tmp, to a folder that no link of
// macOS leads to.
func macPath(path, dir string) string {
	if rest, ok := strings.CutPrefix(path, dir); ok {
		return "/Users/bench" + rest
	}
	return path
}

const denyDefault = "(version 1)\n(deny default)\n"

func compileSBPL(text string) (decider, error) {
	p, faults := sbplmodel.Compile(sbplmodel.Source{File: "bench.sb", Text: text})
	if len(faults) > 0 {
		return nil, fmt.Errorf("bench.sb: %v", faults[0])
	}
	world := sbplmodel.MacOS()
	return func(file string) (bool, error) {
		a := p.Ask(sbplmodel.Question{Operation: "file-read-data", Target: file, World: world})
		return decided(string(a.Decision), a.Reason)
	}, nil
}

// decided reads a model's answer.
func decided(decision, reason string) (bool, error) {
	switch decision {
	case "allow":
		return true, nil
	case "deny":
		return false, nil
	}
	return false, errors.New("the model does not know: " + reason)
}
