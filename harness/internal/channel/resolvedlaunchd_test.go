//go:build darwin || seatbelt_fake

package channel_test

import "github.com/rtgen/rtgen/harness/internal/channel"

var resolved = []resolution{
	{name: "clean", want: channel.LaunchdClean},
	{name: "launchd_clean", want: channel.LaunchdClean},
	{name: "cleaner", fault: `unknown channel "cleaner", use one of direct, spawn_clean, launchd_clean, clean`},
}
