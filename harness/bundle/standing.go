package bundle

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Standing is what a run folder is, in one word, by its small documents.
type Standing string

// The standings.
const (
	StandingCommitted  Standing = "committed"  // over and whole, whatever its policies did
	StandingDry        Standing = "dry"        // the same, and nothing was attempted, on purpose
	StandingFailed     Standing = "failed"     // over, and it says itself that it is not whole
	StandingRunning    Standing = "running"    // its writer holds the lock of the out folder
	StandingAbandoned  Standing = "abandoned"  // not over, and its writer is gone
	StandingUnfinished Standing = "unfinished" // not over, and whether its writer lives cannot be seen
	StandingTorn       Standing = "torn"       // over by its own word, and never committed
	StandingDamaged    Standing = "damaged"    // its documents cannot be read, or contradict each other or the folder
)

// undecided reports whether only the lock can say what the run is.
func (r *runReading) undecided() bool {
	return !r.gone && r.other == "" && r.fault == "" && r.index == nil && r.status != nil
}

// judge gives the run its standing and the one line about it.
func (r *runReading) judge(lock lockState) {
	r.standing, r.detail = r.word(lock)
}

func (r *runReading) word(lock lockState) (Standing, string) {
	if r.gone || r.other != "" {
		return "", ""
	}
	damaged := func(format string, args ...any) (Standing, string) {
		return StandingDamaged, fmt.Sprintf(format, args...)
	}
	switch {
	case r.fault != "":
		return damaged("%s", r.fault)
	case r.status == nil:
		return damaged("no %s: nothing says that the run is over", StatusFile)
	case r.status.RunID != r.id:
		return damaged("%s speaks of run %.140q", StatusFile, r.status.RunID)
	case r.index == nil:
		return r.notCommitted(lock)
	case r.index.RunID != r.id:
		return damaged("%s speaks of run %.140q", IndexFile, r.index.RunID)
	case r.summary != nil && r.summary.RunID != r.id:
		return damaged("%s speaks of run %.140q", SummaryFile, r.summary.RunID)
	}
	in := inspection{index: &Index{WorldID: r.index.WorldID, RunID: r.id, Status: r.index.Status}, status: r.status, state: r.status.State, summary: r.summary}
	in.contradictions()
	if len(in.findings) > 0 {
		return damaged("%s", in.findings[0])
	}
	switch dry := r.summary != nil && (r.summary.DryRun || r.summary.Status == StatusDry); {
	case r.lacking != "":
		return damaged("%s%s", r.lacking, r.mended())
	case r.index.Status == IndexFailed:
		return StandingFailed, r.failure()
	case r.index.Status == IndexPartial, len(r.index.Missing) > 0:
		return damaged("%s lists %d artifacts as missing%s", IndexFile, len(r.index.Missing), r.mended())
	case r.summary != nil && r.summary.Status == StatusFailed:
		return damaged("%s says failed where %s says ok", SummaryFile, IndexFile)
	case dry:
		return StandingDry, strings.TrimPrefix(r.mended(), "; ")
	}
	return StandingCommitted, strings.TrimPrefix(r.mended(), "; ")
}

func (r *runReading) mended() string {
	if !r.repaired {
		return ""
	}
	return "; its index was repaired: never promotable"
}

// notCommitted is the standing of a run without an index.
func (r *runReading) notCommitted(lock lockState) (Standing, string) {
	pid := r.status.WriterPID
	over := r.status.State == StateComplete || r.status.State == StateFailed
	switch {
	case !over && r.status.State != StateInProgress:
		return StandingDamaged, fmt.Sprintf("%s: unknown state %.40q", StatusFile, r.status.State)
	case lock.held && lock.pid == pid:
		return StandingRunning, fmt.Sprintf("process %d writes it", pid)
	case over && lock.blind == "":
		return StandingTorn, fmt.Sprintf("says %s and has no %s%s", r.status.State, IndexFile, prefixed(": ", r.failure()))
	case lock.blind != "":
		return StandingUnfinished, fmt.Sprintf("process %d began it; %s", pid, lock.blind)
	}
	return StandingAbandoned, r.left()
}

func (r *runReading) left() string {
	return fmt.Sprintf("process %d began it, and holds the lock no more", r.status.WriterPID)
}

// abandon takes back that the run is being written.
func (r *runReading) abandon() { r.standing, r.detail = StandingAbandoned, r.left() }

// failure is why the run failed, by its own word.
func (r *runReading) failure() string {
	if r.status.Error == nil {
		return ""
	}
	return *r.status.Error
}

func (r *runReading) listing(out *outFolder) RunListing {
	l := RunListing{
		ID: r.id, Dir: filepath.Join(out.dir, r.id), Standing: r.standing, Detail: oneLine(r.detail), Bytes: r.bytes, Files: r.files,
		Packets: []string{}, Repaired: r.repaired, info: r.info, lasting: r.lasting,
	}
	if r.status != nil {
		l.PlanID, l.Channel, l.WorldID = oneLine(r.status.PlanID), oneLine(r.status.Channel), oneLine(r.status.WorldID)
		// A time that no calendar shows is none.
		if t := r.status.UpdatedAtUnix; t > 0 && t < endOfTime {
			l.UpdatedAt = t
		}
	}
	switch r.standing {
	case StandingCommitted, StandingDry, StandingFailed:
		if r.summary != nil {
			l.Status = Status(oneLine(string(r.summary.Status)))
		}
	}
	return l
}

// endOfTime is the first second of the year 10000.
const endOfTime = 253402300800

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

// oneLine is the first line of a text, and no more of it than a row can hold: a
// document may say anything.
func oneLine(text string) string {
	const longest = 300
	line, _, more := strings.Cut(text, "\n")
	if len(line) > longest {
		line, more = line[:longest], true
		for !utf8.ValidString(line) && len(line) > longest-utf8.UTFMax {
			line = line[:len(line)-1]
		}
	}
	if more {
		line += "…"
	}
	return line
}
