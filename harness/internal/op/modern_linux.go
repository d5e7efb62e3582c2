//go:build arm64 || riscv64 || loong64

package op

// These architectures never had the calls that the *at family superseded.
const (
	sysAccess   = noSyscall
	sysCreat    = noSyscall
	sysLink     = noSyscall
	sysMkdir    = noSyscall
	sysMknod    = noSyscall
	sysOpen     = noSyscall
	sysReadlink = noSyscall
	sysRename   = noSyscall
	sysRmdir    = noSyscall
	sysSymlink  = noSyscall
	sysUnlink   = noSyscall
)
