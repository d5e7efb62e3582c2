package channel_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

func TestDirect(t *testing.T)     { harnesstest.ChannelSuite(t, channel.Direct) }
func TestSpawnClean(t *testing.T) { harnesstest.ChannelSuite(t, channel.SpawnClean) }

// Launchd is a stand-in here, and what it starts is a worker.
func TestLaunchdClean(t *testing.T) {
	l := launchdtest.New(t)
	harnesstest.LaunchSuite(t, channel.Launch{Name: channel.LaunchdClean, RunID: "r", Process: 1, Launchd: l.Config()})
}
