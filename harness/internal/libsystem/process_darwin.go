package libsystem

import (
	"encoding/binary"
	"runtime"
)

// What the calls of libproc are asked, by <sys/proc_info.h> and <sys/resource.h>.
const (
	procAllPIDs      = 1         // PROC_ALL_PIDS
	procPIDTBSDInfo  = 3         // PROC_PIDTBSDINFO
	rusageInfoV0     = 0         // RUSAGE_INFO_V0
	rusageInfoV0Size = 16 + 10*8 // of struct rusage_info_v0: a UUID and ten numbers
)

// libproc's calls are of <libproc.h>, sysctlbyname is of <sys/sysctl.h>; all are
// in libSystem.
var (
	procPIDInfo   = newFunction(system, "proc_pidinfo")
	procPIDRUsage = newFunction(system, "proc_pid_rusage")
	procListPIDs  = newFunction(system, "proc_listpids")
	sysctlByName  = newFunction(system, "sysctlbyname")
)

// ProcBSDInfo finds proc_pidinfo and returns how to ask it for PROC_PIDTBSDINFO
// of a process: n is what it gives, the bytes it filled or 0 with an errno.
//
//	int proc_pidinfo(int pid, int flavor, uint64_t arg, void *buffer, int buffersize);
func ProcBSDInfo() (func(pid int) (info BSDInfo, n, errno int), error) {
	if _, err := procPIDInfo.find(); err != nil {
		return nil, err
	}
	return func(pid int) (BSDInfo, int, int) {
		buf := make([]byte, BSDInfoSize)
		r, errno, _ := procPIDInfo.call(uintptr(pid), procPIDTBSDInfo, 0, pointer(buf), BSDInfoSize)
		info := readBSDInfo(buf)
		runtime.KeepAlive(buf)
		return info, cInt(r), errno
	}, nil
}

// ProcRUsage finds proc_pid_rusage and returns how to ask it for RUSAGE_INFO_V0,
// the oldest, of a process: rc is 0, or -1 with an errno.
//
//	int proc_pid_rusage(int pid, int flavor, rusage_info_t *buffer);
func ProcRUsage() (func(pid int) (rc, errno int), error) {
	if _, err := procPIDRUsage.find(); err != nil {
		return nil, err
	}
	return func(pid int) (int, int) {
		buf := make([]byte, rusageInfoV0Size)
		r, errno, _ := procPIDRUsage.call(uintptr(pid), rusageInfoV0, pointer(buf))
		runtime.KeepAlive(buf)
		return cInt(r), errno
	}, nil
}

// ProcList finds proc_listpids and returns how to ask it for every process, with
// room for size bytes: n is what it gives, the bytes it filled or 0 with an errno.
//
//	int proc_listpids(uint32_t type, uint32_t typeinfo, void *buffer, int buffersize);
func ProcList() (func(size int) (n, errno int), error) {
	if _, err := procListPIDs.find(); err != nil {
		return nil, err
	}
	return func(size int) (int, int) {
		buf := make([]byte, size)
		r, errno, _ := procListPIDs.call(procAllPIDs, 0, pointer(buf), uintptr(size))
		runtime.KeepAlive(buf)
		return cInt(r), errno
	}, nil
}

// SysctlByName finds sysctlbyname and returns how to read a variable with it into
// size bytes; of no bytes, it is asked for the size alone, as with a NULL. n is
// the length it gives, errno 0 when it does.
//
//	int sysctlbyname(const char *name, void *oldp, size_t *oldlenp, void *newp, size_t newlen);
func SysctlByName() (func(name string, size int) (n, errno int), error) {
	if _, err := sysctlByName.find(); err != nil {
		return nil, err
	}
	return func(name string, size int) (int, int) {
		text, buf := cString(name), make([]byte, size)
		length := binary.LittleEndian.AppendUint64(nil, uint64(size)) // a size_t
		var old uintptr
		if size > 0 {
			old = pointer(buf)
		}
		r, errno, _ := sysctlByName.call(pointer(text), old, pointer(length), 0, 0)
		runtime.KeepAlive(text)
		runtime.KeepAlive(buf)
		n := int(binary.LittleEndian.Uint64(length))
		runtime.KeepAlive(length)
		if cInt(r) == 0 {
			errno = 0
		}
		return n, errno
	}, nil
}
