// Package launchd starts a worker as a job of launchd: nobody's child, in a
// domain of its user, with the environment, the folder and the descriptors that
// launchd gives. It writes the job's property list, chooses the domain, boots the
// job in and out again by launchctl, and meets the worker on a socket.
//
// All of it is portable but the programs it runs, which are given: tests run it
// against programs of their own.
package launchd

import (
	"net"
	"time"
)

// Config says what is started and by whom.
type Config struct {
	Label   string            // unique on the host for as long as the job lives
	RunID   string            // for the diagnostics
	Program string            // the executable to run as the worker
	Env     map[string]string // of the job, beside what leads it to the socket
	UID     int               // whose domain

	Base  string // parent of the job's folder; empty: DefaultBase
	Home  string // of the user: what lies in some of its folders launchd's jobs may not run
	Tools Tools
	Limit time.Duration // for the worker to come forward; zero: DefaultLimit
}

// Tools are the programs that are run, by path; empty ones are macOS's own.
type Tools struct {
	Launchctl string // /bin/launchctl
	Plutil    string // /usr/bin/plutil
	Log       string // /usr/bin/log
}

// DefaultBase is the parent of the jobs' folders. A socket's path has at most 103
// bytes, which per-user temporary folders nearly use up.
const DefaultBase = "/private/tmp/rtgen-launchd"

// DefaultLimit is how long a worker may take to come forward. It is the reference
// system's limit.
const DefaultLimit = 60 * time.Second

// The variables that lead a job to who started it.
const (
	EnvSocket = "RTGEN_WORKER_SOCKET" // the path to connect to
	EnvNonce  = "RTGEN_WORKER_NONCE"  // what to say first, and a line feed
)

// Job is a worker that launchd runs.
type Job struct {
	Conn *net.UnixConn // the worker's end has said the nonce
	PID  int
}

// Start brings a job to life and waits for it to come forward. The diagnostics
// are there also when it fails, and then nothing of the job is left.
func Start(cfg Config) (*Job, *Diagnostics, error) { panic("not built") }

// Connect is the worker's side: it goes to who started it.
func Connect(socket, nonce string) (*net.UnixConn, error) { panic("not built") }

// Exited reports whether the worker has ended.
func (j *Job) Exited() bool { panic("not built") }

// Stop boots the job out, waits for its end and removes its folder. It may be
// called more than once.
func (j *Job) Stop() { panic("not built") }

// Epitaph says in one line what is known of the end of a job that has ended.
func (j *Job) Epitaph() string { panic("not built") }

// Diagnostics is what launchd was asked for one job and what it answered, as
// launchctl_diagnostics.json has it.
type Diagnostics struct {
	Label        string    `json:"label"`
	RunID        string    `json:"run_id"`
	Domain       string    `json:"domain"`        // "gui/501"
	DomainReason string    `json:"domain_reason"` // one of the constants
	SessionTypes []string  `json:"session_types"`
	PlistPath    string    `json:"plist_path"`
	Commands     []Command `json:"launchctl_cmds"`
	LogShow      *Command  `json:"log_show,omitempty"`
	Failure      *Failure  `json:"bootstrap_failure,omitempty"`

	// What the reference system does not write.
	Plist   string   `json:"plist,omitempty"` // the job's property list, as it was given to launchd
	Staged  *Staging `json:"staged,omitempty"`
	Program string   `json:"program"`
	PID     int      `json:"pid,omitempty"`   // of the worker that came forward
	Error   string   `json:"error,omitempty"` // one line; empty when the worker came forward
}

// Command is a program that was run.
type Command struct {
	Argv       []string `json:"argv"`
	RC         int      `json:"rc"` // -1 when it could not be started
	StdoutPath *string  `json:"stdout_path"`
	StderrPath *string  `json:"stderr_path"`
	// What it printed stands here: the paths are of the reference system, whose
	// job runs on while they are written.
	Stdout string `json:"stdout,omitempty"`
	Stderr string `json:"stderr,omitempty"`
}

// Failure is why a job could not be booted in.
type Failure struct {
	Classification string `json:"classification"` // one of the constants
	RC             int    `json:"rc"`
}

// Staging is why and where to the program was copied.
type Staging struct {
	From   string `json:"from"`
	To     string `json:"to"`
	Reason string `json:"reason"`
	SHA256 string `json:"sha256"` // of both
}

// Why a domain was chosen.
const (
	GUIAvailable   = "gui_domain_available"
	GUIUnavailable = "gui_domain_unavailable"
)

// The classes of failures to boot a job in.
const (
	PlistInvalid    = "plist_invalid"
	SessionMismatch = "domain_session_mismatch"
	PlistUnreadable = "plist_unreadable"
	BootstrapFailed = "bootstrap_failed"
)
