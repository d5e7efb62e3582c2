//go:build darwin || seatbelt_fake

package channel

// hasLaunchd says whether launchd_clean is a channel of this build.
const hasLaunchd = true
