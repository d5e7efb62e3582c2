package differential

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
)

// made is a world on disk.
type made struct {
	*World
	held   []io.Closer
	mounts []string
	twice  bool // a file is mounted on another, by a name that may be removed
}

// make puts the world on disk. What could be made until an error is to be
// removed as well.
func (w *World) make(program []byte) (*made, error) {
	m := &made{World: w}
	for _, root := range w.roots() {
		if err := os.MkdirAll(path.Dir(root), 0o755); err != nil {
			return m, err
		}
	}
	for i := range w.Steps {
		if err := m.step(&w.Steps[i], program); err != nil {
			return m, fmt.Errorf("step %d of a world, %s: %w", i, w.Steps[i].Path, err)
		}
	}
	return m, nil
}

func (m *made) step(s *Step, program []byte) error {
	var err error
	switch {
	case s.Mount != "":
		return m.mount(s)
	case s.Hardlink:
		return os.Link(s.To, s.Path)
	case s.Kind == oracle.Dir:
		err = os.Mkdir(s.Path, 0o700)
	case s.Kind == oracle.Symlink:
		err = os.Symlink(s.To, s.Path)
	case s.Program:
		err = os.WriteFile(s.Path, program, 0o755)
	case s.Kind == oracle.File:
		err = os.WriteFile(s.Path, []byte(s.Content), 0o600)
	case s.Kind == oracle.FIFO:
		err = m.fifo(s.Path)
	case s.Kind == oracle.Socket:
		err = m.socket(s)
	case s.Kind == oracle.Char:
		// The numbers of /dev/urandom (devices.txt of the kernel), or those of
		// the only device that takes no CAP_MKNOD.
		dev := 0
		if Root() {
			dev = int(unix.Mkdev(1, 9))
		}
		err = unix.Mknod(s.Path, unix.S_IFCHR|0o600, dev)
	case s.Kind == oracle.Block:
		// A number for local use, without a driver.
		err = unix.Mknod(s.Path, unix.S_IFBLK|0o600, int(unix.Mkdev(240, 0)))
	}
	if err != nil {
		return err
	}
	return m.permit(s)
}

func (m *made) permit(s *Step) error {
	perm := s.perm()
	if m.Plain {
		if err := os.Lchown(s.Path, perm.UID, perm.GID); err != nil {
			return err
		}
	}
	if s.Kind == oracle.Symlink || s.Program && !m.Plain {
		return nil
	}
	return unix.Chmod(s.Path, perm.Mode)
}

// fifo holds both ends of the FIFO it makes, so that no open waits.
func (m *made) fifo(at string) error {
	if err := unix.Mkfifo(at, 0o600); err != nil {
		return err
	}
	f, err := os.OpenFile(at, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	m.held = append(m.held, f)
	return nil
}

// socket makes a name of a socket, that somebody may be behind.
func (m *made) socket(s *Step) error {
	switch s.Listen {
	case "unixgram":
		conn, err := net.ListenPacket(s.Listen, s.Path)
		if err != nil {
			return err
		}
		go drain(conn)
		m.held = append(m.held, conn)
		return nil
	case "unix":
		ln, err := net.Listen(s.Listen, s.Path)
		if err != nil {
			return err
		}
		go accept(ln)
		m.held = append(m.held, ln)
		return nil
	}
	return unix.Mknod(s.Path, unix.S_IFSOCK|0o600, 0)
}

func (m *made) mount(s *Step) error {
	var flags uintptr
	if s.ReadOnly {
		flags |= unix.MS_RDONLY
	}
	if s.NoExec {
		flags |= unix.MS_NOEXEC
	}
	if s.Mount == Tmpfs {
		if err := unix.Mount("none", s.Path, "tmpfs", flags, fmt.Sprintf("size=64k,mode=%o", s.Mode)); err != nil {
			return err
		}
		m.mounts = append(m.mounts, s.Path)
		return nil
	}
	if err := unix.Mount(s.To, s.Path, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	m.mounts = append(m.mounts, s.Path)
	if info, err := os.Stat(s.Path); err != nil || !info.IsDir() {
		m.twice = true
	}
	if flags == 0 {
		return nil
	}
	var st unix.Statfs_t
	if err := unix.Statfs(s.Path, &st); err != nil {
		return err
	}
	// What the mount has already may be locked.
	flags |= uintptr(st.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_RDONLY | unix.MS_NOATIME | unix.MS_RELATIME)
	return unix.Mount("", s.Path, "", unix.MS_BIND|unix.MS_REMOUNT|flags, "")
}

// remove takes the world away, the last mount first: nothing is removed through
// one.
func (m *made) remove() error {
	for _, f := range m.held {
		f.Close()
	}
	mounts := m.mounts
	for i := len(mounts) - 1; i >= 0; i-- {
		err := unix.Unmount(mounts[i], unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
		if err != nil { // a directory above it was renamed
			if err = m.unmountAll(); err != nil {
				return err
			}
			break
		}
	}
	err := os.RemoveAll(m.Scratch)
	if m.Far != "" {
		err = errors.Join(err, os.RemoveAll(m.Far))
	}
	return err
}

// unmountAll unmounts whatever is mounted in the world by now.
func (m *made) unmountAll() error {
	info, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	var tops []string
	for line := range strings.Lines(string(info)) {
		if f := strings.Fields(line); len(f) > 4 && within(f[4], m.Scratch) { // proc(5): the mount point
			tops = append(tops, f[4])
		}
	}
	for _, at := range slices.Backward(tops) { // in the order they were mounted
		if err := unix.Unmount(at, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", at, err)
		}
	}
	return nil
}

// listening is the sockets of the world that answer.
func (m *made) listening() []oracle.Listener {
	var list []oracle.Listener
	for _, s := range m.Steps {
		if s.Listen != "" {
			list = append(list, oracle.Listener{Network: s.Listen, Address: s.Path})
		}
	}
	return list
}

func accept(ln net.Listener) {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}
