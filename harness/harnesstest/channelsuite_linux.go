package harnesstest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/worker"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// ChannelSuite is what every channel must do. Clean channels are held to what
// their name promises, and direct to handing down what the caller has.
func ChannelSuite(t *testing.T, name channel.Name) { LaunchSuite(t, channel.Launch{Name: name}) }

// LaunchSuite is ChannelSuite for a channel that has to be told more.
func LaunchSuite(t *testing.T, launch channel.Launch) {
	c := channelSuite{launch: launch, name: launch.Name, clean: launch.Name != channel.Direct}
	t.Run("hello", c.hello)
	t.Run("answers", c.answers)
	t.Run("environment", c.environment)
	t.Run("working_folder", c.workingFolder)
	t.Run("session", c.session)
	t.Run("descriptors", c.descriptors)
	t.Run("signals", c.signals)
	t.Run("blocked_signals", c.blockedSignals)
	t.Run("close_ends_the_worker", c.closeEnds)
	t.Run("close_ends_its_programs", c.closeEndsPrograms)
}

type channelSuite struct {
	launch channel.Launch
	name   channel.Name
	clean  bool
}

// start brings a worker to life and gives what it said of itself.
func (c channelSuite) start(t *testing.T) (*worker.Worker, worker.Hello) {
	t.Helper()
	var hello worker.Hello
	w := worker.New(channel.NewLauncher(c.launch), func(h worker.Hello) error { hello = h; return nil })
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w, hello
}

func (c channelSuite) hello(t *testing.T) {
	w, hello := c.start(t)
	if hello.PID != w.PID() || hello.PID == os.Getpid() || hello.PID == 0 {
		t.Errorf("the worker says it is process %d, the channel started %d, this is %d", hello.PID, w.PID(), os.Getpid())
	}
	if hello.WorldErr != "" || hello.LayersErr != "" {
		t.Errorf("the worker could not measure: world %q, layers %q", hello.WorldErr, hello.LayersErr)
	}
	ours, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := hello.World.ID(), ours.ID(); got != want {
		t.Errorf("the worker lives in world %s, this is %s", got, want)
	}
}

func (c channelSuite) answers(t *testing.T) {
	w, _ := c.start(t)
	file := filepath.Join(t.TempDir(), "file")
	for _, step := range []struct {
		req  op.Request
		want syscall.Errno
	}{
		{op.Request{Op: "fs.read_file", Target: file}, syscall.ENOENT},
		{op.Request{Op: "fs.make_reg", Target: file}, 0},
		{op.Request{Op: "fs.read_file", Target: file}, 0},
		{op.Request{Op: "fs.make_reg", Target: file}, syscall.EEXIST},
	} {
		res := do(t, w, step.req)
		if res.Errno != int(step.want) {
			t.Errorf("%s = errno %d, want %d", res.Call, res.Errno, step.want)
		}
	}
}

func (c channelSuite) environment(t *testing.T) {
	t.Setenv("HARNESSTEST_SECRET", "hush")
	t.Setenv("LD_PRELOAD_NOT", "x")
	w, _ := c.start(t)
	env := strings.Split(strings.TrimSuffix(proc(t, w.PID(), "environ"), "\x00"), "\x00")
	if !c.clean {
		if !slices.Contains(env, "HARNESSTEST_SECRET=hush") {
			t.Errorf("%s does not hand down the environment: %q", c.name, env)
		}
		return
	}
	// What the channel itself sets; nothing else may be there.
	known := []string{"PATH", "LANG", "TMPDIR", channel.EnvFD, channel.EnvClean, launchd.EnvSocket, launchd.EnvNonce}
	for _, kv := range env {
		if key, _, _ := strings.Cut(kv, "="); !slices.Contains(known, key) {
			t.Errorf("%s hands down %q", c.name, kv)
		}
	}
}

func (c channelSuite) workingFolder(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	w, _ := c.start(t)
	got, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", w.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if want := map[bool]string{true: "/", false: dir}[c.clean]; got != want {
		t.Errorf("working folder %s, want %s", got, want)
	}
}

func (c channelSuite) session(t *testing.T) {
	w, _ := c.start(t)
	pid := w.PID()
	pgid, err := unix.Getpgid(pid)
	if err != nil {
		t.Fatal(err)
	}
	sid, err := unix.Getsid(pid)
	if err != nil {
		t.Fatal(err)
	}
	// A group of its own in every channel: a terminal's Ctrl-C is not for it.
	if pgid != pid {
		t.Errorf("process group %d, want the worker's own, %d", pgid, pid)
	}
	ours, err := unix.Getsid(0)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[bool]int{true: pid, false: ours}[c.clean]; sid != want {
		t.Errorf("session %d, want %d", sid, want)
	}
}

