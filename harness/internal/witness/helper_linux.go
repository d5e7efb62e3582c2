package witness

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// envHelper makes a process a helper of this package: "guard", or "sentinel TAG".
const envHelper = "RTGEN_WITNESS_HELPER"

// Descriptors of a helper.
const (
	helperIn  = 3 // ends when the parent does, or when it wants the helper to
	helperOut = 4
)

// init takes over a process that was started as a helper, before main.
func init() {
	words := strings.Fields(os.Getenv(envHelper))
	if len(words) == 0 {
		return
	}
	os.Unsetenv(envHelper)
	forPeople := errors.New("unset " + envHelper + ", it is not for people")
	if !pipesOfParent() {
		helperFails(forPeople)
	}
	syscall.CloseOnExec(helperIn)
	syscall.CloseOnExec(helperOut)
	out := os.NewFile(helperOut, "out")
	var err error
	switch {
	case words[0] == "guard" && len(words) == 1:
		err = guard(os.NewFile(helperIn, "in"), out)
	case words[0] == "sentinel" && len(words) == 2:
		err = watchOver(words[1], helperIn, out)
	default:
		err = forPeople
	}
	if err != nil {
		helperFails(err)
	}
	os.Exit(0)
}

// pipesOfParent says whether the descriptors are what startHelper hands over: the
// read end of one pipe, and the write end of another. What else may stand there
// is a descriptor of the Go runtime, or the two ends of the one pipe that make(1)
// gives its jobs.
func pipesOfParent() bool {
	var in, out unix.Stat_t
	return isPipe(helperIn, unix.O_RDONLY, &in) && isPipe(helperOut, unix.O_WRONLY, &out) && in.Ino != out.Ino
}

func isPipe(fd, access int, st *unix.Stat_t) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_ACCMODE != access {
		return false
	}
	return unix.Fstat(fd, st) == nil && st.Mode&unix.S_IFMT == unix.S_IFIFO
}

func helperFails(err error) {
	fmt.Fprintf(os.Stderr, "rtgen witness helper: %v\n", err)
	os.Exit(3)
}

// helper is a process of this package: the running binary, started again, in a
// session of its own that no Ctrl-C reaches.
type helper struct {
	cmd     *exec.Cmd
	in      *os.File // its end is the helper's end
	out     *os.File
	answers *bufio.Reader
	ended   func() error
}

func startHelper(role string) (*helper, error) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{envHelper + "=" + role}
	for _, name := range []string{"TMPDIR", "GOCOVERDIR", "GORACE"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return launch(cmd)
}

// launch starts a helper with a pipe each way.
func launch(cmd *exec.Cmd) (*helper, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirIn.Close()
	out, theirOut, err := os.Pipe()
	if err != nil {
		in.Close()
		return nil, err
	}
	defer theirOut.Close()
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	if err := cmd.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	return &helper{cmd: cmd, in: in, out: out, answers: bufio.NewReader(out), ended: sync.OnceValue(cmd.Wait)}, nil
}

// answer reads the helper's next answer. A helper that gives none that can be
// read is let go: it ends by itself, which is waited for unless it is late.
func (h *helper) answer(ctx context.Context, to any, limit time.Duration) error {
	line, err := h.readLine(ctx, limit)
	late := errors.Is(err, os.ErrDeadlineExceeded)
	if err == nil {
		if err = json.Unmarshal(line, to); err == nil {
			return nil
		}
		err = fmt.Errorf("answer %.80q: %w", line, err)
	}
	pid := h.cmd.Process.Pid
	if !late {
		return fmt.Errorf("helper process %d: %w", pid, errors.Join(err, h.close()))
	}
	h.in.Close()
	h.out.Close()
	go h.ended()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("helper process %d: %w", pid, err)
	}
	return fmt.Errorf("helper process %d: no answer within %v: %w", pid, limit, errLimit)
}

func (h *helper) readLine(ctx context.Context, limit time.Duration) ([]byte, error) {
	if err := h.out.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return nil, err
	}
	// A time that is past wakes the reader. It fails when the pipe is closed.
	stop := context.AfterFunc(ctx, func() { _ = h.out.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	return h.answers.ReadBytes('\n')
}

// close lets the helper end and waits for that.
func (h *helper) close() error {
	h.in.Close()
	err := h.ended()
	h.out.Close()
	return err
}

// say gives an answer, in the helper.
func say(out *os.File, answer any) error {
	return json.NewEncoder(out).Encode(answer)
}
