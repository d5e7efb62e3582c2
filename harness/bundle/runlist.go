package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
	"github.com/rtgen/rtgen/harness/internal/parallel"
)

// RunList is what lies in an out folder.
type RunList struct {
	Out      string       `json:"out"`
	Latest   string       `json:"latest"` // the run id in LATEST; empty when there is none to read
	Runs     []RunListing `json:"runs"`   // newest first
	Others   []Other      `json:"others"`
	Findings []Finding    `json:"findings"` // about the out folder's own files
}

// RunListing is one run folder by its small documents. No digest was looked at.
type RunListing struct {
	ID        string      `json:"run_id"` // the folder's name
	Dir       string      `json:"run_dir"`
	Standing  Standing    `json:"standing"`
	Status    Status      `json:"status"` // how it ended, by its summary; empty when damaged or not over
	PlanID    string      `json:"plan_id"`
	Channel   string      `json:"channel"`
	WorldID   string      `json:"world_id"`
	UpdatedAt canon.Float `json:"updated_at_unix"` // 0 when no document says so
	Bytes     int64       `json:"bytes"`           // of its regular files
	Files     int         `json:"files"`           // everything in it that is no folder
	Latest    bool        `json:"latest"`
	Packets   []string    `json:"packets"`  // files of the out folder that point to it
	Repaired  bool        `json:"repaired"` // its index was written anew after the run
	Detail    string      `json:"detail"`   // one line: why it failed or is not whole
	Verdict   *Verdict    `json:"verdict,omitempty"`

	info    fs.FileInfo // of the folder
	lasting string      // why it must not be removed, whatever it is
}

// Verdict is what Validate says of a run folder.
type Verdict struct {
	OK       bool      `json:"ok"` // it is what was committed; holds for an honest failed run too
	Findings []Finding `json:"findings"`
	Error    string    `json:"error,omitempty"` // why it could not be checked
}

// Other counts what lies in an out folder and is no run. None of it is followed
// or opened, but files that may be packets.
type Other struct {
	Kind  OtherKind `json:"kind"`
	Count int       `json:"count"`
	Names []string  `json:"names"` // the first ten, sorted
}

// OtherKind says what is no run.
type OtherKind string

// The kinds.
const (
	OtherFolder     OtherKind = "folder"       // without run_status.json and artifact_index.json, or not named by a run id
	OtherUnreadable OtherKind = "unreadable"   // a folder that may be a run
	OtherSymlink    OtherKind = "symlink"      // wherever it leads
	OtherFile       OtherKind = "file"         // neither LATEST, lock, packet nor the statement beside one
	OtherSpecial    OtherKind = "special"      // a FIFO, socket or device
	OtherTemporary  OtherKind = "temporary"    // a file that a writer had not finished
	OtherRemoved    OtherKind = "half_removed" // a run that Collect had not finished with
)

const shownOthers = 10

// ListRuns lists everything in an out folder that is or was a run, newest
// first. It writes nothing and takes no lock. A *RequestError says that there is
// no such out folder.
func ListRuns(out string) (*RunList, error) {
	dir, err := openOut(out)
	if err != nil {
		return nil, err
	}
	defer dir.close()
	list, _, err := dir.listRuns(false)
	return list, err
}

// listRuns is ListRuns, with all names of what is no run. A caller who holds the
// lock says so, and is then no writer of a run.
func (o *outFolder) listRuns(locked bool) (*RunList, *sorted, error) {
	for tries := 3; ; tries-- {
		list, found, err := o.listOnce(locked)
		if err != nil {
			return nil, nil, fmt.Errorf("out folder %s: %w", o.dir, err)
		}
		// The run may have gone since LATEST was read, because LATEST has moved on.
		if now, _ := o.latest(o.dir); tries == 1 || now == list.Latest || len(list.Findings) == 0 {
			return list, found, nil
		}
	}
}

