package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Options says which run a Stage is for.
type Options struct {
	RunID      string // becomes the run folder's name
	WorldID    string
	Channel    string
	PlanID     string
	PlanDigest string

	LockMode    LockMode      // empty: LockFail
	LockTimeout time.Duration // with LockWait; zero: 30 s

	Now func() time.Time // nil: time.Now
}

// Stage is a run folder being filled. It holds the lock of its out folder until
// Close, so that whatever the writer does after Commit, such as emitting a
// packet, is still one writer's work. It may be used by many goroutines.
type Stage struct {
	steps  steps
	opts   Options
	out    string
	dir    string
	unlock func() error

	mu        sync.Mutex
	entries   []Entry // run_status.json first, then in the order of Write
	expected  []string
	folders   []string // in the run folder, that artifacts lie in
	sealing   bool     // the index may be in place
	committed bool     // it is
	failed    bool
	closed    bool
}

// Create makes the out folder if it is not there, takes its lock, and makes the
// run folder with a run_status.json that says in_progress. A run folder that
// exists is refused. The error is a *LockedError when another writer is at work.
func Create(out string, opts Options) (*Stage, error) {
	return CreateContext(context.Background(), out, opts)
}

// CreateContext is Create with a wait for the lock that ctx ends.
func CreateContext(ctx context.Context, out string, opts Options) (*Stage, error) {
	return create(ctx, disk{}, out, opts)
}

func create(ctx context.Context, s steps, out string, opts Options) (_ *Stage, err error) {
	if err := checkRunID(opts.RunID); err != nil {
		return nil, &RequestError{err}
	}
	if opts.LockMode != "" && opts.LockMode != LockFail && opts.LockMode != LockWait {
		return nil, fmt.Errorf("unknown lock mode %q, use fail or wait", opts.LockMode)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	// The run must not move when the process changes its working folder.
	if out, err = filepath.Abs(out); err != nil {
		return nil, fmt.Errorf("out folder: %w", err)
	}
	if err := mkdirAll(s, out); err != nil {
		return nil, explain("make out folder", err)
	}
	unlock, err := acquire(ctx, s, filepath.Join(out, LockFile), opts.LockMode, opts.LockTimeout)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, unlock())
		}
	}()
	dir := filepath.Join(out, opts.RunID)
	if err := s.mkdir(dir); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("run folder %s: %w: give the run another id", dir, fs.ErrExist)
		}
		return nil, explain("make run folder", err)
	}
	g := &Stage{steps: s, opts: opts, out: out, dir: dir, unlock: unlock}
	// LATEST must not come to name a folder that a power cut can still take away.
	if err = explain("sync "+out, s.syncDir(out)); err == nil {
		err = g.writeStatus(StateInProgress, nil, "")
	}
	if err != nil {
		_ = s.remove(dir) // only works while it is empty, and only then is it right
		return nil, err
	}
	return g, nil
}

// Dir is the run folder.
func (g *Stage) Dir() string { return g.dir }

// Out is the out folder.
func (g *Stage) Out() string { return g.out }

// OutputRoot is the run folder as artifacts name it, also the place their paths
// start with in the index.
func (g *Stage) OutputRoot() string {
	base := filepath.Base(g.out)
	if base == string(filepath.Separator) || isDrive(base) {
		return g.opts.RunID
	}
	return filepath.ToSlash(filepath.Join(base, g.opts.RunID))
}

// Expect names artifacts that must have been written when the run is
// committed. A failed run lists those it lacks as missing.
func (g *Stage) Expect(names ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range names {
		if !slices.Contains(g.expected, name) {
			g.expected = append(g.expected, name)
		}
	}
}

// Write adds an artifact, whose name may have a folder in the run folder. Schema
// is what the index says of it; nil for the documents that have no schema string.
func (g *Stage) Write(name string, schema *string, data []byte) error {
	return g.WriteFrom(name, schema, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// WriteFrom adds an artifact that write streams, so that it need not be held
// in memory.
func (g *Stage) WriteFrom(name string, schema *string, write func(io.Writer) error) error {
	if err := checkArtifactName(name); err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed || g.committed || g.failed:
		return fmt.Errorf("write %s: run %s is over", name, g.opts.RunID)
	case name == StatusFile || name == IndexFile:
		return fmt.Errorf("write %s: the stage writes this file itself", name)
	}
	if g.find(name) != nil {
		return fmt.Errorf("write %s: run %s has it already", name, g.opts.RunID)
	}
	folder, _, found := strings.Cut(name, "/")
	if found && folder == g.opts.RunID {
		return fmt.Errorf("write %s: run %s bears the folder's name: give the run another id", name, g.opts.RunID)
	}
	if found && !slices.Contains(g.folders, folder) {
		dir := filepath.Join(g.dir, folder)
		if err := mkdirAll(g.steps, dir); err != nil {
			return explain("make "+dir, err)
		}
		g.folders = append(g.folders, folder)
	}
	return g.put(name, schema, write)
}

func (g *Stage) put(name string, schema *string, write func(io.Writer) error) error {
	path := filepath.Join(g.dir, name)
	hash := sha256.New()
	var size counter
	err := replace(g.steps, path, tempName(path), func(w io.Writer) error {
		return write(io.MultiWriter(w, hash, &size))
	})
	if err != nil {
		return explain("write "+path, err)
	}
	entry := Entry{g.OutputRoot() + "/" + name, int64(size), Digest(hash.Sum(nil)), schema}
	if old := g.find(name); old != nil {
		*old = entry
		return nil
	}
	g.entries = append(g.entries, entry)
	return nil
}

func (g *Stage) find(name string) *Entry {
	for i := range g.entries {
		if g.entries[i].Path == g.OutputRoot()+"/"+name {
			return &g.entries[i]
		}
	}
	return nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (g *Stage) writeStatus(state State, cause error, stage string) error {
	status := RunStatus{
		SchemaVersion: SchemaStatus,
		RunID:         g.opts.RunID,
		WorldID:       g.opts.WorldID,
		Channel:       g.opts.Channel,
		PlanID:        g.opts.PlanID,
		PlanDigest:    g.opts.PlanDigest,
		State:         state,
		WriterPID:     os.Getpid(),
		UpdatedAtUnix: canon.Float(float64(g.opts.Now().UnixMicro()) / 1e6),
	}
	if launched := g.find(artifact.LaunchctlDiagnosticsFile); launched != nil {
		status.LaunchctlDiagnostics = launched.Path
	}
	if cause != nil {
		text := cause.Error()
		status.Error, status.FailureStage = &text, &stage
	}
	schema := SchemaStatus
	return g.put(StatusFile, &schema, func(w io.Writer) error {
		return canon.WriteTo(w, status, canon.Indented)
	})
}
