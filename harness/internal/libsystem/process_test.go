package libsystem

import (
	"encoding/binary"
	"reflect"
	"testing"
)

// The layout is that of <sys/proc_info.h>: the offsets follow from its types.
func TestBSDInfoLayout(t *testing.T) {
	info := reflect.TypeFor[BSDInfo]()
	if size := binary.Size(BSDInfo{}); size != BSDInfoSize || info.Size() != BSDInfoSize {
		t.Errorf("proc_bsdinfo has %d bytes on the wire and %d in memory, want %d", size, info.Size(), BSDInfoSize)
	}
	for name, want := range map[string]uintptr{
		"PID": 12, "Parent": 16, "UID": 20, "Command": 48, "Name": 64, "Files": 96, "Nice": 116, "StartSecond": 120,
	} {
		if f, ok := info.FieldByName(name); !ok || f.Offset != want {
			t.Errorf("%s is at %d, want %d", name, f.Offset, want)
		}
	}
}

func TestReadBSDInfo(t *testing.T) {
	b := make([]byte, BSDInfoSize)
	binary.LittleEndian.PutUint32(b[12:], 4711)
	copy(b[48:], "launchd")
	if info := readBSDInfo(b); info.PID != 4711 || string(info.Command[:8]) != "launchd\x00" {
		t.Errorf("readBSDInfo = pid %d, %q, want 4711, launchd", info.PID, info.Command)
	}
}