func (o *outFolder) listOnce(locked bool) (*RunList, *sorted, error) {
	list := &RunList{Out: o.dir, Runs: []RunListing{}, Findings: []Finding{}}
	// Before the folder is listed: a run that LATEST comes to name meanwhile
	// need not be in the list.
	if err := list.readLatest(o); err != nil {
		return nil, nil, err
	}
	found, err := o.sort()
	if err != nil {
		return nil, nil, err
	}
	readings := make([]*runReading, len(found.runs))
	parallel.Each(len(readings), func(i int) { readings[i] = o.readRun(found.runs[i]) })
	o.judge(readings, locked)
	for _, r := range readings {
		switch {
		case r.gone:
		case r.other != "":
			found.add(r.other, r.id)
		default:
			l := r.listing(o)
			l.Latest, l.Packets = l.ID == list.Latest, notNil(found.packets[l.ID])
			list.Runs = append(list.Runs, l)
		}
	}
	slices.SortFunc(list.Runs, func(a, b RunListing) int {
		return cmp.Or(cmp.Compare(b.UpdatedAt, a.UpdatedAt), strings.Compare(a.ID, b.ID))
	})
	list.Others = found.others()
	list.Findings = append(list.Findings, found.findings...)
	list.checkLatest()
	return list, found, nil
}

// judge gives every reading its standing. What is not over is read once more
// after the lock was looked at: only what was not over before and after was not
// over at that moment.
func (o *outFolder) judge(readings []*runReading, locked bool) {
	var lock lockState
	looked := false
	for i, r := range readings {
		if r.undecided() {
			if !looked && !locked {
				lock = o.peekLock()
			}
			looked = true
			readings[i] = o.readRun(r.id)
		}
		readings[i].judge(lock)
	}
	// One lock is one writer, and a writer has one run at a time: an older one of
	// the same process was left.
	var writing *runReading
	for _, r := range readings {
		if r.standing != StandingRunning {
			continue
		}
		older := r
		if writing == nil || r.status.UpdatedAtUnix > writing.status.UpdatedAtUnix {
			older, writing = writing, r
		}
		if older != nil {
			older.abandon()
		}
	}
}

func (l *RunList) readLatest(out *outFolder) error {
	id, err := out.latest(out.dir)
	var bad *IntegrityError
	switch {
	case errors.As(err, &bad):
		l.Findings = append(l.Findings, bad.Findings...)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	l.Latest = id
	return err
}

// checkLatest finds a LATEST whose run readers would be refused.
func (l *RunList) checkLatest() {
	if l.Latest == "" {
		return
	}
	what := "no run folder"
	if i := slices.IndexFunc(l.Runs, func(r RunListing) bool { return r.Latest }); i >= 0 {
		if l.Runs[i].Standing == StandingCommitted {
			return
		}
		what = string(l.Runs[i].Standing)
	}
	l.Findings = append(l.Findings, Finding{Code: BadLatest, Name: LatestFile, Message: fmt.Sprintf("names run %s, which is %s", l.Latest, what)})
}

// Verify checks every run of the list that has an index against it, every byte,
// and adds the verdicts. A run that is not what its documents say is damaged.
func (l *RunList) Verify() {
	parallel.Each(len(l.Runs), func(i int) {
		r := &l.Runs[i]
		switch r.Standing {
		case StandingCommitted, StandingDry, StandingFailed, StandingDamaged:
			r.verify()
		}
	})
	l.Findings = slices.DeleteFunc(l.Findings, func(f Finding) bool { return f.Code == BadLatest && l.Latest != "" })
	l.checkLatest()
}

func (r *RunListing) verify() {
	v, err := Validate(r.Dir)
	if err != nil {
		r.Verdict = &Verdict{Error: oneLine(err.Error()), Findings: []Finding{}}
		return
	}
	r.Verdict = &Verdict{OK: true, Findings: v.Findings}
	for _, f := range v.Findings {
		if slices.Contains(integrityCodes, f.Code) {
			r.Verdict.OK = false
			if r.Standing != StandingDamaged {
				r.Standing, r.Status, r.Detail = StandingDamaged, "", oneLine(f.String())
			}
		}
	}
}

// OK reports whether nothing is wrong with the out folder's own files and, after
// Verify, with what its runs committed, as far as that could be checked.
func (l *RunList) OK() bool {
	return len(l.Findings) == 0 && !slices.ContainsFunc(l.Runs, func(r RunListing) bool {
		return r.Verdict != nil && !r.Verdict.OK && r.Verdict.Error == ""
	})
}

// Unchecked counts the runs that Verify could not check.
func (l *RunList) Unchecked() int {
	n := 0
	for _, r := range l.Runs {
		if r.Verdict != nil && r.Verdict.Error != "" {
			n++
		}
	}
	return n
}
