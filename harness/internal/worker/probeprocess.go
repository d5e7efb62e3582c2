//go:build darwin || seatbelt_fake

package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"
)

// init takes over a process that was started for a probe, as the worker's own
// init does, and for its reasons.
func init() {
	fd, under := os.Getenv(envProbeFD), os.Getenv(envProbeUnder)
	os.Unsetenv(envProbeFD)
	os.Unsetenv(envProbeUnder)
	if fd == "" {
		return
	}
	if err := attemptAlone(fd, under); err != nil {
		fmt.Fprintf(os.Stderr, "rtgen probe: %v\n", err)
		os.Exit(3)
	}
	os.Exit(0)
}

// attemptAlone does what the worker at the other end of the descriptor orders,
// once. It stays on the main thread, where the frameworks of macOS are at home.
func attemptAlone(fdText, under string) error {
	fd, err := strconv.Atoi(fdText)
	if err != nil || fd < 0 {
		return fmt.Errorf("%s=%q is no descriptor: unset it, it is not for people", envProbeFD, fdText)
	}
	if os.Args[0] != argv0 {
		// Whatever is on the descriptor would be waited for.
		return fmt.Errorf("started as %q, which is no probe's name: unset %s, it is not for people", os.Args[0], envProbeFD)
	}
	syscall.CloseOnExec(fd)
	// The runtime looks every second whether the host has other processors. Under a
	// policy that is a sysctl-read of nobody's, refused and in the system's log.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	p := &probeProcess{fd: fd, wire: channel.WireOn(fd)}
	// The worker's end is the process's, whatever the attempt waits for.
	go func() {
		if p.wire.UntilClosed() == nil {
			os.Exit(3)
		}
	}()
	if under != "" {
		if p.ans.Nonce, err = strconv.ParseUint(under, 10, 64); err != nil {
			return fmt.Errorf("%s=%q is no number: unset it, it is not for people", envProbeUnder, under)
		}
		err = p.goOnUnder()
	} else {
		err = p.begin()
	}
	if err != nil {
		return err
	}
	return p.wire.Send(word{stageDone, p.ans})
}

// probeProcess is a probe's process as it sees itself.
type probeProcess struct {
	fd   int
	wire *channel.Wire
	ans  Answer
}

// begin does all that an order says, of which a program that is to attempt under
// the policy takes the last part over.
func (p *probeProcess) begin() error {
	o, err := p.listen()
	switch {
	case err != nil:
		return err
	case o.Canary != nil:
		p.canary(o.Canary)
		return nil
	}
	own := o.Own
	// Without a policy this program is as good as another of its kind.
	program := own.Policy != nil && attempt.StartsProgram(own.Attempt.Operation, own.Attempt.Driver)
	asks := own.Attempt.Driver == attempt.CheckDriver
	var trial *attempt.Trial
	var exe string
	switch {
	case program:
		if exe, err = thisProgram(); err != nil {
			p.ans.Err = fmt.Sprintf("find this program to start it under the policy: %v", err)
			return nil
		}
	case !asks:
		trial = attempt.Prepare(own.Attempt)
		defer trial.Close()
		p.ans.Sight = trial.Sight()
	}
	if own.Policy != nil {
		p.ans.Apply = appliedSeatbelt(seatbelt.Apply(own.Policy))
		if p.ans.Apply.Err != "" {
			return nil // without its policy the attempt would say nothing of it
		}
	}
	for _, q := range own.Ask {
		p.ans.Callouts = append(p.ans.Callouts, seatbelt.Check(q))
	}
	switch {
	case program:
		return p.becomeProgram(exe)
	case asks && len(p.ans.Callouts) == 0:
		p.ans.Err = "bug: nothing to ask sandbox_check about " + own.Attempt.Operation
		return nil
	case asks:
		p.ans.Result = asked(p.ans.Callouts[0])
		return nil
	}
	if err := p.say(stageReady); err != nil {
		return err
	}
	p.attempt(own, trial)
	return nil
}

// goOnUnder is what is left for the program that was started under the policy.
func (p *probeProcess) goOnUnder() error {
	if err := p.wire.Send(word{stageUp, p.ans}); err != nil {
		return err
	}
	o, err := p.listen()
	if err != nil {
		return err
	}
	own := o.Own
	if text := stillUnder(own.Policy); text != "" {
		p.ans.Err = text
		return nil
	}
	trial := attempt.Prepare(own.Attempt)
	defer trial.Close()
	p.attempt(own, trial)
	return nil
}

func (p *probeProcess) attempt(own *OwnProcess, trial *attempt.Trial) {
	res := attemptUnder(own, trial, func(sofar op.Result) error {
		p.ans.Result = &sofar
		return p.say(stageBecomes)
	})
	p.ans.Result = &res
}

// thisProgram is the path of this program without links: of each on the way, such as
// /var, a policy would be asked for its metadata.
func thisProgram() (string, error) {
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(exe)
}

// becomeProgram starts the driver's program in this process's place. It returns
// when that failed.
func (p *probeProcess) becomeProgram(exe string) error {
	p.ans.Bootstrap = &Bootstrap{Program: exe}
	if err := p.say(stageBecomes); err != nil {
		return err
	}
	if _, err := unix.FcntlInt(uintptr(p.fd), unix.F_SETFD, 0); err != nil {
		p.ans.Bootstrap, p.ans.Err = nil, fmt.Sprintf("hand the wire to %s: %v", exe, err)
		return nil
	}
	env := append(os.Environ(), envProbeFD+"="+strconv.Itoa(p.fd), envProbeUnder+"="+strconv.FormatUint(p.ans.Nonce, 10))
	p.ans.Bootstrap.Errno, p.ans.Err = execUnder(exe, env)
	switch {
	case p.ans.Err != "":
		p.ans.Bootstrap = nil
	case p.ans.Bootstrap.Errno == int(unix.EPERM):
		p.ans.Callouts = append(p.ans.Callouts, seatbelt.Check(seatbelt.ExecQuestion(exe)))
	}
	return nil
}

// execve replaces this process by a program. It returns when that failed, with why.
func execve(program string, env []string) (errno int, text string) {
	err := syscall.Exec(program, []string{argv0}, env)
	if e, ok := err.(syscall.Errno); ok {
		return int(e), ""
	}
	return 0, fmt.Sprintf("execve %s: %v", program, err)
}

// say tells the worker how far the process is, and waits until it may go on.
func (p *probeProcess) say(at stage) error {
	if err := p.wire.Send(word{at, p.ans}); err != nil {
		return err
	}
	var on order
	return p.wire.Receive(&on)
}

// listen waits for the order that says what to do.
func (p *probeProcess) listen() (order, error) {
	var o order
	if err := p.wire.Receive(&o); err != nil {
		return o, fmt.Errorf("descriptor %d gives no orders: unset %s, it is not for people: %w", p.fd, envProbeFD, err)
	}
	if o.Own == nil && o.Canary == nil {
		return o, fmt.Errorf("descriptor %d gives an order to do nothing", p.fd)
	}
	p.ans.Nonce = o.Nonce
	return o, nil
}
