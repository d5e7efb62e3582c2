//go:build darwin || seatbelt_fake

package seatbelt

import (
	"os"
	"strconv"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// prepareExec keeps every descriptor but the standard ones from the program, which
// is nobody's to trust.
func prepareExec(req Request, res *op.Result) (func(*op.Result, Announce), func()) {
	open, err := namesIn("/dev/fd")
	if err != nil {
		res.Err = "what descriptors the program would inherit cannot be listed: " + err.Error()
		return nil, nil
	}
	for _, name := range open {
		if fd, err := strconv.Atoi(name); err == nil && fd > 2 {
			syscall.CloseOnExec(fd)
		}
	}
	return func(res *op.Result, announce Announce) { execve(req.Target, res, announce) }, nil
}

// namesIn reads names and nothing else. os.ReadDir looks at each entry whose kind
// the folder does not tell, and fd(4) tells none; a look at a kqueue in it, and a
// process of Go's has one, fails with EBADF (fdesc_getattr of XNU's
// bsd/miscfs/devfs/devfs_fdesc_support.c).
func namesIn(dir string) ([]string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
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
