//go:build darwin || seatbelt_fake

package seatbelt

import (
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// filePreparers are about what a file holds, its attributes and its name.
var filePreparers = merge(
	readPreparers("file-read*"),
	readPreparers("file-read-data"),
	writePreparers("file-write*", openCreate),
	// Making a file asks for file-write-create, and not for this: a file that is
	// not there is no answer.
	writePreparers("file-write-data", openAppend),
	map[key]preparer{
		{"file-read-xattr", "", "getxattr"}:    getxattr,
		{"file-write-xattr", "", "setxattr"}:   after(decided(setxattr)),
		{"file-test-existence", "", "access"}:  after(access),
		{"file-search", fileProbe, "searchfs"}: search,
		{"file-search", "", "readdir"}: aside(opening(openPath, openFolder, readFolder),
			"a listing asks for file-read-data of the folder, which says nothing about file-search; use driver "+fileProbe),
	},
)

func readPreparers(operation string) map[key]preparer {
	return map[key]preparer{
		{operation, "", "open"}:           opening(openPath, openRead, readSome),
		{operation, "", "openat"}:         opening(openLeaf, openRead, readSome),
		{operation, "", "openat_rootrel"}: fromRoot(openRead, readSome),
		{operation, fileProbe, "open"}:    probing("read", openRead, readSome),
	}
}

func writePreparers(operation string, m openMode) map[key]preparer {
	return map[key]preparer{
		{operation, "", "open"}:           opening(openPath, m, appendLine),
		{operation, "", "openat"}:         opening(openLeaf, m, appendLine),
		{operation, "", "openat_rootrel"}: fromRoot(m, appendLine),
		{operation, fileProbe, "open"}:    probing("write", m, appendLine),
	}
}

// probeDetails is what file_probe tells.
type probeDetails struct {
	Op    string `json:"op"` // "read", "write" or "search"
	Path  string `json:"path"`
	RC    int    `json:"rc"`    // of the last call: 0, or -1 when it failed
	Errno int    `json:"errno"` // of that call
}

func newProbeDetails(op, path string, errno int) probeDetails {
	return probeDetails{op, path, rcOf(errno), errno}
}

func rcOf(errno int) int {
	if errno != 0 {
		return -1
	}
	return 0
}

// probing is opening as file_probe does it, with its details.
func probing(name string, m openMode, use func(int, *op.Result)) preparer {
	return after(func(req Request, res *op.Result) {
		openAndUse(openPath, req.Target, m, res, use)
		detail(res, newProbeDetails(name, req.Target, res.Errno))
	})
}

func access(req Request, res *op.Result) {
	res.Call = op.NewCall("access").Path(req.Target).Raw("F_OK").End()
	res.Errno = try(func() error { return unix.Access(req.Target, unix.F_OK) })
}

// readFolder reads one buffer of entries: one shows that it can be listed.
func readFolder(fd int, res *op.Result) {
	buf := make([]byte, readMost)
	if errno := try(func() error { _, err := unix.ReadDirent(fd, buf); return err }); errno != 0 {
		res.Call = op.NewCall("readdir").Int(fd).End()
		res.Errno = errno
	}
}
