package launchd

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

// reasons are the numbers of launchctl's failures, with the words that
// `launchctl error <number>` has for them (launchctl(1)): below 107 an errno of
// <sys/errno.h>, above it one of launchd's own. A number that is not here is
// BootstrapFailed.
var reasons = []struct {
	number int
	words  string
	class  string
	fix    string // what the user can do; empty: what the class says
}{
	{1, "Operation not permitted", PlistUnreadable, ""},
	{2, "No such file or directory", PlistUnreadable, ""},
	{5, "Input/output error", BootstrapFailed, "launchctl says this of many things, and log_show in launchctl_diagnostics.json of which"},
	{13, "Permission denied", PlistUnreadable, ""},
	{37, "Operation already in progress", BootstrapFailed, "a job of that label was loaded, and is booted out now: run it again"},
	{107, "Malformed bundle", PlistInvalid, ""},
	{108, "Invalid path", PlistUnreadable, ""},
	{109, "Invalid property list", PlistInvalid, ""},
	{110, "Invalid or missing service identifier", PlistInvalid, ""},
	{111, "Invalid or missing Program/ProgramArguments", PlistInvalid, ""},
	{112, "Could not find specified domain", SessionMismatch, ""},
	{119, "Service is disabled", BootstrapFailed, "enable it with launchctl enable TARGET"},
	{121, "Path not searched for services", PlistUnreadable, ""},
	{122, "Path had bad ownership/permissions", PlistUnreadable, ""},
	{124, "Domain is tearing down", SessionMismatch, ""},
	{125, "Domain does not support specified action", SessionMismatch, ""},
	{134, "Service cannot load in requested session", SessionMismatch, ""},
	{140, "Service name is reserved or invalid", PlistInvalid, ""},
	{155, "Refusing to execute/trust quarantined program/file", BootstrapFailed, "take the quarantine from it with xattr -d com.apple.quarantine PROGRAM"},
	{159, "Sandbox restriction", BootstrapFailed, "run it from a process that no sandbox confines"},
	{161, "Service cannot be launched because of BTM policy", BootstrapFailed, "allow it under Login Items & Extensions in System Settings"},
}

// Words are launchctl's, by the numbers of the failures that are told apart.
func Words() map[int]string {
	words := make(map[int]string, len(reasons))
	for _, r := range reasons {
		words[r.number] = r.words
	}
	return words
}

// fixes are what can be done about a class.
var fixes = map[string]string{
	PlistInvalid:    "the property list is of rtgen's making, report it with launchctl_diagnostics.json",
	SessionMismatch: "log in at the screen of this Mac and run it from there",
	PlistUnreadable: "BASE must be yours, writable by nobody else, and on a disk that launchd may read",
	BootstrapFailed: "log_show in launchctl_diagnostics.json has what launchd logged of it",
}

// numbered is how launchctl reports: "Bootstrap failed: 5: Input/output error".
var numbered = regexp.MustCompile(`(?m)^[A-Za-z-]+ failed: (\d{1,3}): `)

// number is the failure's number. Launchctl exits with it, but where it has
// several (133) or says no more than that it failed (1), the number or its words
// are in what it prints.
func number(c Command) int {
	n := c.RC
	if m := numbered.FindStringSubmatch(c.Stderr); m != nil {
		n, _ = strconv.Atoi(m[1]) // three digits
		if n != severalErrors {
			return n
		}
	}
	if n != 1 && n != severalErrors {
		return n
	}
	for _, r := range reasons {
		if strings.Contains(c.Stderr, ": "+r.words) {
			return r.number
		}
	}
	return 0
}

const severalErrors = 133 // "Multiple errors were returned; see stderr"

// classify says which class of failure a bootstrap that failed is of, with
// launchctl's exit code.
func classify(c Command) Failure {
	n := number(c)
	for _, r := range reasons {
		if r.number == n {
			return Failure{r.class, c.RC}
		}
	}
	return Failure{BootstrapFailed, c.RC}
}

// refused is the line a user reads of a command that failed.
func (j *Job) refused(what string, c Command, f Failure) error {
	n, fix := number(c), fixes[f.Classification]
	words := printed.FirstLine([]byte(c.Stderr))
	for _, r := range reasons {
		if r.number == n {
			words, fix = cmp.Or(words, r.words), cmp.Or(r.fix, fix)
		}
	}
	words = cmp.Or(words, printed.FirstLine([]byte(c.Stdout)), "no word of why")
	fix = strings.NewReplacer("TARGET", j.domain.target+"/"+j.cfg.Label, "PROGRAM", j.program, "BASE", j.cfg.Base).Replace(fix)
	return fmt.Errorf("job %s: %s: %s = %d, %q: %s", j.cfg.Label, f.Classification, what, c.RC, words, fix)
}
