package seatbelt

import "github.com/rtgen/rtgen/harness/internal/libsystem"

var (
	procBSDInfo  = libsystem.ProcBSDInfo
	procRUsage   = libsystem.ProcRUsage
	procList     = libsystem.ProcList
	sysctlByName = libsystem.SysctlByName
)
