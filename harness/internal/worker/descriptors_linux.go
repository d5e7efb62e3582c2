package worker

import (
	"os"
	"sort"
	"strconv"

	"golang.org/x/sys/unix"
)

// inherited lists the descriptors beyond the standard three that came from the
// parent: they are the ones a program started by a probe would get too, so they
// lack close-on-exec.
func inherited() []Descriptor {
	var list []Descriptor
	for _, fd := range inheritable() {
		if d, ok := describe(fd); ok {
			list = append(list, d)
		}
	}
	return list
}

func inheritable() []int {
	var fds []int
	for _, fd := range open() {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if fd > 2 && err == nil && flags&unix.FD_CLOEXEC == 0 {
			fds = append(fds, fd)
		}
	}
	return fds
}

// open lists what is open in this process, in order, and with it the descriptor
// that listing took, which is closed by then.
func open() []int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil
	}
	var fds []int
	for _, e := range entries {
		if fd, err := strconv.Atoi(e.Name()); err == nil {
			fds = append(fds, fd)
		}
	}
	sort.Ints(fds)
	return fds
}

// describe is false for a descriptor that is not open.
func describe(fd int) (Descriptor, bool) {
	to, err := os.Readlink("/proc/self/fd/" + strconv.Itoa(fd))
	return Descriptor{fd, to}, err == nil
}

// holdings is what the worker has open, so that a descriptor that a probe left
// behind is noticed before the next one. The zero holdings notice nothing.
type holdings struct {
	dir   int // open on /proc/self/fd; 0: there is none
	count int64
	own   map[int]file
	left  []Descriptor
}

// file tells what two descriptors are open on apart, whatever it is called now.
type file struct{ dev, ino uint64 }

// settle takes what is open for the worker's own.
func (h *holdings) settle() {
	fd, err := unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	h.dir, h.own = fd, map[int]file{}
	for _, fd := range open() {
		if f, ok := fileOf(fd); ok {
			h.own[fd] = f
		}
	}
	h.count = h.counted()
}

// notice looks for what is open, was not when the worker settled and is not
// held on purpose. As long as the number is what it was, one system call tells;
// so one opened in the place of another is not told apart. It is for a thread
// that no policy confines.
func (h *holdings) notice(onPurpose func(fd int) bool) []Descriptor {
	if h.dir == 0 {
		return nil
	}
	n := h.counted()
	if n > 0 && n == h.count {
		return h.left
	}
	h.count, h.left = n, nil
	for _, fd := range open() {
		f, ok := fileOf(fd)
		if own, known := h.own[fd]; !ok || known && own == f || onPurpose(fd) {
			continue
		}
		if d, ok := describe(fd); ok {
			h.left = append(h.left, d)
		}
	}
	return h.left
}

// counted is how many descriptors are open, 0 where the kernel does not count
// (Linux 6.2 does: Documentation/filesystems/proc.rst of the kernel).
func (h *holdings) counted() int64 {
	var st unix.Stat_t
	if err := unix.Fstat(h.dir, &st); err != nil {
		return 0
	}
	return st.Size
}

func fileOf(fd int) (file, bool) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return file{uint64(st.Dev), st.Ino}, err == nil
}
