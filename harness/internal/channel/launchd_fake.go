//go:build !darwin && seatbelt_fake

package channel

import (
	"os"
	"path/filepath"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// EnvFakeLaunchd names the folder that has the programs of package launchdtest.
const EnvFakeLaunchd = "RTGEN_FAKE_LAUNCHD"

func launchdOfThisHost() launchd.Config {
	dir := os.Getenv(EnvFakeLaunchd)
	return launchd.Config{
		Base: filepath.Join(dir, "jobs"),
		Tools: launchd.Tools{
			Launchctl: filepath.Join(dir, "launchctl"), Plutil: filepath.Join(dir, "plutil"), Log: filepath.Join(dir, "log"),
		},
	}
}
