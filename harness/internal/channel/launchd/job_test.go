package launchd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

// What launchctl is asked of a job's life, and of one that was not to be.
var (
	upTo = []string{"launchctl print gui/UID", "plutil -lint JOBS/L/L.plist", "launchctl bootstrap gui/UID JOBS/L/L.plist"}
	down = []string{"launchctl bootout gui/UID/L", "launchctl print gui/UID/L"}
)

func TestJob(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	cfg := config(t, l, "L", "")
	j, d, err := launchd.Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("%v\n%+v", err, d)
	}
	defer unix.Close(j.FD)
	b := heard(t, j)
	socket, nonce := filepath.Join(cfg.Base, "L", "s"), ""
	for _, kv := range b.Env {
		if key, value, _ := strings.Cut(kv, "="); key == launchd.EnvNonce {
			nonce = value
		}
	}
	if len(nonce) < 20 {
		t.Errorf("nonce %q can be guessed", nonce)
	}
	want := born{
		PID: j.PID, Session: j.PID, Umask: 0o022, Args: []string{"rtgen-worker"}, Dir: "/", Exe: cfg.Program,
		Env: []string{"ACT=", "PATH=/usr/bin", launchd.EnvNonce + "=" + nonce, launchd.EnvSocket + "=" + socket},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Errorf("how the worker was born (-want +got):\n%s", diff)
	}
	if j.Exited() {
		t.Error("it has exited, says Exited")
	}
	if d.Domain != fmt.Sprintf("gui/%d", os.Getuid()) || d.DomainReason != launchd.GUIAvailable || !slices.Equal(d.SessionTypes, []string{"Aqua"}) ||
		d.PID != j.PID || d.Error != "" || d.Failure != nil || d.LogShow != nil || d.Staged != nil || !strings.Contains(d.Plist, "<string>L</string>") {
		t.Errorf("diagnostics %+v", d)
	}
	for range 2 {
		j.Stop()
	}
	if !j.Exited() || syscall.Kill(j.PID, 0) == nil && !zombie(j.PID) {
		t.Errorf("worker %d outlives Stop", j.PID)
	}
	if got := j.Epitaph(); got != "launchd was told to end it" {
		t.Errorf("epitaph %q", got)
	}
	if d.Left != "" {
		t.Errorf("left behind: %s", d.Left)
	}
	if diff := cmp.Diff(slices.Concat(upTo, down), l.Calls(t)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got, want := len(d.Commands), len(upTo)+len(down); got != want {
		t.Errorf("%d commands are recorded, want %d: %+v", got, want, d.Commands)
	}
}

