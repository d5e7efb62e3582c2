package op

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"syscall"
)

// running reports whether a process has not ended. One that nobody has waited
// for yet has. Process 0 is none.
func running(pid int) (bool, error) {
	if pid == 0 {
		return false, nil
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// proc_pid_stat(5): the name, in parentheses, may hold anything.
	_, state, ok := bytes.Cut(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" "))
	if !ok || len(state) == 0 {
		return false, fmt.Errorf("state of process %d: %q says none", pid, stat)
	}
	return state[0] != 'Z' && state[0] != 'X', nil
}
