package op

import (
	"runtime"
	"strings"
)

// noSyscall is the number of a system call that this architecture lacks.
const noSyscall = ^uintptr(0)

// oldCalls has the number of each system call that some architecture lacks.
var oldCalls = map[string]uintptr{
	"access":   sysAccess,
	"creat":    sysCreat,
	"link":     sysLink,
	"mkdir":    sysMkdir,
	"mknod":    sysMknod,
	"open":     sysOpen,
	"readlink": sysReadlink,
	"rename":   sysRename,
	"renameat": sysRenameat,
	"rmdir":    sysRmdir,
	"symlink":  sysSymlink,
	"unlink":   sysUnlink,
}

func available(o *Op, v *Variant) string { return availableOn(runtime.GOARCH, oldCalls, o, v) }

// availableOn is Available for an architecture with these numbers. The default
// variant exists everywhere: a test holds that.
func availableOn(arch string, numbers map[string]uintptr, o *Op, v *Variant) string {
	name := v.firstCall()
	if nr, old := numbers[name]; old && nr == noSyscall {
		return arch + " has no system call " + name + "; use syscall " + o.Variants[0].Name
	}
	if o.Name == "syscall.memfd_create" && v.Name == "exec" && exitProgram(arch) == nil {
		return "no program is at hand to execute on " + arch
	}
	return ""
}

// firstCall is the name of the first system call that the variant makes.
func (v *Variant) firstCall() string {
	if i := strings.IndexAny(v.Calls, "(,"); i >= 0 {
		return v.Calls[:i]
	}
	return v.Calls
}
