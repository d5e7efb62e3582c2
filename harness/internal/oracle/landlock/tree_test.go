package landlock_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestDataFaults(t *testing.T) {
	_, err := oracle.NewData(false,
		file("relative"), file("/a/../b"), file("/a"), file("/a"), file("/a/b"),
		hardlink("/h", "/none"), oracle.Entry{Path: "/k", Kind: "door"})
	want := `tree entry "relative": not an absolute clean path
tree entry "/a/../b": not an absolute clean path
tree entry "/a": given twice
tree entry "/a/b": parent "/a" is no directory
tree entry "/h": hard link to "/none", which is no file of this tree
tree entry "/k": unknown kind "door"`
	if err == nil || err.Error() != want {
		t.Errorf("NewData = %v, want %s", err, want)
	}
}

func TestDataKnowledge(t *testing.T) {
	d := data(t, dir("/whole/a"), oracle.Entry{Path: "/part", Kind: oracle.Dir, Partial: true})
	for path, want := range map[string]error{
		"/whole/a": nil, "/whole/b": fs.ErrNotExist, "/whole/b/c": fs.ErrNotExist, "/": nil,
		"/part": nil, "/part/b": oracle.ErrUnknown, "/part/b/c": oracle.ErrUnknown, "/other": fs.ErrNotExist,
	} {
		if _, err := d.Lookup(path); !errors.Is(err, want) {
			t.Errorf("Lookup(%s) = %v, want %v", path, err, want)
		}
	}
	if detail, err := d.Inspect("/whole"); err != nil || detail.Empty {
		t.Errorf("Inspect(/whole) = %+v, %v, want not empty", detail, err)
	}
	if detail, err := d.Inspect("/whole/a"); err != nil || !detail.Empty {
		t.Errorf("Inspect(/whole/a) = %+v, %v, want empty", detail, err)
	}
	if _, err := d.Inspect("/part"); !errors.Is(err, oracle.ErrUnknown) {
		t.Errorf("Inspect(/part) = %v, want %v", err, oracle.ErrUnknown)
	}
	if _, err := (oracle.Nothing{}).Lookup("/"); !errors.Is(err, oracle.ErrUnknown) {
		t.Errorf("Nothing knows %v", err)
	}
}

// TestDataMagic holds that a link which leads elsewhere than its text says is
// not followed, and can be read all the same.
func TestDataMagic(t *testing.T) {
	tree := data(t, oracle.Entry{Path: "/proc/self/cwd", Kind: oracle.Symlink, To: "/w", Magic: true}, file("/w/a"))
	run(t, tree, []row{
		{name: "through", layers: rulesets(layer()), op: "fs.read_file", target: "/proc/self/cwd/a", want: oracle.Unknown, reason: "magic link"},
		{name: "itself", layers: rulesets(layer()), op: "syscall.readlink", target: "/proc/self/cwd", want: oracle.Allow},
		{name: "as a rule's parent", layers: rulesets(layer(grant("/proc/self/cwd", allFS))), op: "fs.read_file", target: "/w/a", want: oracle.Unknown, missing: "0 fs.read_file", reason: "may grant fs.read_file"},
	})
}

func TestCachedAsksOnce(t *testing.T) {
	counting := &counter{Tree: home(t)}
	c := oracle.NewCached(counting)
	for range 3 {
		if _, err := c.Lookup("/w/none"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Lookup = %v", err)
		}
		if detail, err := c.Inspect("/w/empty"); err != nil || !detail.Empty {
			t.Errorf("Inspect = %+v, %v", detail, err)
		}
	}
	if counting.n != 2 {
		t.Errorf("the tree was asked %d times, want 2", counting.n)
	}
}

type counter struct {
	oracle.Tree
	n int
}

func (c *counter) Lookup(path string) (oracle.Node, error)    { c.n++; return c.Tree.Lookup(path) }
func (c *counter) Inspect(path string) (oracle.Detail, error) { c.n++; return c.Tree.Inspect(path) }

func TestInterpreter(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, r := range []struct {
		head, want string
		ok         bool
	}{
		{"#!/bin/sh\n", "/bin/sh", true},
		{"#!/bin/sh", "/bin/sh", true},
		{"#! \t/bin/sh -e -x\nrest", "/bin/sh", true},
		{"#!/bin/sh\t\n", "/bin/sh", true},
		{"#!/bin/sh\r\n", "/bin/sh\r", true}, // as the kernel reads it
		{"#!sh\n", "sh", true},
		{"#!\n", "", false},
		{"#!  \n/bin/sh", "", false},
		{"#!", "", false},
		{"# !/bin/sh\n", "", false},
		{"", "", false},
		{"#!/" + long + "\n", "", false}, // cut off inside the name
		{"#!/bin/sh " + long + "\n", "/bin/sh", true},
		{"#!" + strings.Repeat(" ", 300) + "/bin/sh\n", "", false},
	} {
		if got, ok := oracle.InterpreterOf([]byte(r.head)); got != r.want || ok != r.ok {
			t.Errorf("interpreterOf(%.20q) = %q, %t, want %q, %t", r.head, got, ok, r.want, r.ok)
		}
	}
}

func siteVars(scratch string) map[string]string {
	return map[string]string{
		fixture.VarScratch: scratch, fixture.VarHome: scratch + "/home", fixture.VarWorkspace: scratch + "/home/project",
		fixture.VarLoopback: "127.0.0.1",
	}
}

