//go:build !linux

package channel

func unmasked(start func() error) error { return start() }
