//go:build arm64 || riscv64 || loong64

package op

// These architectures never had the calls that the *at family superseded.
const (
	sysLink    = noSyscall
	sysMkdir   = noSyscall
	sysOpen    = noSyscall
	sysRename  = noSyscall
	sysRmdir   = noSyscall
	sysSymlink = noSyscall
	sysUnlink  = noSyscall
)