func zombie(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// Every way in which a job does not come to life: its class, what the user reads,
// and that nothing is left.
func TestFailures(t *testing.T) {
	t.Parallel()
	gui := fmt.Sprintf("gui/%d", os.Getuid())
	user := fmt.Sprintf("user/%d", os.Getuid())
	refuse := func(domain string, n int, words string) launchdtest.Answer {
		return launchdtest.Answer{Asked: "launchctl bootstrap " + domain, RC: n, Stderr: fmt.Sprintf("Bootstrap failed: %d: %s\n", n, words)}
	}
	const tried = "launchctl bootout gui/UID/L"
	inUser := []string{"plutil -lint JOBS/L/L.plist", "launchctl bootstrap user/UID JOBS/L/L.plist", "launchctl bootout user/UID/L", "launchctl print user/UID/L"}
	last := "USER"
	if os.Getuid() == 0 {
		last = "system"
		inUser = append(inUser, "plutil -lint JOBS/L/L.plist", "launchctl bootstrap system JOBS/L/L.plist", "launchctl bootout system/L", "launchctl print system/L")
	}
	for _, tt := range []struct {
		name    string
		answers []launchdtest.Answer
		act     string
		limit   time.Duration
		change  func(*launchd.Config)
		class   string // empty: it was booted in
		rc      int
		says    string
		calls   []string
		noLog   bool
	}{
		{
			name: "plist_invalid_lint", answers: []launchdtest.Answer{{Asked: "plutil", RC: 1, Stdout: "L.plist: (Unexpected character < at line 1)\n"}},
			class: launchd.PlistInvalid, rc: 1,
			says:  `job L: plist_invalid: plutil -lint BASE/L/L.plist = 1, "L.plist: (Unexpected character < at line 1)": the property list is of rtgen's making, report it with launchctl_diagnostics.json`,
			calls: upTo[:2],
		},
		{
			name: "plist_invalid", answers: []launchdtest.Answer{refuse(gui, 109, "Invalid property list")},
			class: launchd.PlistInvalid, rc: 109,
			says: `job L: plist_invalid: launchctl bootstrap GUI = 109, "Bootstrap failed: 109: Invalid property list": the property list is of rtgen's making, report it with launchctl_diagnostics.json`,
		},
		{
			name: "plist_unreadable", answers: []launchdtest.Answer{refuse(gui, 122, "Path had bad ownership/permissions")},
			class: launchd.PlistUnreadable, rc: 122,
			says: `job L: plist_unreadable: launchctl bootstrap GUI = 122, "Bootstrap failed: 122: Path had bad ownership/permissions": BASE must be yours, writable by nobody else, and on a disk that launchd may read`,
		},
		{
			name: "domain_session_mismatch",
			answers: []launchdtest.Answer{
				refuse(gui, 125, "Domain does not support specified action"),
				refuse(user, 134, "Service cannot load in requested session"), refuse("system", 134, "Service cannot load in requested session"),
			},
			class: launchd.SessionMismatch, rc: 134,
			says:  `job L: domain_session_mismatch: launchctl bootstrap ` + last + ` = 134, "Bootstrap failed: 134: Service cannot load in requested session": log in at the screen of this Mac and run it from there`,
			calls: slices.Concat(upTo, down, inUser),
		},
		{
			name: "bootstrap_failed", answers: []launchdtest.Answer{refuse(gui, 5, "Input/output error")},
			class: launchd.BootstrapFailed, rc: 5,
			says: `job L: bootstrap_failed: launchctl bootstrap GUI = 5, "Bootstrap failed: 5: Input/output error": launchctl says this of many things, and log_show in launchctl_diagnostics.json of which`,
		},
		{
			name: "disabled", answers: []launchdtest.Answer{refuse(gui, 119, "Service is disabled")},
			class: launchd.BootstrapFailed, rc: 119,
			says: `job L: bootstrap_failed: launchctl bootstrap GUI = 119, "Bootstrap failed: 119: Service is disabled": enable it with launchctl enable GUI/L`,
		},
		{
			name: "booted_in_but_gone", answers: []launchdtest.Answer{{Asked: "launchctl bootstrap"}},
			says: `job L: the worker ended before it came forward: launchd knows of no such job any more`,
		},
		{
			name: "dies", act: "die",
			says: `job L: the worker ended before it came forward: exit code 3: it printed "dyld: symbol not found"`,
		},
		{
			name: "never_comes", act: "never", limit: 300 * time.Millisecond,
			says: `job L: the worker did not come forward within 300ms`,
		},
		{
			name: "no_launchctl", change: func(cfg *launchd.Config) { cfg.Tools.Launchctl = "/no/launchctl" },
			says:  `launchd is asked by /no/launchctl: no such file or directory: it is part of macOS, use another channel where it is missing`,
			calls: []string{}, noLog: true,
		},
		{
			name: "launchctl_is_no_program", change: func(cfg *launchd.Config) { cfg.Tools.Launchctl = "/dev/null" },
			says:  `launchd is asked by /dev/null: permission denied: it is part of macOS, use another channel where it is missing`,
			calls: []string{}, noLog: true,
		},
		{
			name: "no_program", change: func(cfg *launchd.Config) { cfg.Program = "/no/program" },
			says:  `job L: the program to run: lstat /no: no such file or directory`,
			calls: []string{}, noLog: true,
		},
		{
			name: "long_run_id", change: func(cfg *launchd.Config) { cfg.Label = strings.Repeat("L", 103) },
			says:  `give the run an id that is shorter by `,
			calls: []string{}, noLog: true,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := launchdtest.New(t)
			cfg := config(t, l, "L", tt.act)
			l.Answers(t, tt.answers...)
			if tt.change != nil {
				tt.change(&cfg)
			}
			if tt.limit != 0 {
				cfg.Limit = tt.limit
			}
			j, d, err := launchd.Start(t.Context(), cfg)
			if err == nil {
				j.Stop()
				t.Fatal("it comes to life")
			}
			says := strings.NewReplacer("BASE", cfg.Base, "GUI", gui, "USER", user).Replace(tt.says)
			if got := err.Error(); got != says && (tt.name != "long_run_id" || !strings.Contains(got, says)) {
				t.Errorf("error %q\nwant  %q", got, says)
			}
			if d.Error != err.Error() || d.PID != 0 || d.Left != "" {
				t.Errorf("diagnostics %+v", d)
			}
			if (d.Failure == nil) != (tt.class == "") || d.Failure != nil && *d.Failure != (launchd.Failure{Classification: tt.class, RC: tt.rc}) {
				t.Errorf("failure %+v, want %s, %d", d.Failure, tt.class, tt.rc)
			}
			if (d.LogShow == nil) != tt.noLog || !tt.noLog && (d.LogShow.RC != 0 || d.LogShow.Stdout == "") {
				t.Errorf("log_show %+v", d.LogShow)
			}
			want := tt.calls
			if want == nil {
				want = slices.Concat(upTo, down)
			}
			// How often it was looked at is a matter of time.
			got := slices.Compact(slices.DeleteFunc(l.Calls(t), func(call string) bool {
				return strings.HasPrefix(call, "log ")
			}))
			if tt.class == "" && len(got) > 4 && got[3] == down[1] {
				got = slices.Delete(got, 3, 4)
			}
			if diff := cmp.Diff(want, got, cmp.Transformer("empty", func(s []string) []string { return append([]string{}, s...) })); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if tt.class == "" && len(want) > 0 && !slices.Contains(got, tried) {
				t.Errorf("it was not booted out: %q", got)
			}
		})
	}
}

