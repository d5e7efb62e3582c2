package main

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary rtgen when it is called so, and the helper
// commands by their names: scripts run the real main in a real process.
func TestMain(m *testing.M) {
	commands := map[string]func(){"rtgen": main}
	maps.Copy(commands, helpers)
	// The race detector lets every process sleep a second at its end, and the
	// scripts start hundreds.
	if os.Getenv("GORACE") == "" {
		os.Setenv("GORACE", "atexit_sleep_ms=0")
	}
	testscript.Main(m, commands)
}

// TestScript runs every testdata/script/*.txtar: one behaviour each, its first
// lines say which. Every script starts in a root of its own with the plans
// small, all of whose expectations hold, and hang, whose second probe opens a
// FIFO nobody writes to.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		Setup:               setup,
		Condition:           condition,
		Cmds:                scriptCommands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// plans are copied into each script's folder under these names.
var plans = map[string]string{
	"plan": "../../testdata/small",
	"hang": "testdata/hang",

	"accidents": "testdata/accidents",
	"honest":    "testdata/honest",
}

func setup(env *testscript.Env) error {
	for name, from := range plans {
		if err := os.CopyFS(filepath.Join(env.WorkDir, name), os.DirFS(from)); err != nil {
			return err
		}
	}
	// A script may run rtgen as another user, who must get at its files.
	for _, dir := range []string{env.WorkDir, filepath.Dir(env.WorkDir), filepath.Join(env.WorkDir, ".tmp")} {
		if err := os.Chmod(dir, 0o777); err != nil {
			return err
		}
	}
	probes := filepath.Join(env.WorkDir, "accidents/registry/probes.json")
	// What the probes of the plan accidents start, and a name that takes memory
	// to read.
	if path, err := exec.LookPath("accident"); err == nil {
		if err := put(probes, "ACCIDENT", path); err != nil {
			return err
		}
	}
	if err := put(filepath.Join(env.WorkDir, "honest/registry/probes.json"), "ONCE", filepath.Join(env.WorkDir, "once.sh")); err != nil {
		return err
	}
	if err := put(probes, "LONG", strings.Repeat("long", 1<<19)); err != nil {
		return err
	}
	env.Values[background{}] = make(map[string]*process)
	// The script's folder is the root that names in messages start from.
	return os.WriteFile(filepath.Join(env.WorkDir, "go.mod"), []byte("module script\n"), 0o644)
}

// put replaces a word everywhere in a file.
func put(file, word, by string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	return os.WriteFile(file, bytes.ReplaceAll(data, []byte(word), []byte(by)), 0o644)
}

// condition answers what this host can do, by trying it once.
func condition(name string) (bool, error) {
	switch name {
	case "landlock": // a policy is seen to be enforced
		return enforces(), nil
	case "root":
		return os.Geteuid() == 0, nil
	case "audit": // the kernel's audit log can be turned on and listened to
		return listens(), nil
	case "auditoff": // and is off when no test has turned it on
		return auditOff(), nil
	case "mounts": // a mount namespace of one's own can be had
		return mounts(), nil
	}
	return false, errors.New("unknown condition")
}

var enforces = sync.OnceValue(func() bool {
	out, err := exec.Command("rtgen", "status", "--json").Output()
	return err == nil && query(out, "engines.0.available") == "true"
})

var listens = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "rtgen-audit-")
	if err != nil {
		return false
	}
	defer os.RemoveAll(dir)
	out, err := exec.Command("rtgen", "run", "--plan", plans["plan"]+"/plan.json", "--lane=scenario", "--out", dir, "--witness=enable", "--json").Output()
	return err == nil && query(out, "witness.status") == "listening"
})

var mounts = sync.OnceValue(func() bool {
	dir, err := os.MkdirTemp("", "rtgen-mounts-")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	return exec.Command("tinyfs", "64k", dir, "true").Run() == nil
})

// names lists everything below dir, sorted, folders with a slash at their end.
func names(dir string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if d.IsDir() {
			rel += "/"
		}
		list = append(list, filepath.ToSlash(rel))
		return err
	})
	return list, err
}
