package op

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mountPreparers give the thread a mount namespace of its own before the
// policy, whose mounts are private: nothing that happens in it is seen outside,
// and it ends with the thread. The same calls after the policy would be what
// the policy denies.
var mountPreparers = map[key]preparer{
	{"fs.change_topology", "mount"}:      ownMountsThen("mount", nil, mountTmpfs),
	{"fs.change_topology", "bind"}:       ownMountsThen("mount", nil, mountBind),
	{"fs.change_topology", "umount"}:     ownMountsThen("umount2", onTarget, umount),
	{"fs.change_topology", "move_mount"}: ownMountsThen("move_mount", onSource, moveMount),
	{"fs.change_topology", "remount"}:    ownMountsThen("mount", onTarget, remount),
	{"fs.change_topology", "pivot_root"}: ownMountsThen("pivot_root", onTarget, pivotRoot),
}

// mountSource is what the list of mounts shows as a probe's file system.
const mountSource = "rtgen"

func onTarget(req Request) string { return req.Target }
func onSource(req Request) string { return req.Source }

// ownMountsThen prepares the namespace and, when place is not nil, a tmpfs in it.
func ownMountsThen(name string, place func(Request) string, do func(Request, *Result)) preparer {
	return func(req Request, res *Result) (func(*Result), func()) {
		if !unshare(unix.CLONE_NEWNS, "CLONE_NEWNS", name, res) {
			return nil, nil
		}
		mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "MS_REC|MS_PRIVATE", res)
		if res.Errno == 0 && place != nil {
			mountTmpfs(Request{Target: place(req)}, res)
		}
		if res.Errno != 0 {
			res.notReached(name)
			return nil, nil
		}
		return func(res *Result) { do(req, res) }, nil
	}
}

func mountTmpfs(req Request, res *Result) { mount(mountSource, req.Target, "tmpfs", 0, "0", res) }

func mountBind(req Request, res *Result) {
	mount(req.Source, req.Target, "", unix.MS_BIND, "MS_BIND", res)
}

func remount(req Request, res *Result) {
	mount("", req.Target, "", unix.MS_REMOUNT|unix.MS_RDONLY, "MS_RDONLY|MS_REMOUNT", res)
}

// mount makes the call with NULL for what is empty; x/sys gives empty strings.
func mount(source, target, kind string, flags uintptr, text string, res *Result) {
	c := NewCall("mount")
	var args [3]*byte
	for i, s := range []string{source, target, kind} {
		if s == "" {
			c = c.Raw("NULL")
			continue
		}
		c, args[i] = c.Path(s), cString(s)
	}
	res.Call = c.Raw(text).Raw("NULL").End()
	res.Errno = int(retryRaw(func() syscall.Errno {
		_, _, e := unix.Syscall6(unix.SYS_MOUNT, uintptr(unsafe.Pointer(args[0])), uintptr(unsafe.Pointer(args[1])), uintptr(unsafe.Pointer(args[2])), flags, 0, 0)
		return e
	}))
}

func umount(req Request, res *Result) {
	res.Call = NewCall("umount2").Path(req.Target).Raw("0").End()
	res.Errno = int(retry(func() error { return unix.Unmount(req.Target, 0) }))
}

func moveMount(req Request, res *Result) {
	res.Call = NewCall("move_mount").Raw("AT_FDCWD").Path(req.Source).Raw("AT_FDCWD").Path(req.Target).Raw("0").End()
	res.Errno = int(retry(func() error {
		return unix.MoveMount(unix.AT_FDCWD, req.Source, unix.AT_FDCWD, req.Target, 0)
	}))
}

// pivotRoot leaves the old root on top of the new one, at the same place: so
// the new root needs no directory for it.
func pivotRoot(req Request, res *Result) {
	res.Call = NewCall("pivot_root").Path(req.Target).Path(req.Target).End()
	res.Errno = int(retry(func() error { return unix.PivotRoot(req.Target, req.Target) }))
}
