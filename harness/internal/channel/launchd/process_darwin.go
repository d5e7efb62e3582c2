package launchd

import "golang.org/x/sys/unix"

// birth is the start time of a process that is alive, in microseconds: kern.proc.pid
// of sysctl(3) gives struct kinfo_proc of <sys/sysctl.h>.
func birth(pid int) (born int64, alive bool) {
	const zombie = 5 // SZOMB of <sys/proc.h>
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil || int(info.Proc.P_pid) != pid || info.Proc.P_stat == zombie {
		return 0, false
	}
	return info.Proc.P_starttime.Nano() / 1000, true
}
