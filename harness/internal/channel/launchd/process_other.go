//go:build unix && !linux && !darwin

package launchd

import "golang.org/x/sys/unix"

func birth(pid int) (born int64, alive bool) { return 0, unix.Kill(pid, 0) == nil }
