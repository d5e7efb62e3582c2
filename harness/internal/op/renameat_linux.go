//go:build !riscv64 && !loong64

package op

import "golang.org/x/sys/unix"

const sysRenameat uintptr = unix.SYS_RENAMEAT
