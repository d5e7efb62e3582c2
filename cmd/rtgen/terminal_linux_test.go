package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// terminal runs a command whose standard output is a terminal and prints what
// it wrote there: terminal COMMAND.
func terminal() {
	code, err := onTerminal(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[0], err)
		os.Exit(99)
	}
	os.Exit(code)
}

func onTerminal(args []string, out io.Writer) (code int, err error) {
	if len(args) == 0 {
		return 0, errors.New("want a command")
	}
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, err
	}
	defer ours.Close()
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		return 0, err
	}
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return 0, err
	}
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return 0, err
	}
	defer theirs.Close()

	// A terminal that is closed may drop what was not read yet, so it stays open
	// until a mark of our own has come through.
	const mark = "\x00end"
	done := make(chan error, 1)
	var all bytes.Buffer
	go func() {
		buf := make([]byte, 4096)
		for !bytes.HasSuffix(all.Bytes(), []byte(mark)) {
			n, err := ours.Read(buf)
			if err != nil {
				done <- err
				return
			}
			all.Write(buf[:n])
		}
		done <- nil
	}()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = theirs, os.Stderr
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if _, err := theirs.WriteString(mark); err != nil {
		return 0, err
	}
	if err := <-done; err != nil {
		return 0, err
	}
	text := bytes.TrimSuffix(all.Bytes(), []byte(mark))
	_, err = out.Write(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	return cmd.ProcessState.ExitCode(), err
}
