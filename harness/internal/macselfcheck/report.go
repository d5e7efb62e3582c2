package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/rtgen/rtgen/harness/internal/world"
)

// finding is what came of one assumption.
type finding struct {
	assumption
	Holds bool   `json:"holds"`
	Saw   string `json:"saw"` // one line: what was seen, or what went wrong
}

func (f finding) line() string {
	verdict := "ok  "
	if !f.Holds {
		verdict = "FAIL"
	}
	return fmt.Sprintf("%s %-22s %s", verdict, f.ID, f.Saw)
}

// report is what to send back.
type report struct {
	World    string       `json:"world_id"`
	Facts    *world.Facts `json:"world,omitempty"`
	WorldErr string       `json:"world_error,omitempty"`
	Go       string       `json:"go"`
	Version  string       `json:"version"`
	Findings []finding    `json:"findings"`
	Failed   int          `json:"failed"`
}

// check holds assumptions against this Mac, and tells of each when it is done.
func check(chosen []assumption, tell func(finding)) *report {
	rep := &report{Go: runtime.Version() + " " + runtime.GOARCH, Version: "devel"}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				rep.Version = s.Value
			}
		}
	}
	if facts, err := world.Survey(); err != nil {
		rep.WorldErr = err.Error()
	} else {
		rep.World, rep.Facts = facts.ID(), &facts
	}
	for _, a := range chosen {
		f := finding{assumption: a}
		saw, err := checks[a.ID]()
		if f.Holds = err == nil; !f.Holds {
			saw = err.Error()
			rep.Failed++
		}
		f.Saw = saw
		rep.Findings = append(rep.Findings, f)
		tell(f)
	}
	return rep
}

// print says what to report back.
func (r *report) print(out io.Writer) {
	fmt.Fprintf(out, "\n%d of %d assumptions hold.\n\nTo report back, send this with the lines above:\n", len(r.Findings)-r.Failed, len(r.Findings))
	world := r.World
	if r.WorldErr != "" {
		world = "not known: " + r.WorldErr
	}
	fmt.Fprintf(out, "  world    %s\n  program  %s, %s\n", world, r.Version, r.Go)
	for _, f := range r.Findings {
		if !f.Holds {
			fmt.Fprintf(out, "  %s: assumed that %s (%s); saw: %s\n", f.ID, f.Claim, f.Source, f.Saw)
		}
	}
}
