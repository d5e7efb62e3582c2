//go:build !linux

package worker

func adoptOrphans() error { return nil }

func endPrograms() error { return nil }
