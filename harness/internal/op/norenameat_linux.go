//go:build riscv64 || loong64

package op

// These architectures came after renameat2.
const sysRenameat = noSyscall
