package witness

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// sentinel is a process under a policy of its own, which is denied whenever it
// is asked to be.
type sentinel struct {
	helper *helper
	tag    string
}

// startSentinel returns when the sentinel is under its policy, or after limit.
func startSentinel(ctx context.Context, limit time.Duration) (*sentinel, error) {
	var salt [6]byte
	if _, err := rand.Read(salt[:]); err != nil {
		return nil, err
	}
	s := &sentinel{tag: "rs" + hex.EncodeToString(salt[:])} // 14 of the 15 bytes a name may have
	var err error
	if s.helper, err = startHelper("sentinel " + s.tag); err != nil {
		return nil, err
	}
	var ready sentinelAnswer
	err = s.helper.answer(ctx, &ready, limit)
	if err == nil && ready.Err != "" {
		err = errors.New(ready.Err)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// step asks for one denial and does not wait for it.
func (s *sentinel) step() error {
	_, err := s.helper.in.Write([]byte{'.'})
	return err
}

func (s *sentinel) close() {
	_ = s.helper.cmd.Process.Kill()
	_ = s.helper.close()
}

type sentinelAnswer struct{ Err string }

// watchOver is the sentinel's life. It stays on the process's main thread, as
// every init does.
func watchOver(tag string, in int, out *os.File) error {
	if err := restrictDirs(tag); err != nil {
		return say(out, sentinelAnswer{err.Error()})
	}
	if err := say(out, sentinelAnswer{}); err != nil {
		return err
	}
	for {
		var b [1]byte
		n, err := unix.Read(in, b[:])
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return nil
		}
		fd, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
			return errors.New("sentinel: Landlock let the root folder be read under a policy that forbids it")
		}
	}
}

// restrictDirs forbids the calling thread to read any folder, in a domain that
// the log calls tag.
func restrictDirs(tag string) error {
	name, err := unix.BytePtrFromString(tag)
	if err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(name)), 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: unix.LANDLOCK_ACCESS_FS_READ_DIR}
	fd, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0)
	if errno != 0 {
		return os.NewSyscallError("landlock_create_ruleset", errno)
	}
	defer unix.Close(int(fd))
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, fd, 0, 0); errno != 0 {
		return os.NewSyscallError("landlock_restrict_self", errno)
	}
	return nil
}
