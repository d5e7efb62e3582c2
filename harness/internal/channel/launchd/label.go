package launchd

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// prefix begins the label of every job of ours.
const prefix = "rtgen.runtime."

// Label is what the job of a run's process is called, from the first worker of
// its first process on. Labels of different workers differ, and so do those of
// different runs.
func Label(runID string, process, worker int) string {
	label := prefix + escape(runID)
	if process > 1 {
		label += ".p" + strconv.Itoa(process)
	}
	if worker > 1 {
		label += ".w" + strconv.Itoa(worker)
	}
	return label
}

// escape leaves what file names, launchctl's targets ("gui/501/label") and shells
// take as it is. The dot is kept for what follows the id, and the underscore for
// what is escaped.
func escape(id string) string {
	var b strings.Builder
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "_%02x", c)
		}
	}
	return b.String()
}

// sunPath is how long a socket's path may be with the NUL that ends it: sun_path
// of <sys/un.h>, which has 104 bytes on macOS and four more on Linux.
const sunPath = 104

// socketPath is where a job meets who started it.
func socketPath(base, label string) (string, error) {
	path := filepath.Join(base, label, "s")
	if over := len(path) + 1 - sunPath; over > 0 {
		return "", fmt.Errorf("job %s: a socket's path may have %d bytes, and %s has %d: give the run an id that is shorter by %d", label, sunPath-1, path, len(path), over)
	}
	return path, nil
}
