// Package launchd starts a worker as a job of launchd: nobody's child, in a
// domain of its user, with the environment, the folder and the descriptors that
// launchd gives. It writes the job's property list, chooses the domain, boots the
// job in and out again by launchctl, and meets the worker on a socket.
//
// All of it is portable but the programs it runs, which are given: tests run it
// against programs of their own (package launchdtest). It was never run on a Mac:
// what launchctl prints and answers there is taken from its man pages and from
// what others saw of it.
//
// # What stays behind
//
// Whatever Start and Stop come to, the job is booted out and its folder is gone
// when they return; Diagnostics.Left says so where that failed. A process that is
// killed in between cannot: its worker sees the socket close and ends, and as the
// job has no KeepAlive it is not started again, so that a loaded job without a
// process and a folder stay. The next Start finds the folder, whose lock nobody
// holds any more, boots its job out and removes it.
package launchd

import (
	"cmp"
	"strconv"
	"time"
)

// Config says what is started and by whom.
type Config struct {
	Label   string            // unique on the host for as long as the job lives
	RunID   string            // for the diagnostics
	Program string            // the executable to run as the worker
	Env     map[string]string // of the job, beside what leads it to the socket
	UID     int               // whose domain

	Base  string // parent of the job's folder; empty: DefaultBase, a dot and the user's id
	Home  string // of the user: what lies in some of its folders launchd's jobs may not run
	Tools Tools
	Limit time.Duration // for the worker to come forward; zero: DefaultLimit

	patience time.Duration // for an end that launchd was told to make
}

// Tools are the programs that are run, by path; empty ones are macOS's own.
type Tools struct {
	Launchctl string // /bin/launchctl
	Plutil    string // /usr/bin/plutil
	Log       string // /usr/bin/log
}

// DefaultBase begins the name of the parent of the jobs' folders. A socket's path
// has at most 103 bytes, which per-user temporary folders nearly use up.
const DefaultBase = "/private/tmp/rtgen-launchd"

// DefaultLimit is how long a worker may take to come forward. It is the reference
// system's limit.
const DefaultLimit = 60 * time.Second

// The variables that lead a job to who started it.
const (
	EnvSocket = "RTGEN_WORKER_SOCKET" // the path to connect to
	EnvNonce  = "RTGEN_WORKER_NONCE"  // what to say first, and a line feed
)

func (c Config) withDefaults() Config {
	c.Base = cmp.Or(c.Base, DefaultBase+"."+strconv.Itoa(c.UID))
	c.Limit = cmp.Or(c.Limit, DefaultLimit)
	// Launchd kills what is still alive after exitSeconds.
	c.patience = cmp.Or(c.patience, (exitSeconds+2)*time.Second)
	c.Tools = Tools{
		Launchctl: cmp.Or(c.Tools.Launchctl, "/bin/launchctl"),
		Plutil:    cmp.Or(c.Tools.Plutil, "/usr/bin/plutil"),
		Log:       cmp.Or(c.Tools.Log, "/usr/bin/log"),
	}
	return c
}
