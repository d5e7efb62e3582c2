package launchd

// Diagnostics is what launchd was asked for one job and what it answered, as
// launchctl_diagnostics.json has it.
type Diagnostics struct {
	Label        string    `json:"label"`
	RunID        string    `json:"run_id"`
	Domain       string    `json:"domain"`        // "gui/501"; empty when none was chosen
	DomainReason string    `json:"domain_reason"` // one of the constants; empty when none was chosen
	SessionTypes []string  `json:"session_types"`
	PlistPath    string    `json:"plist_path"` // empty when none was written
	Commands     []Command `json:"launchctl_cmds"`
	LogShow      *Command  `json:"log_show,omitempty"`
	Failure      *Failure  `json:"bootstrap_failure,omitempty"`

	// What the reference system does not write.
	Plist   string   `json:"plist,omitempty"` // the job's property list, as it was given to launchd
	Staged  *Staging `json:"staged,omitempty"`
	Program string   `json:"program"`
	PID     int      `json:"pid,omitempty"`         // of the worker that came forward
	Error   string   `json:"error,omitempty"`       // one line; empty when the worker came forward
	Left    string   `json:"left_behind,omitempty"` // one line; empty when nothing of the job is left
}

// Command is a program that was run. Questions that are asked again and again
// stand here once, with the last answer.
type Command struct {
	Argv       []string `json:"argv"`
	RC         int      `json:"rc"` // -1 when it could not be started, or did not end by itself
	StdoutPath *string  `json:"stdout_path"`
	StderrPath *string  `json:"stderr_path"`
	// What it printed stands here, from its beginning and without environments: the
	// paths are of the reference system, whose job runs on while they are written.
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
