package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/rtgen/rtgen/harness/internal/world"
)

// finding is what came of one assumption.
type finding struct {
	assumption
	outcome
}

func (f finding) line() string {
	word := map[verdict]string{holds: "ok", fails: "FAIL", notChecked: "NOT CHECKED"}[f.Verdict]
	return fmt.Sprintf("%-11s %-20s %s", word, f.ID, f.Saw)
}

// report is what to send back.
type report struct {
	World    string       `json:"world_id"`
	Facts    *world.Facts `json:"world,omitempty"`
	WorldErr string       `json:"world_error,omitempty"`
	Go       string       `json:"go"`
	Arch     string       `json:"arch"`
	Version  string       `json:"version"`
	Findings []finding    `json:"findings"`

	Holding    int `json:"holding"`
	Failed     int `json:"failed"`
	NotChecked int `json:"not_checked"`
}

// survey holds assumptions against this Mac, and tells of each when it is done.
func survey(chosen []assumption, tell func(finding)) (*report, error) {
	rep := &report{Go: runtime.Version(), Arch: runtime.GOARCH, Version: revision()}
	if facts, err := world.Survey(); err != nil {
		rep.WorldErr = err.Error()
	} else {
		rep.World, rep.Facts = facts.ID(), &facts
	}
	dir, err := os.MkdirTemp("", "rtgen-selfcheck-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	for _, a := range chosen {
		f := finding{a, alone(a, dir, a.limit())}
		switch f.Verdict {
		case holds:
			rep.Holding++
		case fails:
			rep.Failed++
		default:
			rep.NotChecked++
		}
		rep.Findings = append(rep.Findings, f)
		tell(f)
	}
	return rep, nil
}

// revision is the commit that this program was built from; go run does not say.
func revision() string {
	version, changed := "a revision that go run does not tell", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				version = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = ", changed"
			}
		}
	}
	return version + changed
}

// print says what to report back.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%d of %d assumptions hold, %d fail, %d could not be checked.\n\nTo report back\n", r.Holding, len(r.Findings), r.Failed, r.NotChecked)
	world := r.World
	if r.WorldErr != "" {
		world = "not known: " + r.WorldErr
	}
	fmt.Fprintf(out, "  world    %s\n  program  %s, %s %s\n", world, r.Version, r.Go, r.Arch)
	for _, f := range r.Findings {
		if f.Verdict != holds {
			fmt.Fprintf(out, "  %s: assumed that %s (%s); %s\n", f.ID, f.Claim, f.Source, f.Saw)
		}
	}
	fmt.Fprint(out, `
Send these lines and the ones above them, also when every assumption holds: it is news on any Mac.
What is printed with -json says the same and what this Mac is, and is better to send. It names this
Mac's model, builds and user id, and paths of temporary folders, and no file of yours.
`)
}
