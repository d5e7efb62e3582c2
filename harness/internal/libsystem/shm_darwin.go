package libsystem

import "runtime"

// Functions of <sys/mman.h>.
var (
	shmOpen   = newFunction(system, "shm_open")
	shmUnlink = newFunction(system, "shm_unlink")
)

// FindSharedMemory looks up what CreateSharedMemory and RemoveSharedMemory call.
func FindSharedMemory() error { return findAll(shmOpen, shmUnlink) }

// CreateSharedMemory makes an object that is not there yet, whose name begins with
// a slash. fd is -1 where errno says why it was not.
func CreateSharedMemory(name string) (fd, errno int, err error) {
	const readWrite, create, exclusive, mode = 0x2, 0x200, 0x800, 0o600 // <sys/fcntl.h>
	text := cString(name)
	// The mode is behind the "…" of the prototype.
	result, errno, err := shmOpen.variadic([]uintptr{pointer(text), readWrite | create | exclusive}, mode)
	runtime.KeepAlive(text)
	if fd = cInt(result); err != nil || fd == -1 {
		return -1, errno, err
	}
	return fd, 0, nil
}

// RemoveSharedMemory takes the name of an object away; errno is 0 where it did.
func RemoveSharedMemory(name string) (errno int, err error) {
	text := cString(name)
	result, errno, err := shmUnlink.call(pointer(text))
	runtime.KeepAlive(text)
	if err == nil && cInt(result) != -1 {
		errno = 0
	}
	return errno, err
}
