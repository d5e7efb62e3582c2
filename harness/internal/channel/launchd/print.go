package launchd

import (
	"strconv"
	"strings"
)

// printout is what launchctl print says of a job. The man page calls it no API:
// it is read only to wait no longer than there is something to wait for, and to
// say more of an end than that it came.
type printout struct {
	state  string // "running", "not running", "spawn scheduled", …
	pid    int    // 0: there is none
	exit   string // "3", "78: EX_CONFIG"; empty: it has not exited
	signal string // "Killed: 9"; empty: none ended it
}

// readPrintout takes the lines of the job itself, which have one tab before
// them; those of what belongs to it have more.
func readPrintout(text string) printout {
	var p printout
	for line := range strings.Lines(text) {
		line, own := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "\t")
		key, value, isField := strings.Cut(line, " = ")
		if !own || !isField {
			continue
		}
		switch key {
		case "state":
			p.state = value
		case "pid":
			if n, err := strconv.Atoi(value); err == nil && n > 0 {
				p.pid = n
			}
		case "last exit code":
			if value != "(never exited)" {
				p.exit = value
			}
		case "last terminating signal":
			p.signal = value
		}
	}
	return p
}

// end says how the job's program ended; empty while it has not.
func (p printout) end() string {
	switch {
	case p.state == "running" || p.pid != 0:
		return ""
	case p.signal != "":
		return "ended by signal " + p.signal
	case p.exit != "":
		return "exit code " + p.exit
	}
	return ""
}

// withoutEnvironments leaves out what the environments in a printout hold. They
// have what the user set by launchctl setenv, which is nobody's business, and what
// the job was given, which its property list says.
func withoutEnvironments(text string) string {
	var kept strings.Builder
	closing := "" // of the environment that is left out
	for line := range strings.Lines(text) {
		bare := strings.TrimRight(line, "\r\n")
		switch {
		case closing == "" && strings.HasSuffix(bare, "environment = {"):
			closing = bare[:len(bare)-len(strings.TrimLeft(bare, "\t "))] + "}"
		case bare == closing:
			closing = ""
		case closing != "":
			continue
		}
		kept.WriteString(line)
	}
	return kept.String()
}
