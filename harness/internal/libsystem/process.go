package libsystem

import "encoding/binary"

// What proc_info(2) calls are asked, by <sys/proc_info.h> and <sys/resource.h>.
const (
	procAllPIDs      = 1         // PROC_ALL_PIDS
	procPIDTBSDInfo  = 3         // PROC_PIDTBSDINFO
	rusageInfoV0     = 0         // RUSAGE_INFO_V0
	rusageInfoV0Size = 16 + 10*8 // of struct rusage_info_v0: a UUID and ten numbers
)

// BSDInfo is struct proc_bsdinfo of <sys/proc_info.h>.
type BSDInfo struct {
	Flags, Status, ExitStatus  uint32
	PID, Parent                uint32
	UID, GID                   uint32
	RealUID, RealGID           uint32
	SavedUID, SavedGID         uint32
	_                          uint32
	Command                    [16]byte // MAXCOMLEN
	Name                       [32]byte
	Files, Group, JobControl   uint32
	Terminal, TerminalGroup    uint32
	Nice                       int32
	StartSecond, StartMicrosec uint64
}

// bsdInfoSize is PROC_PIDTBSDINFO_SIZE. The struct has no gaps.
const bsdInfoSize = 136

// readBSDInfo reads what the kernel wrote, which of every Mac is little-endian.
func readBSDInfo(b []byte) (info BSDInfo) {
	if _, err := binary.Decode(b, binary.LittleEndian, &info); err != nil {
		panic("bug: struct proc_bsdinfo: " + err.Error())
	}
	return info
}
