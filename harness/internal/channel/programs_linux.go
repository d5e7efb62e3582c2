package channel

import (
	"os"
	"slices"
	"strconv"
	"strings"

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

// processes lists what runs, from /proc/pid/stat (proc(5)), without what is dead
// and not yet waited for.
func processes() []process {
	names, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var list []process
	for _, name := range names {
		pid, err := strconv.Atoi(name.Name())
		if err != nil {
			continue
		}
		stat, err := os.ReadFile("/proc/" + name.Name() + "/stat")
		if err != nil {
			continue
		}
		// The second field is a name in parentheses that may hold anything.
		end := strings.LastIndexByte(string(stat), ')')
		fields := strings.Fields(string(stat[end+1:])) // state ppid pgrp session …
		if end < 0 || len(fields) < 4 || fields[0] == "Z" || fields[0] == "X" {
			continue
		}
		parent, err1 := strconv.Atoi(fields[1])
		session, err2 := strconv.Atoi(fields[3])
		if err1 == nil && err2 == nil {
			list = append(list, process{pid, parent, session})
		}
	}
	return list
}
