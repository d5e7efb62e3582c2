package landlock

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// Host is the real file system, read when a question is asked.
type Host struct {
	mounts sync.Map // mount id -> Mount
}

// NewHost returns the real file system as a tree.
func NewHost() *Host { return &Host{} }

// Lookup implements Tree.
func (h *Host) Lookup(path string) (Node, error) {
	var st unix.Statx_t
	// Plain mount ids are used again once a mount is gone, those of Linux 6.8
	// are not; older kernels give the plain one.
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT,
		unix.STATX_BASIC_STATS|unix.STATX_MNT_ID|unix.STATX_MNT_ID_UNIQUE, &st)
	if err != nil {
		return Node{}, hostError("statx", path, err)
	}
	node := Node{
		Inode: strconv.FormatUint(uint64(unix.Mkdev(st.Dev_major, st.Dev_minor)), 10) + ":" + strconv.FormatUint(st.Ino, 10),
		Kind:  kindOf(st.Mode),
		Perm:  &Perm{Mode: uint32(st.Mode) &^ unix.S_IFMT, UID: int(st.Uid), GID: int(st.Gid)},
	}
	node.Mount, err = h.mount(st.Mnt_id, path)
	if err != nil {
		return Node{}, err
	}
	if node.Kind == Symlink {
		// Links in procfs are either resolved by the kernel itself (exe, cwd,
		// fd/N) or name the process that reads them (self).
		node.Magic = node.Mount.FS == "proc"
		if node.To, err = os.Readlink(path); err != nil {
			return Node{}, err
		}
	}
	return node, nil
}

func hostError(call, path string, err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, unix.ENOTDIR) {
		return &os.PathError{Op: call, Path: path, Err: err}
	}
	return fmt.Errorf("%s: %w (%s: %v)", path, ErrUnknown, call, err)
}

func kindOf(mode uint16) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return Dir
	case unix.S_IFLNK:
		return Symlink
	case unix.S_IFIFO:
		return FIFO
	case unix.S_IFSOCK:
		return Socket
	case unix.S_IFCHR:
		return Char
	case unix.S_IFBLK:
		return Block
	}
	return File
}

// mount describes the mount that path, or its parent for a link, lies in.
func (h *Host) mount(id uint64, path string) (Mount, error) {
	if m, ok := h.mounts.Load(id); ok {
		return m.(Mount), nil
	}
	var st unix.Statfs_t
	// A link cannot be a mount point: following it would ask the wrong mount.
	if i := strings.LastIndexByte(path, '/'); i > 0 {
		if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
			path = path[:i]
		}
	}
	if err := unix.Statfs(path, &st); err != nil {
		return Mount{}, hostError("statfs", path, err)
	}
	m := Mount{
		ID:       strconv.FormatUint(id, 10),
		ReadOnly: st.Flags&unix.ST_RDONLY != 0,
		NoExec:   st.Flags&unix.ST_NOEXEC != 0,
		NoDev:    st.Flags&unix.ST_NODEV != 0,
	}
	switch int64(st.Type) {
	case unix.PROC_SUPER_MAGIC:
		m.FS = "proc"
	case unix.OVERLAYFS_SUPER_MAGIC:
		m.FS = "overlay"
	default:
		m.FS = fmt.Sprintf("%#x", int64(st.Type))
	}
	h.mounts.Store(id, m)
	return m, nil
}

// Inspect implements Tree.
func (h *Host) Inspect(path string) (Detail, error) {
	// O_NONBLOCK: a FIFO must not hold the question up.
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return Detail{}, hostError("open", path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Detail{}, err
	}
	if info.IsDir() {
		names, err := f.Readdirnames(1)
		if err != nil && !errors.Is(err, io.EOF) {
			return Detail{}, err
		}
		return Detail{Empty: len(names) == 0}, nil
	}
	if !info.Mode().IsRegular() {
		return Detail{}, nil
	}
	head := make([]byte, scriptHead)
	n, err := f.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return Detail{}, err
	}
	detail := detailOf(head[:n])
	if detail.Format == FormatELF {
		if detail.Loader, err = loaderOf(f); err != nil {
			return Detail{Format: FormatUnknown}, nil
		}
	}
	return detail, nil
}

// loaderOf returns the program that an ELF file names in PT_INTERP, empty for
// a static one.
func loaderOf(f io.ReaderAt) (string, error) {
	file, err := elf.NewFile(f)
	if err != nil {
		return "", err
	}
	defer file.Close()
	for _, p := range file.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		if p.Filesz < 2 || p.Filesz > unix.PathMax { // as load_elf_binary in fs/binfmt_elf.c
			return "", fmt.Errorf("loader name of %d bytes", p.Filesz)
		}
		name := make([]byte, p.Filesz)
		if _, err := p.ReadAt(name, 0); err != nil {
			return "", err
		}
		return string(name[:len(name)-1]), nil
	}
	return "", nil
}
