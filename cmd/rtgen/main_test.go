package main

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
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
}

func setup(env *testscript.Env) error {
	for name, from := range plans {
		if err := os.CopyFS(filepath.Join(env.WorkDir, name), os.DirFS(from)); err != nil {
			return err
		}
	}
	env.Values[background{}] = make(map[string]*process)
	// The script's folder is the root that names in messages start from.
	return os.WriteFile(filepath.Join(env.WorkDir, "go.mod"), []byte("module script\n"), 0o644)
}

// condition answers what this host can do, by trying it once.
func condition(name string) (bool, error) {
	switch name {
	case "landlock": // a policy is seen to be enforced
		return enforces(), nil
	case "mounts": // a mount namespace of one's own can be had
		return mounts(), nil
	}
	return false, errors.New("unknown condition")
}

var enforces = sync.OnceValue(func() bool {
	out, err := exec.Command("rtgen", "status", "--json").Output()
	return err == nil && query(out, "engines.0.available") == "true"
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
