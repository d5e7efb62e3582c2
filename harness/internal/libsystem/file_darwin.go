package libsystem

import (
	"bytes"
	"encoding/binary"
	"runtime"

	"golang.org/x/sys/unix"
)

var (
	systemFcntl       = newFunction(system, "fcntl")
	systemGetAttrList = newFunction(system, "getattrlist")
	systemSearchFS    = newFunction(system, "searchfs")
)

// ReadyGetAttrList looks up what GetAttrList calls.
func ReadyGetAttrList() error { _, err := systemGetAttrList.find(); return err }

// ReadySearchFS looks up what SearchFS calls.
func ReadySearchFS() error { _, err := systemSearchFS.find(); return err }

// PathOf is the path of what a descriptor is open on: F_GETPATH of fcntl(2). As
// from the other calls here, an error is an Errno where the call was made.
func PathOf(fd int) (string, error) { return fcntlPath(fd, unix.F_GETPATH) }

// PathWithoutFirmlinks is PathOf on the volume itself, spelled without the
// firmlinks that lead there: F_GETPATH_NOFIRMLINK of <sys/fcntl.h>.
func PathWithoutFirmlinks(fd int) (string, error) { return fcntlPath(fd, unix.F_GETPATH_NOFIRMLINK) }

// maxPath is MAXPATHLEN, which is how much both may write.
const maxPath = 1024

func fcntlPath(fd, command int) (string, error) {
	buf := make([]byte, maxPath)
	result, errno, err := systemFcntl.variadic([]uintptr{uintptr(fd), uintptr(command)}, pointer(buf))
	runtime.KeepAlive(buf)
	if err := failure(result, errno, err); err != nil {
		return "", err
	}
	path, _, _ := bytes.Cut(buf, []byte{0})
	return string(path), nil
}

// failure is why a call failed that gives -1 then; nil when it did not.
func failure(result uintptr, errno int, err error) error {
	if err == nil && cInt(result) == -1 {
		return unix.Errno(errno)
	}
	return err
}

// GetAttrList asks for attributes, which are not handed on:
//
//	int getattrlist(const char *path, void *attrList, void *attrBuf,
//	    size_t attrBufSize, unsigned int options);
func GetAttrList(path string, list AttrList, size int, options uint32) error {
	text, attrs, buf := cString(path), packed(list), make([]byte, size)
	result, errno, err := systemGetAttrList.call(pointer(text), pointer(attrs), pointer(buf), uintptr(size), uintptr(options))
	runtime.KeepAlive(text)
	runtime.KeepAlive(attrs)
	runtime.KeepAlive(buf)
	return failure(result, errno, err)
}

// SearchFS looks for one object of a name on the volume that a path leads to, for
// a tenth of a second and no longer: then the error is EAGAIN.
//
//	int searchfs(const char *path, struct fssearchblock *searchBlock,
//	    unsigned long *numMatches, unsigned int scriptCode, unsigned int options,
//	    struct searchstate *state);
func SearchFS(path, name string) (matches int, err error) {
	text, state, found := cString(path), make([]byte, searchStateSize), make([]byte, 8)
	returned := packed(AttrList{BitmapCount: AttrBitMapCount, Common: AttrCmnFSID | AttrCmnObjID})
	buf := make([]byte, 256) // more than one match takes
	first, second := searchParams(name)
	block := packed(searchBlock{
		ReturnAttrs: uint64(pointer(returned)), ReturnBuffer: uint64(pointer(buf)), ReturnSize: uint64(len(buf)),
		MaxMatches: 1, TimeUsec: searchTime,
		Params1: uint64(pointer(first)), Params1Size: uint64(len(first)),
		Params2: uint64(pointer(second)), Params2Size: uint64(len(second)),
		SearchAttrs: AttrList{BitmapCount: AttrBitMapCount, Common: AttrCmnName},
	})
	result, errno, err := systemSearchFS.call(pointer(text), pointer(block), pointer(found),
		searchScript, searchStart|searchMatchDirs|searchMatchFiles, pointer(state))
	for _, b := range [][]byte{text, state, found, returned, buf, first, second, block} {
		runtime.KeepAlive(b)
	}
	return int(binary.LittleEndian.Uint64(found)), failure(result, errno, err)
}
