//go:build linux && seatbelt_fake

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/channel/launchd/launchdtest"
)

func init() { launchdtest.Main() }

// plainFolder makes a folder that is reached by none of the links that macOS has, and
// the model therefore assumes: wherever the repository lies.
func plainFolder(t *testing.T) string {
	t.Helper()
	home, _ := os.UserHomeDir() // empty: the next one
	for _, parent := range []string{".", home, "/dev/shm"} {
		parent, err := filepath.Abs(parent)
		if err != nil || slices.ContainsFunc([]string{"/tmp/", "/var/", "/etc/"}, func(link string) bool { return strings.HasPrefix(parent+"/", link) }) {
			continue
		}
		if dir, err := os.MkdirTemp(parent, "rtgen-temp-"); err == nil {
			t.Cleanup(func() { os.RemoveAll(dir) })
			return dir
		}
	}
	t.Skip("no folder but below /tmp, /var or /etc, which are links on macOS")
	return ""
}

// Over the stand-in for macOS's engine, checks hold where it is like that and fail
// where it is not: it compiles nothing, kills nobody, knows no message filters, has
// Linux's own errnos where nothing was refused, and no /private.
func TestChecksOverStandIn(t *testing.T) {
	l := launchdtest.New(t)
	t.Setenv(channel.EnvFakeLaunchd, l.Dir())
	t.Setenv("TMPDIR", plainFolder(t))
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	want := map[string]struct {
		verdict verdict
		saw     string
	}{
		"blob":           {fails, "sandbox_compile_string: no Seatbelt on linux"},
		"send-signal":    {fails, "send-signal SIGKILL)): deny"},
		"message-filter": {fails, "it was taken"},
		"connect-denied": {fails, "wanted ECONNREFUSED"},
		"first-suite":    {fails, "of 66 scenarios, 66 run, 0 skipped; not promotable"},
		"expected":       {fails, "expected allow, nothing was decided"},
	}
	dir := t.TempDir()
	for _, a := range assumptions {
		if checks[a.ID] == nil {
			continue
		}
		t.Run(a.ID, func(t *testing.T) {
			w := want[a.ID]
			switch _, err := os.Stat(privateTemp); {
			case w.verdict != "":
			case a.Group == "paths" && err != nil:
				w.verdict, w.saw = notChecked, "no such file or directory"
			case a.Group == "paths":
				t.Skipf("there is a %s here, and what leads to it is unknown", privateTemp)
			default:
				w.verdict = holds
			}
			if o := alone(a, dir, a.limit()); o.Verdict != w.verdict || !strings.Contains(o.Saw, w.saw) {
				t.Errorf("%s, %q; want %s, %q", o.Verdict, o.Saw, w.verdict, w.saw)
			}
		})
	}
}
