package witness

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
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
	in, out := os.NewFile(helperIn, "in"), os.NewFile(helperOut, "out")
	if in == nil || out == nil {
		helperFails(errors.New("unset it, it is not for people"))
	}
	syscall.CloseOnExec(helperIn)
	syscall.CloseOnExec(helperOut)
	var err error
	switch {
	case words[0] == "guard" && len(words) == 1:
		err = guard(in, out)
	case words[0] == "sentinel" && len(words) == 2:
		err = watchOver(words[1], out)
	default:
		err = errors.New("unset it, it is not for people")
	}
	if err != nil {
		helperFails(err)
	}
	os.Exit(0)
}

func helperFails(err error) {
	fmt.Fprintf(os.Stderr, "rtgen %s: %v\n", envHelper, err)
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
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{envHelper + "=" + role}
	for _, name := range []string{"TMPDIR", "GOCOVERDIR", "GORACE"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	return &helper{cmd: cmd, in: in, out: out, answers: bufio.NewReader(out), ended: sync.OnceValue(cmd.Wait)}, nil
}

// answerTimeout is more than the gate's: a helper may wait that long for it.
const answerTimeout = 2 * gateTimeout

// answer reads the helper's next answer. A helper that gives none is let go.
func (h *helper) answer(to any) error {
	if err := h.out.SetReadDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	line, err := h.answers.ReadBytes('\n')
	if errors.Is(err, os.ErrDeadlineExceeded) {
		h.in.Close()
		go h.ended()
		return fmt.Errorf("helper process %d: no answer within %v", h.cmd.Process.Pid, answerTimeout)
	}
	if err != nil {
		return fmt.Errorf("helper process %d: %w", h.cmd.Process.Pid, errors.Join(err, h.close()))
	}
	return json.Unmarshal(line, to)
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