// The gui domain does not answer, or will not have the job: the user's domain has
// it, and both are recorded.
func TestUserDomain(t *testing.T) {
	t.Parallel()
	gui := fmt.Sprintf("gui/%d", os.Getuid())
	for _, tt := range []struct {
		name   string
		answer launchdtest.Answer
		calls  []string
	}{
		{
			"gui_unavailable",
			launchdtest.Answer{Asked: "launchctl print " + gui, RC: 112, Stderr: "Could not find domain for user gui: 501\n"},
			upTo[:1],
		},
		{
			"gui_refuses",
			launchdtest.Answer{Asked: "launchctl bootstrap " + gui, RC: 125, Stderr: "Bootstrap failed: 125: Domain does not support specified action\n"},
			slices.Concat(upTo, down),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := launchdtest.New(t)
			l.Answers(t, tt.answer)
			j, d, err := launchd.Start(t.Context(), config(t, l, "L", ""))
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(j.FD)
			j.Stop()
			if d.Domain != fmt.Sprintf("user/%d", os.Getuid()) || d.DomainReason != launchd.GUIUnavailable || !slices.Equal(d.SessionTypes, []string{"Background"}) || d.Failure != nil || d.Error != "" {
				t.Errorf("diagnostics %+v", d)
			}
			want := slices.Concat(tt.calls, []string{
				"plutil -lint JOBS/L/L.plist", "launchctl bootstrap user/UID JOBS/L/L.plist", "launchctl bootout user/UID/L", "launchctl print user/UID/L"})
			if diff := cmp.Diff(want, l.Calls(t)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if !slices.ContainsFunc(d.Commands, func(c launchd.Command) bool { return c.RC == tt.answer.RC && c.Stderr == tt.answer.Stderr }) {
				t.Errorf("what launchctl said is not recorded: %+v", d.Commands)
			}
		})
	}
}

// A launchctl that gives no answer does not say that there is no such job.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	l.Answers(t, launchdtest.Answer{Asked: fmt.Sprintf("launchctl print gui/%d/L", os.Getuid()), RC: -1})
	j, d, err := launchd.Start(t.Context(), config(t, l, "L", "late"))
	if err != nil {
		t.Fatalf("%v\n%+v", err, d)
	}
	defer unix.Close(j.FD)
	l.Answers(t)
	if j.Stop(); d.Left != "" {
		t.Errorf("left behind: %s", d.Left)
	}
}

