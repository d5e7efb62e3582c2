package channel

import (
	"os"
	"strconv"
	"strings"
)

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
