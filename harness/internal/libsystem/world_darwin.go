package libsystem

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

var (
	dyldCacheUUID = newFunction(system, "_dyld_get_shared_cache_uuid") // <mach-o/dyld_priv.h>
	csrConfig     = newFunction(system, "csr_get_active_config")       // <sys/csr.h> of XNU
)

// SharedCacheUUID is the UUID of the dyld shared cache that this process is mapped
// with, which tells builds of the system's libraries apart.
func SharedCacheUUID() (uuid [16]byte, err error) {
	buf := make([]byte, len(uuid))
	ok, _, err := dyldCacheUUID.call(pointer(buf))
	runtime.KeepAlive(buf)
	switch {
	case err != nil:
		return uuid, err
	case ok&0xff == 0: // a bool: the rest of the register is not its own
		return uuid, errors.New("this process is mapped with no dyld shared cache")
	}
	return [16]byte(buf), nil
}

// CSRConfig is the mask of what System Integrity Protection lets through: 0 when
// all of it is on.
func CSRConfig() (uint32, error) {
	buf := make([]byte, 4)
	rc, errno, err := csrConfig.call(pointer(buf))
	switch {
	case err != nil:
		return 0, err
	case int32(rc) != 0:
		return 0, fmt.Errorf("csr_get_active_config: %w", unix.Errno(errno))
	}
	return uint32(buf[0]) | uint32(buf[1])<<8 | uint32(buf[2])<<16 | uint32(buf[3])<<24, nil
}