func (c channelSuite) descriptors(t *testing.T) {
	var fds [2]int
	if err := unix.Pipe(fds[:]); err != nil { // without O_CLOEXEC: a child inherits it
		t.Fatal(err)
	}
	defer unix.Close(fds[0])
	defer unix.Close(fds[1])
	ours, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fds[1]))
	if err != nil {
		t.Fatal(err)
	}
	w, hello := c.start(t)
	reported := ""
	for _, fd := range hello.Descriptors {
		reported += fd.String() + "\n"
	}
	held := descriptors(t, w.PID())
	handedOn := do(t, w, op.Request{Op: "fs.execute", Target: script(t, "for f in /proc/self/fd/*; do readlink $f; done")}).Stdout
	for _, place := range []struct{ what, list string }{
		{"the worker's report", reported}, {"the worker's descriptors", held}, {"those of a program it starts", handedOn},
	} {
		if has := strings.Contains(place.list, ours); has == c.clean {
			t.Errorf("%s: caller's %s among %s: %v\n%s", c.name, ours, place.what, has, place.list)
		}
	}
	if c.clean && reported != "" {
		t.Errorf("a clean worker reports inherited descriptors: %s", reported)
	}
}

// Signals a caller may ignore, as nohup and job-control shells do.
var ignorable = []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTSTP, syscall.SIGTTIN, syscall.SIGTTOU}

func (c channelSuite) signals(t *testing.T) {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT)
	defer signal.Reset(syscall.SIGHUP, syscall.SIGINT)
	for _, sig := range ignorable[2:] {
		ignore(t, sig)
	}
	w, _ := c.start(t)
	for what, status := range map[string]string{
		"the worker": proc(t, w.PID(), "status"),
		"a program":  statusOfProgram(t, w),
	} {
		ignored := mask(t, status, "SigIgn")
		for _, sig := range ignorable {
			is := ignored&(1<<(sig-1)) != 0
			if is == c.clean {
				t.Errorf("%s: %v ignored by %s: %v", c.name, sig, what, is)
			}
		}
	}
}

// ignore is signal.Ignore for a signal that Go's runtime does not handle and
// signal.Reset would leave ignored.
func ignore(t *testing.T, sig syscall.Signal) {
	t.Helper()
	// A kernel sigaction starts with the handler; see rt_sigaction(2).
	var action, old [4]uint64
	action[0] = 1 // SIG_IGN
	set := func(to, from *[4]uint64) {
		_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(to)), uintptr(unsafe.Pointer(from)), 8, 0, 0)
		if errno != 0 {
			t.Errorf("rt_sigaction(%v): %v", sig, errno)
		}
	}
	set(&action, &old)
	t.Cleanup(func() { set(&old, nil) })
}

func (c channelSuite) blockedSignals(t *testing.T) {
	// The mask is the thread's, and a child has that of the thread it came from.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, old unix.Sigset_t
	set.Val[0] = 1 << (syscall.SIGUSR1 - 1)
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &old); err != nil {
		t.Fatal(err)
	}
	defer unix.PthreadSigmask(unix.SIG_SETMASK, &old, nil)
	w, _ := c.start(t)
	status := statusOfProgram(t, w)
	if blocked := mask(t, status, "SigBlk") != 0; blocked == c.clean {
		t.Errorf("%s: a program starts with blocked signals: %v\n%s", c.name, blocked, status)
	}
}

func (c channelSuite) closeEnds(t *testing.T) {
	w, _ := c.start(t)
	pid := w.PID()
	w.Close()
	if alive(pid) {
		t.Errorf("worker %d outlives Close", pid)
	}
	w.Close() // twice does nothing
	// It can be used again.
	if err := w.Start(); err != nil || w.PID() == pid || w.PID() == 0 {
		t.Errorf("after Close, Start gives process %d: %v", w.PID(), err)
	}
}

// A program of a hung probe, and what that started itself, end with the worker.
func (c channelSuite) closeEndsPrograms(t *testing.T) {
	w, _ := c.start(t)
	pids := filepath.Join(t.TempDir(), "pids")
	hang := script(t, fmt.Sprintf("sleep 300 & echo $$ $! > %s.tmp; mv %s.tmp %s; wait", pids, pids, pids))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error)
	go func() {
		_, err := w.Do(ctx, worker.Request{Probe: &worker.Probe{Op: op.Request{Op: "fs.execute", Target: hang}}}, time.Minute)
		ended <- err
	}()
	var text []byte
	eventually(t, "the program starts", func() (err error) { text, err = os.ReadFile(pids); return err })
	cancel() // kills the worker, as a deadline does
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Do = %v, want the end of its context", err)
	}
	for _, field := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the programs end with the worker", func() error {
			if alive(pid) {
				return fmt.Errorf("process %d of the probe still runs", pid)
			}
			return nil
		})
	}
}
