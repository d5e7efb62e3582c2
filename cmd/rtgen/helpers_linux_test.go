package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// helpers are commands that put themselves into a situation and then become
// the command they are given, which is born into it; terminal starts it.
var helpers = map[string]func(){
	"accident":   accident,
	"nobody":     func() { become(0, nobody) },
	"nolandlock": func() { become(1, nolandlock) },
	"unenforced": func() { become(0, unenforced) },
	"seccomped":  func() { become(0, seccomped) },
	"sandboxed":  func() { become(0, sandboxed) },
	"terminal":   terminal,
	"tinyfs":     func() { become(2, tinyfs) },
	"readonly":   func() { become(1, readonly) },
}

// become prepares this thread with the first n arguments and executes the rest.
// What a thread did to itself outlives execve(2), and its siblings do not.
func become(n int, prepare func(args []string) error) {
	runtime.LockOSThread()
	args := os.Args[1:]
	if len(args) <= n {
		fmt.Fprintf(os.Stderr, "%s: want %d arguments and a command\n", os.Args[0], n)
		os.Exit(99)
	}
	path, err := exec.LookPath(args[n])
	// Opened before: whom it is prepared for may not reach the path.
	var fd int
	if err == nil {
		fd, err = unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	}
	if err == nil {
		err = prepare(args[:n])
	}
	if err == nil {
		err = os.NewSyscallError("execve", syscall.Exec(fmt.Sprintf("/proc/self/fd/%d", fd), args[n:], os.Environ()))
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
	os.Exit(99)
}

// nolandlock makes every Landlock system call fail with the errno named, as in
// a kernel built without Landlock (ENOSYS) or booted without it (EOPNOTSUPP):
// nolandlock ERRNO COMMAND.
func nolandlock(args []string) error {
	errno, ok := map[string]unix.Errno{"ENOSYS": unix.ENOSYS, "EOPNOTSUPP": unix.EOPNOTSUPP}[args[0]]
	if !ok {
		return fmt.Errorf("unknown errno %q", args[0])
	}
	return answer(unix.SYS_LANDLOCK_CREATE_RULESET, unix.SYS_LANDLOCK_RESTRICT_SELF, errno)
}

// unenforced makes landlock_restrict_self succeed without doing anything:
// unenforced COMMAND. A kernel or a container that says yes and enforces nothing
// looks like this.
func unenforced([]string) error {
	return answer(unix.SYS_LANDLOCK_RESTRICT_SELF, unix.SYS_LANDLOCK_RESTRICT_SELF, 0)
}

// seccomped puts a seccomp filter on that nobody will notice, as containers do:
// seccomped COMMAND.
func seccomped([]string) error {
	return answer(unix.SYS_SWAPON, unix.SYS_SWAPON, unix.EPERM)
}

// nobody gives up root, for good: nobody COMMAND.
func nobody([]string) error {
	const id = 65534
	if err := unix.Setgroups(nil); err != nil {
		return os.NewSyscallError("setgroups", err)
	}
	if err := unix.Setresgid(id, id, id); err != nil {
		return os.NewSyscallError("setresgid", err)
	}
	return os.NewSyscallError("setresuid", unix.Setresuid(id, id, id))
}

// answer installs a filter that answers the calls with numbers from first to last
// itself, with errno; 0 is success.
func answer(first, last uint32, errno unix.Errno) error {
	// struct seccomp_data starts with the number of the call. All of them are
	// asked for natively, so the architecture is not looked at.
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0},
		{Code: unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K, K: first, Jf: 2},
		{Code: unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K, K: last, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl no_new_privs", err)
	}
	err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
	runtime.KeepAlive(filter)
	return os.NewSyscallError("prctl seccomp", err)
}

// sandboxed puts one Landlock layer on that denies nothing but making block
// devices: sandboxed COMMAND.
func sandboxed([]string) error {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr), 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_create_ruleset", errno)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl no_new_privs", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return os.NewSyscallError("close", unix.Close(int(fd)))
}

// ownMounts gives this thread a mount namespace whose mounts stay in it.
func ownMounts() error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return os.NewSyscallError("unshare", err)
	}
	return os.NewSyscallError("mount private", unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
}

// tinyfs mounts a file system of a size on a folder, for the command and its
// children alone: tinyfs SIZE DIR COMMAND.
func tinyfs(args []string) error {
	if err := ownMounts(); err != nil {
		return err
	}
	return os.NewSyscallError("mount tmpfs", unix.Mount("tmpfs", args[1], "tmpfs", 0, "size="+args[0]))
}

// readonly makes a folder read-only for the command and its children alone:
// readonly DIR COMMAND.
func readonly(args []string) error {
	if err := ownMounts(); err != nil {
		return err
	}
	if err := unix.Mount(args[0], args[0], "", unix.MS_BIND, ""); err != nil {
		return os.NewSyscallError("mount bind", err)
	}
	return os.NewSyscallError("mount read-only", unix.Mount("", args[0], "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""))
}
