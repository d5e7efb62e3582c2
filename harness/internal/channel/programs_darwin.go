package channel

import "golang.org/x/sys/unix"

// processes lists what runs, from kern.proc.all of sysctl(3), without what is dead
// and not yet waited for. The list has struct kinfo_proc of <sys/sysctl.h>, whose
// session is an address in the kernel: getsid(2) gives its leader.
func processes() []process {
	const zombie = 5 // SZOMB of <sys/proc.h>
	all, err := unix.SysctlKinfoProcSlice("kern.proc.all")
	if err != nil {
		return nil
	}
	var list []process
	for i := range all {
		pid := int(all[i].Proc.P_pid)
		if pid <= 0 || all[i].Proc.P_stat == zombie {
			continue
		}
		session, err := unix.Getsid(pid)
		if err != nil {
			continue // it has ended meanwhile
		}
		list = append(list, process{pid, int(all[i].Eproc.Ppid), session})
	}
	return list
}
