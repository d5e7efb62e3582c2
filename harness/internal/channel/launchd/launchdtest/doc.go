// Package launchdtest stands in for launchd in tests: launchctl, plutil and log
// as real programs, which keep what they were asked, answer as they are told to,
// and start and end jobs as launchd would: in a session of their own, with the
// environment, the folder and the files of their property list, and nobody's
// children.
//
// The programs are the test binary itself under their names, so a package that
// uses them calls Main first in its TestMain.
package launchdtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel/launchd"
)

// Launchd is a launchd of one test.
type Launchd struct{ dir string }

// New makes the programs in a folder of the test's. The test fails when jobs or
// their folders are left at its end.
func New(t testing.TB) *Launchd {
	t.Helper()
	// A test's own folder has too long a name for a socket in it.
	dir, err := os.MkdirTemp("", "ld")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range programs {
		if err := os.Symlink(exe, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, loadedDir), 0o755); err != nil {
		t.Fatal(err)
	}
	l := &Launchd{dir}
	t.Cleanup(func() {
		if loaded := l.Loaded(t); len(loaded) > 0 {
			t.Errorf("still loaded: %q", loaded)
		}
		if folders := l.Folders(t); len(folders) > 0 {
			t.Errorf("folders of jobs are left: %q", folders)
		}
	})
	return l
}

// At is the one of another process, whose programs are in dir.
func At(dir string) *Launchd { return &Launchd{dir} }

// Config leads to the programs.
func (l *Launchd) Config() launchd.Config {
	return launchd.Config{
		Base: filepath.Join(l.dir, "jobs"),
		Tools: launchd.Tools{
			Launchctl: filepath.Join(l.dir, launchctl), Plutil: filepath.Join(l.dir, plutil), Log: filepath.Join(l.dir, logShow),
		},
	}
}

// Dir has the programs, and the jobs' folders in "jobs".
func (l *Launchd) Dir() string { return l.dir }

// Answer is what a program says in place of doing what it is asked.
type Answer struct {
	Asked  string // the beginning of its name and arguments, as one text
	RC     int
	Stdout string
	Stderr string
}

// Answers has calls be answered from now on, by the first that fits.
func (l *Launchd) Answers(t testing.TB, answers ...Answer) {
	t.Helper()
	data, err := json.Marshal(answers)
	if err == nil {
		err = os.WriteFile(filepath.Join(l.dir, answersFile), data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Calls are what the programs were asked so far: each its name and arguments as
// one text, with the names of jobs' folders and users shortened.
func (l *Launchd) Calls(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(l.dir, callsFile))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	short := strings.NewReplacer(filepath.Join(l.dir, "jobs"), "JOBS", fmt.Sprintf("gui/%d", os.Getuid()), "gui/UID", fmt.Sprintf("user/%d", os.Getuid()), "user/UID")
	var calls []string
	for line := range strings.Lines(string(data)) {
		calls = append(calls, short.Replace(strings.TrimSuffix(line, "\n")))
	}
	return calls
}

// Loaded are the targets of the jobs that are loaded.
func (l *Launchd) Loaded(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(l.dir, loadedDir))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, e := range entries {
		if target, isJob := strings.CutSuffix(e.Name(), ".json"); isJob {
			targets = append(targets, strings.ReplaceAll(target, "+", "/"))
		}
	}
	return targets
}

// Folders are the names of jobs' folders.
func (l *Launchd) Folders(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(l.dir, "jobs"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}
