package libsystem

import "encoding/binary"

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

// BSDInfoSize is PROC_PIDTBSDINFO_SIZE. The struct has no gaps.
const BSDInfoSize = 136

// readBSDInfo reads what the kernel wrote, which of every Mac is little-endian.
func readBSDInfo(b []byte) (info BSDInfo) {
	if _, err := binary.Decode(b, binary.LittleEndian, &info); err != nil {
		panic("bug: struct proc_bsdinfo: " + err.Error())
	}
	return info
}