// Whoever connects and is not the worker is turned away, and waiting goes on.
func TestStrangers(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"wrong", "silent"} {
		t.Run(act, func(t *testing.T) {
			t.Parallel()
			j, _, err := launchd.Start(t.Context(), config(t, launchdtest.New(t), "L", act))
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(j.FD)
			defer j.Stop()
			if b := heard(t, j); b.PID != j.PID {
				t.Errorf("the worker is %d, the job's %d", b.PID, j.PID)
			}
		})
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(500*time.Millisecond, func() { cancel(errors.New("interrupted")) })
	_, d, err := launchd.Start(ctx, config(t, l, "L", "never"))
	if err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("Start = %v, want the cause of the context's end", err)
	}
	if calls := l.Calls(t); !slices.Contains(calls, down[0]) || d.Left != "" {
		t.Errorf("calls %q, left %q", calls, d.Left)
	}
}

// A worker that has ended by itself says how, and one that will not end is ended.
func TestEpitaph(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(j *launchd.Job) error
		want string
	}{
		{"exits", func(j *launchd.Job) error { _, err := unix.Write(j.FD, []byte("end\n")); return err }, "exit code 7: panic: told to"},
		{"killed", func(j *launchd.Job) error { return unix.Kill(j.PID, unix.SIGKILL) }, "ended by signal killed: 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j, d, err := launchd.Start(t.Context(), config(t, launchdtest.New(t), "L", ""))
			if err != nil {
				t.Fatal(err)
			}
			defer unix.Close(j.FD)
			defer j.Stop()
			heard(t, j)
			if err := tt.end(j); err != nil {
				t.Fatal(err)
			}
			for start := time.Now(); !j.Exited(); time.Sleep(5 * time.Millisecond) {
				if time.Since(start) > 10*time.Second {
					t.Fatal("it does not end")
				}
			}
			j.Stop()
			if got := j.Epitaph(); got != tt.want {
				t.Errorf("epitaph %q, want %q", got, tt.want)
			}
			if text := fmt.Sprint(d.Commands); !strings.Contains(text, "state = not running") || strings.Contains(text, launchdtest.Secret) {
				t.Errorf("recorded %s: want what print says, without environments", text)
			}
		})
	}
}

