//go:build darwin || seatbelt_fake

package seatbelt

import (
	"os"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// prepareExec keeps every descriptor but the standard ones from the program, which
// is nobody's to trust.
func prepareExec(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	open, err := OpenDescriptors()
	if err != nil {
		res.Err = "what descriptors the program would inherit cannot be listed: " + err.Error()
		return nil, nil
	}
	for _, fd := range open {
		if fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
	var st unix.Stat_t
	_ = try(func() error { return unix.Stat(req.Target, &st) })
	return func(res *op.Result, announce Announce) {
		execve(req.Target, res, announce)
		if text := setID(uint32(st.Mode), res.Errno); res.Err == "" && text != "" {
			res.Err = text
		}
	}, nil
}

// setID says why a refusal to execute a file of that mode is no answer; empty when
// it is one. Under whatever policy, Seatbelt refuses what would change the user or
// the group by a rule of its own, and with the same errno.
func setID(mode uint32, errno int) string {
	if errno != denied || mode&(unix.S_ISUID|unix.S_ISGID) == 0 {
		return ""
	}
	return "the program changes its user or group: a policy refuses that as forbidden-exec-sugid, whatever it says of process-exec*; execute another"
}

// OpenDescriptors lists what is open in this process, in order, and with it the
// descriptor that listing took, which is closed by then. The names alone are read:
// fd(4) tells no kinds, and to look a kqueue up in it, which the Go runtime has,
// fails with EBADF (fdesc_attr of XNU's bsd/miscfs/devfs/devfs_fdesc_support.c).
func OpenDescriptors() ([]int, error) {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var fds []int
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil {
			fds = append(fds, fd)
		}
	}
	slices.Sort(fds)
	return fds, nil
}

// execve becomes the target, with nothing but its own name as argument. When that
// succeeds nothing of this process is left to say so: who watches it learns from
// the kernel, and from the announcement what there was.
func execve(target string, res *op.Result, announce Announce) {
	env := os.Environ()
	res.Command = []string{target}
	// What is in the environment is nobody's business.
	res.Call = op.NewCall("execve").Path(target).Argv(target).Raw("environ /* " + strconv.Itoa(len(env)) + " vars */").End()
	if err := announce(*res); err != nil {
		res.Call, res.Err = "", "execve was not made: it could not be announced: "+err.Error()
		return
	}
	res.Errno = int(numberOf(syscall.Exec(target, res.Command, env)))
}
