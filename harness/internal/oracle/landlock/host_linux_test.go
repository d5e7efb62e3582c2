package landlock_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestHost(t *testing.T) {
	h := oracle.NewHost()
	at, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(at+"/script", []byte("#!/bin/sh -e\n"), 0o700))
	must(os.Link(at+"/script", at+"/hard"))
	must(os.Symlink("script", at+"/link"))
	must(os.Mkdir(at+"/empty", 0o750))
	must(unix.Mkfifo(at+"/pipe", 0o600))

	script, err := h.Lookup(at + "/script")
	must(err)
	hard, err := h.Lookup(at + "/hard")
	must(err)
	if script.Inode != hard.Inode || script.Kind != oracle.File || script.Perm == nil || script.Perm.Mode != 0o700 {
		t.Errorf("script %+v, hard link %+v", script, hard)
	}
	link, err := h.Lookup(at + "/link")
	must(err)
	if link.Kind != oracle.Symlink || link.To != "script" || link.Magic || link.Mount != script.Mount {
		t.Errorf("link %+v", link)
	}
	if n, err := h.Lookup(at + "/pipe"); err != nil || n.Kind != oracle.FIFO {
		t.Errorf("pipe %+v, %v", n, err)
	}
	if _, err := h.Lookup(at + "/none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a name that does not exist: %v", err)
	}
	if d, err := h.Inspect(at + "/script"); err != nil || d.Format != oracle.FormatScript || d.Interpreter != "/bin/sh" {
		t.Errorf("script %+v, %v", d, err)
	}
	if d, err := h.Inspect(at + "/empty"); err != nil || !d.Empty {
		t.Errorf("empty %+v, %v", d, err)
	}
	if d, err := h.Inspect(at); err != nil || d.Empty {
		t.Errorf("full %+v, %v", d, err)
	}
	self, err := os.Executable()
	must(err)
	if d, err := h.Inspect(self); err != nil || d.Format != oracle.FormatELF {
		t.Errorf("this program %+v, %v", d, err)
	}
	if exe, err := h.Lookup("/proc/self"); err != nil || !exe.Magic {
		t.Errorf("/proc/self %+v, %v, want a magic link", exe, err)
	}
	root, err := h.Lookup("/")
	must(err)
	if proc, err := h.Lookup("/proc"); err != nil || proc.Mount.ID == root.Mount.ID || proc.Mount.FS != "proc" {
		t.Errorf("/proc %+v, %v", proc, err)
	}
	a := oracle.Ask(oracle.Question{Op: "fs.read_file", Target: "/proc/self/exe", Tree: h})
	if a.Decision != oracle.Unknown {
		t.Errorf("through a magic link: %+v", a)
	}
}

// TestFixtureIsWhatIsMade wants the tree of a fixture before it is made to
// answer as the host does once it is.
func TestFixtureIsWhatIsMade(t *testing.T) {
	made, err := fixture.Make(t.TempDir(), 7, site)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := made.Close(); err != nil {
			t.Error(err)
		}
	}()
	scratch := made.Vars[fixture.VarScratch]
	tree, err := oracle.FromFixture(site, siteVars(scratch), oracle.NewHost())
	if err != nil {
		t.Fatal(err)
	}
	rows := fixtureRows(scratch)
	run(t, oracle.NewHost(), rows)
	run(t, tree, rows)
	system := row{layers: rulesets(layer(grant("/", sandbox.Execute|sandbox.ReadFile))), op: "fs.execute", target: "/bin/sh"}
	if a := system.ask(tree); a.Decision != oracle.Allow || len(a.Granting) != 1 {
		t.Errorf("execute /bin/sh = %+v, want allow by one rule", a)
	}
}
