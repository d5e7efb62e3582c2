package differential

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// asking is who asks: nil for root, who may do everything.
func asking() (*oracle.Cred, error) {
	if os.Getuid() == 0 {
		return nil, nil
	}
	groups, err := os.Getgroups()
	if err != nil {
		return nil, err
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, err
	}
	caps, err := effective(string(status))
	if err != nil {
		return nil, err
	}
	users, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return nil, err
	}
	return &oracle.Cred{UID: os.Getuid(), GID: os.Getgid(), Groups: groups, Caps: caps, Contained: !allUsers(string(users))}, nil
}

// effective reads the capabilities in a process's status file, proc(5).
func effective(status string) (oracle.Caps, error) {
	for line := range strings.Lines(status) {
		if text, ok := strings.CutPrefix(line, "CapEff:"); ok {
			caps, err := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
			return oracle.Caps(caps), err
		}
	}
	return 0, fmt.Errorf("/proc/self/status: no line CapEff")
}

// allUsers says of a user namespace's map whether it is the host's own: it maps
// every id to itself.
func allUsers(text string) bool {
	return strings.Join(strings.Fields(text), " ") == "0 0 4294967295"
}
