package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Commit publishes the run: the final run_status.json, then the index, then,
// when the run ended ok or partial, LATEST. After an error before the index was
// in place the run is not committed, and Fail records that; after a later one
// the bundle loads by its run folder, and the out folder's readers get the run
// they got before, or this one.
func (g *Stage) Commit(status Status) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed || g.committed || g.failed {
		return fmt.Errorf("commit: run %s is over", g.opts.RunID)
	}
	switch status {
	case StatusOK, StatusPartial, StatusDry:
	case StatusFailed:
		return g.seal(StateFailed, nil, "", IndexFailed)
	default:
		return fmt.Errorf("commit run %s: unknown status %q", g.opts.RunID, status)
	}
	if missing := g.missing(); len(missing) > 0 {
		return fmt.Errorf("commit run %s: not written: %s", g.opts.RunID, strings.Join(missing, ", "))
	}
	if err := g.seal(StateComplete, nil, "", IndexOK); err != nil {
		return err
	}
	if status == StatusDry {
		return nil
	}
	latest := filepath.Join(g.out, LatestFile)
	err := replace(g.steps, latest, tempName(latest), func(w io.Writer) error {
		_, err := io.WriteString(w, g.opts.RunID+"\n")
		return err
	})
	if err == nil {
		err = g.steps.syncDir(g.out)
	}
	if err != nil {
		return explain(fmt.Sprintf("run %s is committed in %s, but not as the latest: write %s", g.opts.RunID, g.dir, latest), err)
	}
	return nil
}

// Fail closes the run as failed because of cause: run_status.json and the index
// say so, and LATEST stays. It does nothing for a run that is committed.
func (g *Stage) Fail(cause error) error {
	stage := "exception"
	if errors.Is(cause, context.Canceled) {
		stage = "interrupted"
	}
	return g.FailAt(stage, cause)
}

// FailAt is Fail with the stage of the run that the failure belongs to.
func (g *Stage) FailAt(stage string, cause error) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return fmt.Errorf("fail: run %s is over", g.opts.RunID)
	}
	return g.failLocked(stage, cause)
}

func (g *Stage) failLocked(stage string, cause error) error {
	if g.committed || g.failed {
		return nil
	}
	if cause == nil {
		cause = errors.New("no reason given")
	}
	if g.sealing {
		if err := g.unseal(); err != nil {
			return err
		}
	}
	return g.seal(StateFailed, cause, stage, IndexFailed)
}

// seal writes the last two files of a run folder.
func (g *Stage) seal(state State, cause error, stage string, status IndexStatus) error {
	if err := g.writeStatus(state, cause, stage); err != nil {
		return err
	}
	index := Index{
		SchemaVersion: SchemaIndex,
		RunID:         g.opts.RunID,
		WorldID:       g.opts.WorldID,
		Artifacts:     g.entries,
		Missing:       []string{},
		Status:        status,
	}
	for _, name := range g.missing() {
		index.Missing = append(index.Missing, g.OutputRoot()+"/"+name)
	}
	// An index must not outlive a file it names.
	for _, folder := range append(slices.Clone(g.folders), ".") {
		dir := filepath.Join(g.dir, folder)
		if err := g.steps.syncDir(dir); err != nil {
			return explain("sync "+dir, err)
		}
	}
	path := filepath.Join(g.dir, IndexFile)
	g.sealing = true
	err := replace(g.steps, path, tempName(path), func(w io.Writer) error {
		return canon.WriteTo(w, index, canon.Indented)
	})
	if err != nil {
		return explain("write "+path, err)
	}
	g.committed = status == IndexOK
	g.failed = status == IndexFailed
	// LATEST must not come to name a run whose index a power cut can still take
	// away.
	return explain("sync "+g.dir, g.steps.syncDir(g.dir))
}

// unseal takes back an index whose rename was done and then reported as failed:
// it may not stand while the files it names change.
func (g *Stage) unseal() error {
	path := filepath.Join(g.dir, IndexFile)
	err := g.steps.remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = g.steps.syncDir(g.dir)
	}
	return explain("take back "+path, err)
}

func (g *Stage) missing() []string {
	var names []string
	for _, name := range g.expected {
		if g.find(name) == nil {
			names = append(names, name)
		}
	}
	return names
}

// Close releases the lock. A run that was neither committed nor failed is
// recorded as failed first: nobody will ever add to it. A second Close does
// nothing.
func (g *Stage) Close() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil
	}
	err := g.failLocked("exception", errors.New("the run ended without commit"))
	g.closed = true
	return errors.Join(err, g.unlock())
}
