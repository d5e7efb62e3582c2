//go:build linux || darwin

package worker

import "golang.org/x/sys/unix"

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

// holdings is what the worker has open, so that a descriptor that a probe left
// behind is noticed before the next one. The zero holdings notice nothing.
type holdings struct {
	counter counter
	count   int64
	own     map[int]file
	left    []Descriptor
}

// file tells what two descriptors are open on apart, whatever it is called now.
type file struct{ dev, ino uint64 }

// settle takes what is open for the worker's own.
func (h *holdings) settle() {
	if !h.counter.start() {
		return
	}
	h.own = map[int]file{}
	for _, fd := range open() {
		if f, ok := fileOf(fd); ok {
			h.own[fd] = f
		}
	}
	h.count = h.counter.count()
}

// notice looks for what is open, was not when the worker settled and is not
// held on purpose. As long as the number is what it was, one system call tells;
// so one opened in the place of another is not told apart. It is for a thread
// that no policy confines.
func (h *holdings) notice(onPurpose func(fd int) bool) []Descriptor {
	if h.own == nil {
		return nil
	}
	n := h.counter.count()
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

// fileOf is false for a descriptor that is not open, and for one of the Go
// runtime's or the wire's that no probe has.
func fileOf(fd int) (file, bool) {
	var st unix.Stat_t
	err := unix.Fstat(fd, &st)
	return file{uint64(st.Dev), st.Ino}, err == nil && !isQueue(&st)
}
