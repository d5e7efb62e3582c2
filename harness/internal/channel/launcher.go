package channel

import (
	"context"
	"fmt"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// Launch says for whom workers are started.
type Launch struct {
	Name    Name
	RunID   string // of the run, for the labels of jobs; may be empty where no launchd is asked
	Process int    // which of the run's processes, from 1

	// Launchd is what differs from macOS's own: its tools, the folder of jobs and
	// how long a worker may take. Tests set it.
	Launchd launchd.Config
}

// Launcher starts the workers of one session, one after the other. It is not
// safe for concurrent use.
type Launcher struct {
	Launch
	started int // how many workers so far, whatever became of them
	jobs    []*launchd.Diagnostics
	failed  int   // jobs in a row that did not come to life
	lived   bool  // one did
	err     error // of the last that did not
}

// NewLauncher describes a launcher; nothing starts before Start.
func NewLauncher(l Launch) *Launcher {
	if l.Launchd.Base == "" {
		l.Launchd = launchdOfThisHost()
	}
	return &Launcher{Launch: l}
}

// Start launches this very executable again as a worker. Only a job of launchd is
// waited for, at most until ctx ends.
func (l *Launcher) Start(ctx context.Context) (*Process, error) {
	if l.Name != LaunchdClean {
		l.started++
		return spawn(l.Name)
	}
	if l.RunID == "" {
		return nil, fmt.Errorf("channel %s: a job of launchd is called after its run, and this one has no id", l.Name)
	}
	// A job may take a minute to fail, and every observation would ask for one.
	if l.err != nil && (!l.lived || l.failed > 1) {
		return nil, l.err
	}
	l.started++
	p, d, err := l.load(ctx)
	if d != nil {
		l.jobs = append(l.jobs, d)
	}
	switch {
	case err == nil:
		l.lived, l.failed, l.err = true, 0, nil
	case ctx.Err() == nil:
		l.failed++
		l.err = err
	}
	return p, err
}

// Jobs is what launchd was asked so far, nil for channels that do not ask it. What
// it was asked of a job is whole when the job has ended.
func (l *Launcher) Jobs() []*launchd.Diagnostics { return l.jobs }