// Launchctl fails to boot a job out: its worker ends all the same, and what is left
// is said.
func TestBootoutFails(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	cfg := config(t, l, launchd.Label("stays", 1, 1), "hang")
	cfg.TestOnlyPatience(200 * time.Millisecond)
	j, d, err := launchd.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(j.FD)
	heard(t, j)
	l.Answers(t, launchdtest.Answer{Asked: "launchctl bootout", RC: 36, Stderr: "Boot-out failed: 36: Operation now in progress\n"})
	j.Stop()
	if syscall.Kill(j.PID, 0) == nil && !zombie(j.PID) {
		t.Errorf("worker %d outlives Stop", j.PID)
	}
	if !strings.Contains(d.Left, `the job is still loaded, launchctl bootout = 36, "Boot-out failed: 36: Operation now in progress"`) {
		t.Errorf("left %q", d.Left)
	}
	l.Answers(t)
	next, _, err := launchd.Start(t.Context(), config(t, l, launchd.Label("next", 1, 1), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(next.FD)
	next.Stop()
	if loaded, folders := l.Loaded(t), l.Folders(t); len(loaded)+len(folders) != 0 {
		t.Errorf("the next run leaves %q loaded and the folders %q", loaded, folders)
	}
}

// What a process that was killed left behind goes when the next job is started;
// what belongs to a living one stays.
func TestSweep(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	living, _, err := launchd.Start(t.Context(), config(t, l, launchd.Label("living", 1, 1), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(living.FD)
	worker := killed(t, l, launchd.Label("dead", 1, 1))
	for start := time.Now(); syscall.Kill(worker, 0) == nil && !zombie(worker); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("worker %d does not end when who started it is killed", worker)
		}
	}
	if loaded := l.Loaded(t); len(loaded) != 2 {
		t.Errorf("loaded before the sweep: %q", loaded)
	}
	next, nd, err := launchd.Start(t.Context(), config(t, l, launchd.Label("next", 1, 1), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(next.FD)
	if got, want := l.Folders(t), []string{"rtgen.runtime.living", "rtgen.runtime.next"}; !slices.Equal(got, want) {
		t.Errorf("folders %q, want %q", got, want)
	}
	if loaded := l.Loaded(t); len(loaded) != 2 {
		t.Errorf("loaded %q", loaded)
	}
	if want := "bootout " + nd.Domain + "/rtgen.runtime.dead"; !slices.ContainsFunc(nd.Commands, func(c launchd.Command) bool { return strings.HasSuffix(strings.Join(c.Argv, " "), want) }) {
		t.Errorf("%q is not recorded: %+v", want, nd.Commands)
	}
	living.Stop()
	next.Stop()
}

// killed has another process start a job, and kills it. It gives the job's worker.
func killed(t *testing.T, l *launchdtest.Launchd, label string) (worker int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), envOwner+"="+l.Dir()+" "+label)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fscan(out, &worker)
	if kerr := cmd.Process.Kill(); err != nil || kerr != nil {
		t.Fatal(err, kerr)
	}
	_ = cmd.Wait() // it was killed
	return worker
}

func TestParallelLabels(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	var wg sync.WaitGroup
	for process := range 4 {
		wg.Go(func() {
			j, _, err := launchd.Start(t.Context(), config(t, l, launchd.Label("r", process+1, 1), ""))
			if err != nil {
				t.Error(err)
				return
			}
			defer unix.Close(j.FD)
			if b := heard(t, j); b.PID != j.PID {
				t.Errorf("the worker is %d, the job's %d", b.PID, j.PID)
			}
			j.Stop()
		})
	}
	wg.Wait()
}

// A label that is at work is not taken a second time, and whose it is keeps it.
func TestLabelIsTaken(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	first, _, err := launchd.Start(t.Context(), config(t, l, "rtgen.runtime.r", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(first.FD)
	defer first.Stop()
	_, d, err := launchd.Start(t.Context(), config(t, l, "rtgen.runtime.r", ""))
	if err == nil || !strings.Contains(err.Error(), "another run of this id is at work, give this one another") {
		t.Errorf("a second job of that label: %v", err)
	}
	if first.Exited() || len(d.Commands) > 0 {
		t.Errorf("the first has ended: %v, commands %+v", first.Exited(), d.Commands)
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		make func(base string) error
		says string
	}{
		{"symlink", func(base string) error { return os.Symlink(filepath.Dir(base), base) }, "is a symlink: remove it"},
		{"file", func(base string) error { return os.WriteFile(base, nil, 0o600) }, "is no folder: remove it"},
		{"open", func(base string) error { return errors.Join(os.Mkdir(base, 0o700), os.Chmod(base, 0o777)) }, "can be written by others: remove it"},
		{"no_parent", nil, "no such file or directory"},
		{"foreign", func(base string) error { return errors.Join(os.Mkdir(base, 0o700), os.Chown(base, 4711, -1)) }, "is somebody else's: remove it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := launchdtest.New(t)
			cfg := config(t, l, "L", "")
			if tt.make == nil {
				cfg.Base = filepath.Join(cfg.Base, "deeper")
			} else if err := tt.make(cfg.Base); errors.Is(err, os.ErrPermission) {
				t.Skipf("only root gives a folder away: %v", err)
			} else if err != nil {
				t.Fatal(err)
			}
			if _, _, err := launchd.Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Start = %v, want %q", err, tt.says)
			}
			if calls := l.Calls(t); len(calls) > 0 {
				t.Errorf("calls %q", calls)
			}
			if tt.make != nil {
				if err := os.Remove(cfg.Base); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// A program that launchd's jobs may not run is copied to where they may.
func TestStaged(t *testing.T) {
	t.Parallel()
	l := launchdtest.New(t)
	cfg := config(t, l, "L", "")
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(home, "Documents", "work", "suite.test")
	data, err := os.ReadFile(cfg.Program)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(program), 0o755)
	}
	if err == nil {
		err = os.WriteFile(program, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	cfg.Home, cfg.Program = home, program
	j, d, err := launchd.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(j.FD)
	to := filepath.Join(cfg.Base, "L", "worker")
	if b := heard(t, j); b.Exe != to {
		t.Errorf("what runs is %s, want %s", b.Exe, to)
	}
	if s := d.Staged; s == nil || s.From != cfg.Program || s.To != to || len(s.SHA256) != 64 || !strings.Contains(s.Reason, home+"/Documents") {
		t.Errorf("staged %+v", s)
	}
	j.Stop()
}
