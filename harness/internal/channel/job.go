//go:build unix

package channel

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// load has launchd start this very executable as a worker.
func (l *Launcher) load(ctx context.Context) (*Process, *launchd.Diagnostics, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("channel %s: find this program to start it as a worker: %w", l.Name, err)
	}
	cfg := l.Launchd
	cfg.Label = launchd.Label(l.RunID, l.Launch.Process, l.started)
	cfg.RunID, cfg.Program, cfg.Env, cfg.UID = l.RunID, exe, scrubbed(), os.Getuid()
	// Without a home there is nothing in it that jobs may not run.
	cfg.Home, _ = os.UserHomeDir()
	job, diagnostics, err := launchd.Start(ctx, cfg)
	if err != nil {
		return nil, diagnostics, fmt.Errorf("channel %s: %w", l.Name, err)
	}
	wire := WireOn(job.FD)
	wire.impatient = runtime.NumCPU() > 1
	return &Process{Wire: wire, body: loaded{job}}, diagnostics, nil
}

// loaded is a worker of the launchd_clean channel.
type loaded struct{ *launchd.Job }

func (l loaded) pid() int        { return l.PID }
func (l loaded) exited() bool    { return l.Exited() }
func (l loaded) end()            { l.Stop() }
func (l loaded) epitaph() string { return l.Epitaph() }
