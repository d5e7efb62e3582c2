//go:build darwin || !seatbelt_fake

package channel

import "github.com/rtgen/rtgen/harness/internal/channel/launchd"

func launchdOfThisHost() launchd.Config { return launchd.Config{} }
