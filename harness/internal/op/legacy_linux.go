//go:build !arm64 && !riscv64 && !loong64

package op

import "golang.org/x/sys/unix"

// The calls that the *at family superseded; filters often forget them.
const (
	sysAccess   uintptr = unix.SYS_ACCESS
	sysCreat    uintptr = unix.SYS_CREAT
	sysLink     uintptr = unix.SYS_LINK
	sysMkdir    uintptr = unix.SYS_MKDIR
	sysMknod    uintptr = unix.SYS_MKNOD
	sysOpen     uintptr = unix.SYS_OPEN
	sysReadlink uintptr = unix.SYS_READLINK
	sysRename   uintptr = unix.SYS_RENAME
	sysRmdir    uintptr = unix.SYS_RMDIR
	sysSymlink  uintptr = unix.SYS_SYMLINK
	sysUnlink   uintptr = unix.SYS_UNLINK
)
