package landlock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// The kernel's own header, by way of x/sys.
func TestBitsAreTheKernels(t *testing.T) {
	for got, want := range map[AccessFS]uint64{
		Execute:    unix.LANDLOCK_ACCESS_FS_EXECUTE,
		WriteFile:  unix.LANDLOCK_ACCESS_FS_WRITE_FILE,
		ReadFile:   unix.LANDLOCK_ACCESS_FS_READ_FILE,
		ReadDir:    unix.LANDLOCK_ACCESS_FS_READ_DIR,
		RemoveDir:  unix.LANDLOCK_ACCESS_FS_REMOVE_DIR,
		RemoveFile: unix.LANDLOCK_ACCESS_FS_REMOVE_FILE,
		MakeChar:   unix.LANDLOCK_ACCESS_FS_MAKE_CHAR,
		MakeDir:    unix.LANDLOCK_ACCESS_FS_MAKE_DIR,
		MakeReg:    unix.LANDLOCK_ACCESS_FS_MAKE_REG,
		MakeSock:   unix.LANDLOCK_ACCESS_FS_MAKE_SOCK,
		MakeFifo:   unix.LANDLOCK_ACCESS_FS_MAKE_FIFO,
		MakeBlock:  unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK,
		MakeSym:    unix.LANDLOCK_ACCESS_FS_MAKE_SYM,
		Refer:      unix.LANDLOCK_ACCESS_FS_REFER,
		Truncate:   unix.LANDLOCK_ACCESS_FS_TRUNCATE,
		IoctlDev:   unix.LANDLOCK_ACCESS_FS_IOCTL_DEV,
	} {
		if uint64(got) != want {
			t.Errorf("fs.%v = %#x, want %#x", got, uint64(got), want)
		}
	}
	for got, want := range map[AccessNet]uint64{
		BindTCP:    unix.LANDLOCK_ACCESS_NET_BIND_TCP,
		ConnectTCP: unix.LANDLOCK_ACCESS_NET_CONNECT_TCP,
	} {
		if uint64(got) != want {
			t.Errorf("net.%v = %#x, want %#x", got, uint64(got), want)
		}
	}
	for got, want := range map[RestrictFlags]uint64{
		LogSameExecOff:   unix.LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF,
		LogNewExecOn:     unix.LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON,
		LogSubdomainsOff: unix.LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF,
	} {
		if uint64(got) != want {
			t.Errorf("%v = %#x, want %#x", got, uint64(got), want)
		}
	}
	for got, want := range map[Scope]uint64{
		ScopeAbstractUnixSocket: unix.LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET,
		ScopeSignal:             unix.LANDLOCK_SCOPE_SIGNAL,
	} {
		if uint64(got) != want {
			t.Errorf("scope.%v = %#x, want %#x", got, uint64(got), want)
		}
	}
}
