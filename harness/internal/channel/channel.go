// Package channel brings workers to life. A channel decides what a worker
// inherits; what it really inherited is measured by the worker itself.
package channel

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// Name names a channel.
type Name string

// The channels of this build.
const (
	// Direct starts the worker as a plain child: it inherits the caller's
	// environment, folder, descriptors and whatever confines the caller.
	Direct Name = "direct"
	// SpawnClean starts it in a session of its own with a scrubbed environment,
	// no inherited descriptors, the root folder and default signals.
	SpawnClean Name = "spawn_clean"
	// LaunchdClean has launchd start it, as nobody's child. It is macOS's.
	LaunchdClean Name = "launchd_clean"
	// Clean is the world's best clean channel. It is resolved before a run, and
	// never written into evidence.
	Clean Name = "clean"
)

// ErrUnavailable is returned for a channel this host or build does not have.
var ErrUnavailable = errors.New("channel unavailable")

// best is the world's best clean channel.
func best() Name {
	if hasLaunchd {
		return LaunchdClean
	}
	return SpawnClean
}

// Resolve turns a name as given by a person into a channel of this host.
func Resolve(name string) (Name, error) {
	offered := "direct, spawn_clean"
	if hasLaunchd {
		offered += ", launchd_clean"
	}
	switch n := Name(name); {
	case n == "", n == Direct:
		return Direct, nil
	case n == SpawnClean, n == LaunchdClean && hasLaunchd:
		return n, nil
	case n == Clean:
		return best(), nil
	case n == LaunchdClean, n == "systemd_clean":
		return "", fmt.Errorf("%w: %q is not offered on this host, use --channel clean or one of %s", ErrUnavailable, name, offered)
	}
	return "", fmt.Errorf("unknown channel %q, use one of %s, clean", name, offered)
}

// EnvFD is the environment variable that makes a process a worker: the number
// of the descriptor it answers on.
const EnvFD = "RTGEN_WORKER_FD"

// EnvClean tells the worker to drop what a clean worker must not have.
const EnvClean = "RTGEN_WORKER_CLEAN"

// workerFD is where ExtraFiles puts the first descriptor after the standard
// three.
const workerFD = 3

// environ is what a child's environment holds.
func (n Name) environ(parent []string) []string {
	self := fmt.Sprintf("%s=%d", EnvFD, workerFD)
	if n == Direct {
		return append(withoutWorker(parent), self)
	}
	env := []string{self}
	for key, value := range scrubbed() {
		env = append(env, key+"="+value)
	}
	slices.Sort(env)
	return env
}

// scrubbed is what a clean worker keeps: what the Go runtime and a shell script
// need to start.
func scrubbed() map[string]string {
	lang := "C.UTF-8"
	if runtime.GOOS == "darwin" { // which has that from 15 on; before, programs complain of it
		lang = "en_US.UTF-8"
	}
	return map[string]string{"PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": lang, "TMPDIR": os.TempDir(), EnvClean: "1"}
}

func withoutWorker(env []string) []string {
	ours := []string{EnvFD, EnvClean, launchd.EnvSocket, launchd.EnvNonce}
	kept := make([]string, 0, len(env)+1)
	for _, kv := range env {
		if key, _, _ := strings.Cut(kv, "="); !slices.Contains(ours, key) {
			kept = append(kept, kv)
		}
	}
	return kept
}
