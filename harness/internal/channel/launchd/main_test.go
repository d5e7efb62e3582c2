package launchd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

func TestMain(m *testing.M) {
	launchdtest.Main()
	if os.Getenv(launchd.EnvSocket) != "" {
		syscall.Exit(worker(os.Getenv("ACT"))) // the race detector makes os.Exit take a second
	}
	if who := os.Getenv(envOwner); who != "" {
		owner(who)
	}
	os.Exit(m.Run())
}

// envOwner makes a process start a job and wait to be killed: the folder of the
// programs and the job's label.
const envOwner = "LAUNCHD_TEST_OWNER"

func owner(who string) {
	var dir, label string
	fmt.Sscan(who, &dir, &label)
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	cfg := launchdtest.At(dir).Config()
	cfg.Label, cfg.Program, cfg.UID = label, exe, os.Getuid()
	j, _, err := launchd.Start(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	fmt.Println(j.PID)
	time.Sleep(time.Minute)
}

// born is what a worker says of how it was started.
type born struct {
	PID, Session int
	Umask        int
	Args, Env    []string
	Dir, Exe     string
}

// worker comes forward, says how it was born and waits for its end, unless it is
// to act otherwise.
func worker(act string) int {
	socket, nonce := os.Getenv(launchd.EnvSocket), os.Getenv(launchd.EnvNonce)
	switch act {
	case "die":
		fmt.Fprintln(os.Stderr, "\ndyld: symbol not found")
		return 3
	case "never":
		time.Sleep(time.Minute)
	case "wrong", "silent":
		said := map[string]string{"wrong": "0123456789abcdefghijklmnopqrstuvwxyz", "silent": ""}[act]
		if _, err := launchd.Connect(socket, said); err != nil {
			return 4
		}
	case "hang":
		signal.Ignore(syscall.SIGTERM, syscall.SIGHUP)
	}
	fd, err := launchd.Connect(socket, nonce)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 5
	}
	b := born{PID: os.Getpid(), Args: os.Args, Env: os.Environ(), Umask: syscall.Umask(0)}
	b.Session, _ = unix.Getsid(0)
	b.Dir, _ = os.Getwd()
	b.Exe, _ = os.Executable()
	conn := os.NewFile(uintptr(fd), "")
	if err := json.NewEncoder(conn).Encode(b); err != nil {
		return 6
	}
	line, _ := bufio.NewReader(conn).ReadString('\n')
	switch {
	case act == "hang":
		select {}
	case line == "end\n":
		fmt.Fprintln(os.Stderr, "panic: told to")
		return 7
	}
	return 0
}

func config(t *testing.T, l *launchdtest.Launchd, label, act string) launchd.Config {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cfg := l.Config()
	cfg.Label, cfg.RunID, cfg.Program, cfg.UID = label, "r1", exe, os.Getuid()
	cfg.Env = map[string]string{"ACT": act, "PATH": "/usr/bin"}
	cfg.Home, cfg.Limit = "/no/home", 20*time.Second
	return cfg
}

// heard reads what a worker says of itself.
func heard(t *testing.T, j *launchd.Job) (b born) {
	t.Helper()
	buf := make([]byte, 64<<10)
	n, err := unix.Read(j.FD, buf)
	if err == nil {
		err = json.Unmarshal(buf[:n], &b)
	}
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(b.Env)
	return b
}
