package bundle

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"
)

// ReindexStatus is what became of an index.
type ReindexStatus string

// The reindex statuses.
const (
	ReindexOK        ReindexStatus = "ok"        // strict: the bundle loads
	ReindexRepaired  ReindexStatus = "repaired"  // the index is a new one
	ReindexUnchanged ReindexStatus = "unchanged" // the index says already what a repair would
)

// ReindexResult is what Reindex did.
type ReindexResult struct {
	Status  ReindexStatus `json:"status"`
	Dir     string        `json:"run_dir"`
	RunID   string        `json:"run_id"`
	Log     string        `json:"repair_log,omitempty"` // empty unless repaired
	Changes []IndexChange `json:"changes"`              // what the index says otherwise now
	// Findings are what Load still has to say: a repair cannot bring a missing
	// artifact back, and a failed run stays one.
	Findings []Finding `json:"findings"`
}

// OK reports whether the bundle loads.
func (r *ReindexResult) OK() bool {
	return !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Warning })
}

// Reindex compares the index of the bundle at path, an out folder or a run
// folder, with the files it names.
//
// Without repair it is Load: a bundle that does not verify is an
// *IntegrityError.
//
// With repair the index is written anew with the sizes and digests that the
// artifacts have now, and repair_log.json says what it said before. An artifact
// in the folder that the index does not name gets its entry; one that is not in
// the folder is listed as missing; a file that is no artifact stays unnamed.
// Whoever changed an artifact, the new index vouches for the change, so a
// repaired bundle is never promotable. What no index can mend is an
// *IntegrityError, and nothing is written: a run that is not over, an entry
// that leaves the folder or names no regular file, documents that contradict
// each other. LATEST and packets stay as they are; packets of the old index no
// longer open.
func Reindex(path string, repair bool) (*ReindexResult, error) {
	return reindex(disk{}, time.Now, path, repair)
}

func reindex(s steps, now func() time.Time, path string, repair bool) (_ *ReindexResult, err error) {
	if !repair {
		b, err := Load(path)
		if err != nil {
			return nil, err
		}
		return &ReindexResult{Status: ReindexOK, Dir: b.Dir, RunID: b.RunID(), Changes: []IndexChange{}, Findings: notNil(b.Warnings)}, nil
	}
	dir, latest, err := locate(path)
	if err != nil {
		return nil, err
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("bundle: %w", err)
	}
	// The first plan is made without the lock: what is whole or past mending is
	// not touched, in a folder that cannot be written either.
	p, err := planRepair(dir, latest)
	if err != nil {
		return nil, err
	}
	if p.unchanged() {
		return p.result(ReindexUnchanged)
	}
	unlock, err := acquire(context.Background(), s, filepath.Join(filepath.Dir(real), LockFile), LockFail, 0)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if p, err = planRepair(dir, latest); err != nil {
		return nil, err
	}
	if p.unchanged() {
		return p.result(ReindexUnchanged)
	}
	if err := p.write(s, now()); err != nil {
		return nil, err
	}
	res, err := p.result(ReindexRepaired)
	if err != nil {
		return nil, err
	}
	res.Log = filepath.Join(dir, RepairLogFile)
	return res, nil
}

// result asks Load, the only judge of what a bundle is worth.
func (p *repairPlan) result(status ReindexStatus) (*ReindexResult, error) {
	res := &ReindexResult{Status: status, Dir: p.dir, RunID: p.next.RunID, Changes: notNil(p.changes)}
	b, err := Load(p.dir)
	var bad *IntegrityError
	switch {
	case err == nil:
		res.Findings = notNil(b.Warnings)
	case errors.As(err, &bad):
		res.Findings = bad.Findings
	default:
		return nil, err
	}
	return res, nil
}

// notNil makes a list that is written as [] when it is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// notRepaired is the error about what no index can mend.
func notRepaired(dir string, findings ...Finding) error {
	return fmt.Errorf("not repaired, nothing was written: %w", &IntegrityError{dir, findings})
}
