package launchd

import (
	"os"
	"strconv"
	"strings"
)

// birth is the start time of a process that is alive, in clock ticks after boot:
// fields 3 and 22 of /proc/pid/stat, proc(5).
func birth(pid int) (born int64, alive bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, false
	}
	// The second field is a name in parentheses that may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	const state, start = 0, 22 - 3
	if len(fields) <= start || fields[state] == "Z" || fields[state] == "X" {
		return 0, false
	}
	born, err = strconv.ParseInt(fields[start], 10, 64)
	return born, err == nil
}
