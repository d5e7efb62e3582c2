//go:build unix

package worker_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What makes a process a worker is not for people: who sets it is told so at once,
// whatever the descriptor or the socket is.
func TestStranger(t *testing.T) {
	for key, value := range map[string]string{"RTGEN_WORKER_FD": "0", "RTGEN_WORKER_SOCKET": silent(t)} {
		t.Run(key, func(t *testing.T) { refusesStrangers(t, key, value) })
	}
}

// silent is a socket that takes what comes and says nothing.
func silent(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "s") // a test's own folder has too long a name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	l, err := net.Listen("unix", filepath.Join(dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// refusesStrangers starts this program as a person would, with a silent socket as
// its input.
func refusesStrangers(t *testing.T, key, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := net.Dial("unix", silent(t))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	input, err := conn.(*net.UnixConn).File()
	if err != nil {
		t.Fatal(err)
	}
	defer input.Close()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), key+"="+value)
	cmd.Stdin = input
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(string(out), key) || !strings.Contains(string(out), "not for people") || strings.Count(string(out), "\n") != 1 {
		t.Errorf("%s=%s: %v, %q", key, value, err, out)
	}
}
