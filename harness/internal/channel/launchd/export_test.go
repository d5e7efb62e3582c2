package launchd

import "time"

// TestOnlyPatience is how long an end that launchd was told to make may take.
func (c *Config) TestOnlyPatience(d time.Duration) { c.patience = d }

var (
	Barred     = barred
	Classify   = classify
	SocketPath = socketPath
)

// PlistOf is a job's property list.
func PlistOf(cfg Config, program, dir, session string, env map[string]string) ([]byte, error) {
	return newJob(&cfg, program, dir, session, env).encode()
}

// PrintoutOf is what print says, and how the program ended.
func PrintoutOf(text string) (state string, pid int, end string) {
	p := readPrintout(text)
	return p.state, p.pid, p.end()
}

// TargetsOf are the domains to try, and the sessions of their jobs.
func TargetsOf(uid int, gui bool) (list [][3]string) {
	for _, d := range domains(uid, gui) {
		list = append(list, [3]string{d.target, d.session, d.reason})
	}
	return list
}

// ClassesOf are the classes of the failures that are told apart, by number.
func ClassesOf() map[int]string {
	classes := map[int]string{}
	for _, r := range reasons {
		classes[r.number] = r.class
	}
	return classes
}
