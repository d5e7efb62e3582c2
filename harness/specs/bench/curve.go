package main

import (
	"fmt"
	"path"
	"strings"
	"time"

	landlockmodel "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// curve is one kind of rule in growing numbers.
type curve struct {
	name string
	// prepare makes a policy that grants to read in each of the folders.
	prepare func(folders []string) (decider, error)
}

var curves = []curve{
	{"Landlock, paths", prepareLandlock},
	{"SBPL, literals", prepareSBPL(`(allow file-read* (literal "FOLDER/src/main.go"))`)},
	{"SBPL, subpaths", prepareSBPL(`(allow file-read* (subpath "FOLDER"))`)},
	{"SBPL, regexes", prepareSBPL(`(allow file-read* (regex #"^FOLDER/.*\.go$"))`)},
	{"SBPL, regexes unanchored", prepareSBPL(`(allow file-read* (regex #"/NAME/src/.*\.go$"))`)},
	{"SBPL, composites", prepareSBPL(`(allow file-read* (require-all (subpath "FOLDER") (require-not (literal "FOLDER/src/secret"))))`)},
}

// prepareLandlock describes the folders to the model as data.
func prepareLandlock(folders []string) (decider, error) {
	var entries []landlockmodel.Entry
	policy := landlock.Ruleset{HandledFS: landlock.AllFS(5)}
	for _, folder := range folders {
		for _, name := range []string{"/src/main.go", "/src/secret"} {
			entries = append(entries, landlockmodel.Entry{Path: folder + name, Kind: landlockmodel.File}, landlockmodel.Entry{Path: beside(folder) + name, Kind: landlockmodel.File})
		}
		policy.Paths = append(policy.Paths, landlock.PathRule{Parent: folder, Access: landlock.ReadFile | landlock.ReadDir})
	}
	tree, err := landlockmodel.NewData(false, entries...)
	if err != nil {
		return nil, err
	}
	p, err := landlockmodel.Prepare(landlockmodel.Setting{Layers: []landlock.Ruleset{policy}, Tree: tree})
	if err != nil {
		return nil, err
	}
	return func(file string) (bool, error) {
		a := p.Ask(landlockmodel.Call{Op: "fs.read_file", Target: file})
		return decided(string(a.Decision), a.Reason)
	}, nil
}

// prepareSBPL writes the rule once for each folder.
func prepareSBPL(rule string) func(folders []string) (decider, error) {
	return func(folders []string) (decider, error) {
		var text strings.Builder
		text.WriteString(denyDefault)
		for _, folder := range folders {
			text.WriteString(strings.NewReplacer("FOLDER", folder, "NAME", path.Base(folder)).Replace(rule) + "\n")
		}
		return compileSBPL(text.String())
	}
}

// beside is a folder that no rule is about.
func beside(folder string) string { return folder + "-old" }

// cell is one figure of the curve.
type cell struct {
	batch
	ready time.Duration // what it took to prepare the policy
}

// benchCurve shows what a decision costs under more and more rules.
func benchCurve(n sizes) error {
	rules := []int{10, 100, 1000, 5000}
	cells := make([][]*cell, len(curves))
	for i, c := range curves {
		for _, count := range rules {
			folders, files := sites(count)
			start := time.Now()
			decide, err := c.prepare(folders)
			if err != nil {
				return fmt.Errorf("%s, %d rules: %w", c.name, count, err)
			}
			b := batch{name: fmt.Sprintf("%s, %d rules", c.name, count), n: n.decisions, files: files, decide: decide}
			cells[i] = append(cells[i], &cell{b, time.Since(start)})
		}
	}
	for range n.rounds {
		for _, row := range cells {
			for _, cell := range row {
				if err := cell.round(); err != nil {
					return err
				}
			}
		}
	}
	fmt.Printf("us a decision as policies grow, half of them denied, median of %d rounds (and ms to make the policy ready):\n  %-26s", n.rounds, "")
	for _, count := range rules {
		fmt.Printf("  %11d rules", count)
	}
	fmt.Println()
	for i, c := range curves {
		fmt.Printf("  %-26s", c.name)
		for _, cell := range cells[i] {
			fmt.Printf("  %7.2f (%7.1f)", micro(median(cell.times)), micro(cell.ready)/1000)
		}
		fmt.Println()
	}
	return nil
}

// sites are as many folders as there are rules, and a file in each and beside
// each.
func sites(count int) (folders []string, files []readable) {
	for i := range count {
		folder := fmt.Sprintf("/srv/team%d/project%d", i%50, i)
		folders = append(folders, folder)
		files = append(files, readable{folder + "/src/main.go", true}, readable{beside(folder) + "/src/main.go", false})
	}
	return folders, files
}
