package channel_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/channel"
)

func TestDirect(t *testing.T)     { harnesstest.ChannelSuite(t, channel.Direct) }
func TestSpawnClean(t *testing.T) { harnesstest.ChannelSuite(t, channel.SpawnClean) }
