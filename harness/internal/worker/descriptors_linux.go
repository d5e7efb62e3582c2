package worker

import (
	"os"
	"sort"
	"strconv"

	"golang.org/x/sys/unix"
)

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

// counter is open on /proc/self/fd.
type counter struct{ dir int }

func (c *counter) start() bool {
	fd, err := unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	c.dir = fd
	return err == nil
}

// count is how many descriptors are open, 0 where the kernel does not count
// (Linux 6.2 does: Documentation/filesystems/proc.rst of the kernel).
func (c *counter) count() int64 {
	var st unix.Stat_t
	if err := unix.Fstat(c.dir, &st); err != nil {
		return 0
	}
	return st.Size
}

func isQueue(*unix.Stat_t) bool { return false }