var site = fixture.Spec{Tree: []fixture.Node{
	{Path: "${home}/.ssh/id", Kind: fixture.File, Mode: "0600", Content: "key"},
	{Path: "${workspace}/link", Kind: fixture.Symlink, To: "${home}/.ssh/id"},
	{Path: "${workspace}/hard", Kind: fixture.Hardlink, To: "${home}/.ssh/id"},
	{Path: "${workspace}/bin/run", Kind: fixture.File, Mode: "0755", Content: "#!${workspace}/bin/interp\n"},
	{Path: "${workspace}/bin/interp", Kind: fixture.File, Mode: "0755"},
	{Path: "${workspace}/pipe", Kind: fixture.FIFO},
	{Path: "${scratch}/out/new", Kind: fixture.Absent},
	{Path: "${scratch}/out", Kind: fixture.Dir, Mode: "0700"},
}}

// fixtureRows are questions about site, wherever its scratch is.
func fixtureRows(scratch string) []row {
	workspace := scratch + "/home/project"
	only := rulesets(layer(grant(workspace, allFS)))
	return []row{
		{name: "workspace", layers: only, op: "fs.write_file", target: workspace + "/bin/run", want: oracle.Allow},
		{name: "link out", layers: only, op: "fs.read_file", target: workspace + "/link", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "hard link in", layers: only, op: "fs.read_file", target: workspace + "/hard", want: oracle.Allow},
		{name: "interpreter in the content", layers: rulesets(layer(grant(workspace+"/bin/run", allFS))), op: "fs.execute", target: workspace + "/bin/run", want: oracle.Deny, errno: 13, missing: "0 fs.execute, 0 fs.read_file", reason: "interpreter"},
		{name: "make in the workspace", layers: only, op: "fs.make_dir", target: workspace + "/new", want: oracle.Allow},
		{name: "make what is absent", layers: only, op: "fs.make_reg", target: scratch + "/out/new", want: oracle.Deny, errno: 13, missing: "0 fs.make_reg"},
		{name: "absent", layers: only, op: "fs.read_file", target: scratch + "/out/new", want: oracle.Unknown, errno: 2},
		{name: "move in", layers: only, op: "syscall.rename", source: scratch + "/home/.ssh/id", target: workspace + "/id", want: oracle.Deny, errno: 13, missing: "0 fs.remove_file, 0 fs.refer"},
	}
}

func TestFixture(t *testing.T) {
	t.Run("host unknown", func(t *testing.T) {
		tree, err := oracle.FromFixture(site, siteVars("/var/run/s/7"), nil)
		if err != nil {
			t.Fatal(err)
		}
		run(t, tree, fixtureRows("/var/run/s/7"))
		run(t, tree, []row{{name: "host path", layers: rulesets(layer()), op: "fs.read_file", target: "/etc/hosts", want: oracle.Unknown, reason: "not described"},
			{name: "beside scratch", layers: rulesets(layer()), op: "fs.read_file", target: "/var/run/s/8", want: oracle.Unknown, reason: "not described"}})
	})
	t.Run("host described, scratch behind a link", func(t *testing.T) {
		host := data(t, symlink("/var", "private/var"), dir("/private/var"), file("/etc/hosts"))
		tree, err := oracle.FromFixture(site, siteVars("/var/run/s/7"), host)
		if err != nil {
			t.Fatal(err)
		}
		run(t, tree, fixtureRows("/var/run/s/7"))
		run(t, tree, []row{
			{name: "host path", layers: rulesets(layer(grant("/private", sandbox.ReadFile))), op: "fs.read_file", target: "/etc/hosts", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
			{name: "rule above the link's target", layers: rulesets(layer(grant("/private", sandbox.ReadFile))), op: "fs.read_file", target: "/var/run/s/7/home/.ssh/id", want: oracle.Allow},
		})
	})
	t.Run("real host, nothing made", func(t *testing.T) {
		scratch := filepath.Join(t.TempDir(), "not", "made")
		tree, err := oracle.FromFixture(site, siteVars(scratch), oracle.NewHost())
		if err != nil {
			t.Fatal(err)
		}
		run(t, tree, fixtureRows(scratch))
		if _, err := os.Lstat(scratch); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("asking made %s: %v", scratch, err)
		}
	})
}

func TestFixtureFaults(t *testing.T) {
	bad := siteVars("/s")
	bad[fixture.VarWorkspace] = "/elsewhere"
	for name, r := range map[string]struct {
		spec fixture.Spec
		vars map[string]string
		rest oracle.Tree
		want string
	}{
		"spec":         {fixture.Spec{Tree: []fixture.Node{{Path: "/etc/x", Kind: fixture.File}}}, siteVars("/s"), nil, "must start with"},
		"no scratch":   {fixture.Spec{}, nil, nil, "variable scratch"},
		"outside":      {fixture.Spec{}, bad, nil, "variable workspace"},
		"no directory": {fixture.Spec{}, siteVars("/s/t"), data(t, file("/s")), "no directory"},
	} {
		if _, err := oracle.FromFixture(r.spec, r.vars, r.rest); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%s: %v, want an error with %q", name, err, r.want)
		}
	}
}
