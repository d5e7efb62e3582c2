//go:build linux || darwin

package channel

import (
	"slices"

	"golang.org/x/sys/unix"
)

// EndPrograms kills what descends from the process, which itself is left alone.
// Each program that a probe starts leads a session of its own, out of reach of
// a signal to the process's group; what a program starts in turn stays in its
// session unless it asks for another.
func EndPrograms(pid int) {
	tree := map[int]bool{pid: true} // the process and its descendants
	sessions := map[int]bool{}
	// What was forked while the list was read shows up in the next reading.
	for range 8 {
		var found []int
		list := processes()
		for again := true; again; {
			again = false
			for _, p := range list {
				if p.pid == pid || slices.Contains(found, p.pid) || !tree[p.parent] && !sessions[p.session] {
					continue
				}
				tree[p.pid], again = true, true
				if p.session == p.pid {
					sessions[p.session] = true
				}
				found = append(found, p.pid)
			}
		}
		if len(found) == 0 {
			return
		}
		for _, p := range found {
			_ = unix.Kill(p, unix.SIGKILL) // it may have ended by itself
		}
	}
}

type process struct{ pid, parent, session int }
