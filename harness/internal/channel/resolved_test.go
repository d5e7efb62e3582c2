//go:build !darwin && !seatbelt_fake

package channel_test

import "github.com/rtgen/rtgen/harness/internal/channel"

// resolved are the names that mean something else where there is a launchd.
var resolved = []resolution{
	{name: "clean", want: channel.SpawnClean},
	{name: "launchd_clean", unavailable: true, fault: `"launchd_clean" is not offered on this host, use --channel clean or one of direct, spawn_clean`},
	{name: "cleaner", fault: `unknown channel "cleaner", use one of direct, spawn_clean, clean`},
}
