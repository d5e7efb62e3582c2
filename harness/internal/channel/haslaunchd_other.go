//go:build !darwin && !seatbelt_fake

package channel

const hasLaunchd = false
