package launchd

import (
	"path/filepath"

	"howett.net/plist"
)

// job is a property list of launchd.plist(5). KeepAlive, StartInterval and the
// other keys that would start the program again are absent: a worker is started
// once, and a dead one says so by being dead.
type job struct {
	Label                string            `plist:"Label"`
	Program              string            `plist:"Program"`
	ProgramArguments     []string          `plist:"ProgramArguments"`
	EnvironmentVariables map[string]string `plist:"EnvironmentVariables"`
	WorkingDirectory     string            `plist:"WorkingDirectory"`
	RunAtLoad            bool              `plist:"RunAtLoad"`
	// What a worker prints before it can speak, such as a loader's complaint, is
	// the only account of a start that failed. Standard input is /dev/null.
	StandardOutPath   string `plist:"StandardOutPath"`
	StandardErrorPath string `plist:"StandardErrorPath"`
	// Without it an agent is Aqua's, which the user domain does not load. The system's
	// jobs are no agents and have none.
	LimitLoadToSessionType string `plist:"LimitLoadToSessionType,omitempty"`
	// Interactive jobs are not throttled. Others are, in processor and disk, and a
	// probe that is late decides nothing.
	ProcessType string `plist:"ProcessType"`
	// Seconds from the SIGTERM of bootout to SIGKILL; the default is 20.
	ExitTimeOut int `plist:"ExitTimeOut"`
	// What a probe started and did not end goes with the worker.
	AbandonProcessGroup bool `plist:"AbandonProcessGroup"`
	// What a probe makes has the mode it has in other channels. A property list
	// knows no octal numbers.
	Umask int `plist:"Umask"`
}

// Argv0 is what a worker is called in lists of processes.
const Argv0 = "rtgen-worker"

// exitSeconds is long for a process that has no handler for SIGTERM.
const exitSeconds = 5

func newJob(cfg *Config, program, dir, session string, env map[string]string) *job {
	return &job{
		Label: cfg.Label, Program: program, ProgramArguments: []string{Argv0},
		EnvironmentVariables: env, WorkingDirectory: "/", RunAtLoad: true,
		StandardOutPath: filepath.Join(dir, stdoutFile), StandardErrorPath: filepath.Join(dir, stderrFile),
		LimitLoadToSessionType: session, ProcessType: "Interactive",
		ExitTimeOut: exitSeconds, Umask: 0o022,
	}
}

func (j *job) encode() ([]byte, error) {
	data, err := plist.MarshalIndent(j, plist.XMLFormat, "\t")
	return append(data, '\n'), err
}
