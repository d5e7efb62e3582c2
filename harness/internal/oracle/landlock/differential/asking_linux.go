package differential

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// everything is the capabilities that can decide a question.
const everything = oracle.CapDACOverride | oracle.CapDACReadSearch | oracle.CapFowner | oracle.CapKill | oracle.CapNetBindService |
	oracle.CapNetRaw | oracle.CapSysChroot | oracle.CapSysPtrace | oracle.CapSysAdmin | oracle.CapMknod | oracle.CapPerfmon

// asking is who asks: nil for one who may do everything, as the host's own root
// mostly is.
func asking() (*oracle.Cred, error) {
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
	who := &oracle.Cred{UID: os.Getuid(), GID: os.Getgid(), Groups: groups, Caps: caps, Contained: !allUsers(string(users))}
	if caps&everything == everything && !who.Contained {
		return nil, nil
	}
	return who, nil
}

// Root says whether this process may do everything, make any device and become
// anybody.
func Root() bool { return root() }

var root = sync.OnceValue(func() bool {
	who, err := asking()
	return err == nil && who == nil
})

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
