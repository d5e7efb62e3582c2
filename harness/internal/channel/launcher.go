package channel

import "github.com/rtgen/rtgen/harness/internal/channel/launchd"

// Launch says for whom workers are started.
type Launch struct {
	Name    Name
	RunID   string // of the run, for the labels of jobs; may be empty where no launchd is asked
	Process int    // which of the run's processes, from 1
}

// Launcher starts the workers of one session, one after the other. It is not
// safe for concurrent use.
type Launcher struct {
	Launch
	started int // how many workers so far
}

// NewLauncher describes a launcher; nothing starts before Start.
func NewLauncher(l Launch) *Launcher { return &Launcher{Launch: l} }

// Start launches this very executable again as a worker.
func (l *Launcher) Start() (*Process, error) {
	l.started++
	return start(l.Name)
}

// Jobs is what launchd was asked so far, nil for channels that do not ask it.
func (l *Launcher) Jobs() []*launchd.Diagnostics { return nil }
