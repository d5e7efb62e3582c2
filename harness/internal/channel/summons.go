package channel

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// Summoned says whether this process was started as a worker.
func Summoned() bool {
	return os.Getenv(EnvFD) != "" || os.Getenv(launchd.EnvSocket) != ""
}

// Answer gives the descriptor on which a process that was started as a worker
// answers, and takes what led to it out of the environment.
func Answer() (fd int, err error) {
	text, socket, nonce := os.Getenv(EnvFD), os.Getenv(launchd.EnvSocket), os.Getenv(launchd.EnvNonce)
	for _, key := range []string{EnvFD, launchd.EnvSocket, launchd.EnvNonce} {
		os.Unsetenv(key)
	}
	if os.Args[0] != launchd.Argv0 {
		// Whatever is on the descriptor or the socket would be waited for.
		return -1, fmt.Errorf("started as %q, which is no worker's name: unset %s and %s, they are not for people", os.Args[0], EnvFD, launchd.EnvSocket)
	}
	if socket != "" {
		if fd, err = launchd.Connect(socket, nonce); err != nil {
			return -1, fmt.Errorf("%s=%q leads to nobody: unset it, it is not for people: %w", launchd.EnvSocket, socket, err)
		}
		return fd, nil
	}
	fd, err = strconv.Atoi(text)
	if err != nil || fd < 0 {
		return -1, fmt.Errorf("%s=%q is no descriptor: unset it, it is not for people", EnvFD, text)
	}
	syscall.CloseOnExec(fd)
	return fd, nil
}
