package landlock_test

import (
	"fmt"
	"strings"
	"testing"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestRefer(t *testing.T) {
	move := sandbox.Refer | sandbox.MakeReg | sandbox.RemoveFile
	tree := home(t)
	run(t, tree, []row{
		{name: "within a directory needs no refer", layers: rulesets(layer(grant("/w", sandbox.MakeReg|sandbox.RemoveFile))), op: "syscall.rename", source: "/w/src/a", target: "/w/src/b", want: oracle.Allow, reason: "stays in its directory"},
		{name: "not handled is denied all the same", layers: rulesets(sandbox.Ruleset{HandledFS: sandbox.ReadFile}), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 18, missing: "0 fs.refer"},
		{name: "one side is not enough", layers: rulesets(layer(grant("/w", move&^sandbox.Refer), grant("/w/src", sandbox.Refer))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 18, missing: "0 fs.refer"},
		{name: "both sides", layers: rulesets(layer(grant("/w/src", move), grant("/w/dst", move))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Allow},
		{name: "lacking make comes before lacking refer", layers: rulesets(layer(grant("/w/src", sandbox.RemoveFile))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 13, missing: "0 fs.make_reg, 0 fs.refer"},
		{name: "gains a right", layers: rulesets(layer(grant("/w", move), grant("/w/dst", sandbox.Execute))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 18, missing: "0 fs.execute", reason: "gain"},
		{name: "what an exchange brings back gains too", layers: rulesets(layer(grant("/", move), grant("/w/src", sandbox.Execute))), op: "syscall.rename", syscall: "exchange", source: "/w/src/a", target: "/home/key", want: oracle.Deny, errno: 18, missing: "0 fs.execute", reason: "/home/key would gain rights"},
		{name: "what the file has by itself is no gain", layers: rulesets(layer(grant("/w", move), grant("/w/dst", sandbox.Execute), grant("/w/src/a", sandbox.Execute))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Allow},
		{name: "a file gains no directory right", layers: rulesets(layer(grant("/w", move), grant("/w/dst", sandbox.ReadDir))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Allow},
		{name: "a directory does", layers: rulesets(layer(grant("/w", sandbox.Refer|sandbox.MakeDir|sandbox.RemoveDir), grant("/w/dst", sandbox.ReadDir))), op: "fs.refer", source: "/w/empty", target: "/w/dst/e", want: oracle.Deny, errno: 18, missing: "0 fs.read_dir", reason: "gain"},
		{name: "in any layer", layers: rulesets(layer(grant("/", allFS)), layer(grant("/w", move), grant("/w/dst", sandbox.WriteFile))), op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 18, missing: "1 fs.write_file", reason: "gain"},
		{name: "before ABI 2", layers: rulesets(sandbox.Ruleset{HandledFS: sandbox.AllFS(1), Paths: []sandbox.PathRule{grant("/", sandbox.AllFS(1))}}), abi: 1, op: "fs.refer", source: "/w/src/a", target: "/w/dst/a", want: oracle.Deny, errno: 18, missing: "0 fs.refer", reason: "ABI 2"},
		{name: "hard link into the workspace", layers: rulesets(layer(grant("/w", allFS))), op: "syscall.link", source: "/home/key", target: "/w/dst/k", want: oracle.Deny, errno: 18, missing: "0 fs.refer", reason: "would gain rights"},
		{name: "rename out of the workspace", layers: rulesets(layer(grant("/w", allFS))), op: "syscall.rename", source: "/w/src/a", target: "/home/a", want: oracle.Deny, errno: 13, missing: "0 fs.make_reg, 0 fs.refer"},
		{name: "replacing needs to remove", layers: rulesets(layer(grant("/w/src", move), grant("/w/dst", move), grant("/home", sandbox.MakeReg|sandbox.Refer))), op: "fs.refer", source: "/w/src/a", target: "/home/key", want: oracle.Deny, errno: 13, missing: "0 fs.remove_file"},
		{name: "same directory by a slash for fs.refer", layers: rulesets(layer()), op: "fs.refer", syscall: "link", source: "/w/up/", target: "/b", want: oracle.Unknown, reason: "one directory"},
		{name: "same directory for fs.refer", layers: rulesets(layer()), op: "fs.refer", source: "/w/src/a", target: "/w/src/b", want: oracle.Unknown, reason: "one directory"},
		{name: "into itself", layers: rulesets(layer()), op: "syscall.rename", source: "/w", target: "/w/src/w", want: oracle.Unknown, errno: 22},
		{name: "onto its own parent", layers: rulesets(layer()), op: "syscall.rename", source: "/w/src/a", target: "/w", want: oracle.Unknown, errno: 39},
		{name: "link of a directory", layers: rulesets(layer(grant("/", allFS))), op: "syscall.link", source: "/w/empty", target: "/w/dst/e", want: oracle.Unknown, errno: 1},
	})
}

// TestBindMount holds that a directory with two places is the same for rules, and
// not above what is beneath its other place.
func TestBindMount(t *testing.T) {
	second, third := oracle.Mount{ID: "2"}, oracle.Mount{ID: "3"}
	tree := data(t,
		dir("/w/e/n"), dir("/w/d"), file("/w/d/a"),
		oracle.Entry{Path: "/b", Kind: oracle.Dir, Inode: "/w/e", Mount: second},
		oracle.Entry{Path: "/b/n", Kind: oracle.Dir, Inode: "/w", Mount: third},
		oracle.Entry{Path: "/b/n/e", Kind: oracle.Dir, Inode: "/w/e", Mount: third},
		oracle.Entry{Path: "/b/n/d", Kind: oracle.Dir, Inode: "/w/d", Mount: third},
		oracle.Entry{Path: "/b/n/d/a", Kind: oracle.File, Inode: "/w/d/a", Mount: third},
	)
	run(t, tree, []row{
		{name: "by its other place", layers: rulesets(layer(grant("/w/d", sandbox.ReadFile))), op: "fs.read_file", target: "/b/n/d/a", want: oracle.Allow},
		{name: "by what it is mounted beneath", layers: rulesets(layer(grant("/b", sandbox.ReadFile))), op: "fs.read_file", target: "/b/n/d/a", want: oracle.Allow},
		{name: "not by what its other place is in", layers: rulesets(layer(grant("/b", sandbox.ReadFile))), op: "fs.read_file", target: "/w/d/a", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "exchanged beneath its other place", op: "syscall.rename", syscall: "exchange", source: "/b/n/e", target: "/b/n/d/a", want: oracle.Allow},
		{name: "into itself", op: "syscall.rename", source: "/b/n/d", target: "/b/n/d/new", want: oracle.Unknown, errno: 22},
		{name: "between two places", op: "syscall.rename", source: "/w/d/a", target: "/b/n/d/b", want: oracle.Unknown, errno: 18},
	})
}

// TestReferBelowAMount holds a corner of the kernel's walk: what only a rule
// on the real root evens out still counts as a gain on a mount below it.
func TestReferBelowAMount(t *testing.T) {
	disk := oracle.Mount{ID: "2"}
	tree := data(t, oracle.Entry{Path: "/m", Kind: oracle.Dir, Mount: disk}, file("/m/src/a"), dir("/m/dst"), file("/other"), oracle.Entry{Path: "/self", Kind: oracle.Dir, Inode: "/", Mount: oracle.Mount{ID: "3"}})
	move := sandbox.Refer | sandbox.MakeReg | sandbox.RemoveFile
	rules := []sandbox.PathRule{grant("/m", move), grant("/m/dst", sandbox.Execute)}
	run(t, tree, []row{
		{name: "evened out by the root", layers: rulesets(layer(append(rules, grant("/", sandbox.Execute))...)), op: "fs.refer", source: "/m/src/a", target: "/m/dst/a", want: oracle.Deny, errno: 18, missing: "0 fs.execute"},
		{name: "evened out by the mount", layers: rulesets(layer(append(rules, grant("/m", sandbox.Execute))...)), op: "fs.refer", source: "/m/src/a", target: "/m/dst/a", want: oracle.Allow},
		{name: "rights come down across the mount", layers: rulesets(layer(grant("/", sandbox.ReadFile))), op: "fs.read_file", target: "/m/src/a", want: oracle.Allow},
		{name: "nothing moves between mounts", layers: rulesets(layer()), op: "syscall.rename", source: "/other", target: "/m/other", want: oracle.Unknown, errno: 18, reason: "not Landlock's"},
		{name: "mount point", layers: rulesets(layer()), op: "fs.remove_dir", target: "/m", want: oracle.Deny, errno: 13, missing: "0 fs.remove_dir"},
		{name: "mount point, granted", layers: rulesets(layer(grant("/", allFS))), op: "fs.remove_dir", target: "/m", want: oracle.Unknown, errno: 16, reason: "mount point"},
		{name: "mount point moved", layers: rulesets(layer()), op: "syscall.rename", source: "/m", target: "/m2", want: oracle.Unknown, reason: "mount point"},
		{name: "mount point linked into itself", layers: rulesets(layer()), op: "syscall.link", source: "/m", target: "/m/new", want: oracle.Unknown, reason: "root of a mount"},
		{name: "bind mount of a parent moved", layers: rulesets(layer()), op: "syscall.rename", source: "/self", target: "/new", want: oracle.Unknown, reason: "mount point"},
	})
}

func TestExecute(t *testing.T) {
	tree := data(t,
		oracle.Entry{Path: "/bin/sh", Kind: oracle.File, Detail: &oracle.Detail{Format: oracle.FormatELF, Loader: "/lib/ld.so"}},
		file("/lib/ld.so"),
		oracle.Entry{Path: "/w/script", Kind: oracle.File, Content: "#! /bin/sh -e\nexit\n"},
		oracle.Entry{Path: "/w/second", Kind: oracle.File, Content: "#!/w/script\n"},
		oracle.Entry{Path: "/w/lost", Kind: oracle.File, Content: "#!/bin/none\n"},
		oracle.Entry{Path: "/w/relative", Kind: oracle.File, Content: "#!sh\n"},
		oracle.Entry{Path: "/w/circle", Kind: oracle.File, Content: "#!/w/circle\n"},
		oracle.Entry{Path: "/n/1", Kind: oracle.File, Content: "#!/n/2\n"}, oracle.Entry{Path: "/n/2", Kind: oracle.File, Content: "#!/n/3\n"},
		oracle.Entry{Path: "/n/3", Kind: oracle.File, Content: "#!/n/4\n"}, oracle.Entry{Path: "/n/4", Kind: oracle.File, Content: "#!/n/5\n"},
		oracle.Entry{Path: "/n/5", Kind: oracle.File, Content: "#!/n/6\n"}, oracle.Entry{Path: "/n/6", Kind: oracle.File, Content: "#!/bin/sh\n"},
		oracle.Entry{Path: "/w/text", Kind: oracle.File, Content: "hello\n"},
		oracle.Entry{Path: "/w/blank", Kind: oracle.File},
		oracle.Entry{Path: "/w/plain", Kind: oracle.File, Content: "#!/bin/sh", Perm: &oracle.Perm{Mode: 0o644}},
		oracle.Entry{Path: "/w/mystery", Kind: oracle.File, Detail: &oracle.Detail{}},
	)
	run1 := sandbox.Execute | sandbox.ReadFile
	all := rulesets(layer(grant("/", run1)))
	run(t, tree, []row{
		{name: "program", layers: all, op: "fs.execute", target: "/bin/sh", want: oracle.Allow},
		{name: "script", layers: all, op: "process-exec", target: "/w/script", want: oracle.Allow},
		{name: "script of a script", layers: all, op: "fs.execute", target: "/w/second", want: oracle.Allow},
		{name: "script denied", layers: rulesets(layer(grant("/bin", run1), grant("/lib", run1))), op: "fs.execute", target: "/w/script", want: oracle.Deny, errno: 13, missing: "0 fs.execute, 0 fs.read_file"},
		{name: "interpreter denied", layers: rulesets(layer(grant("/w", run1), grant("/lib", run1))), op: "fs.execute", target: "/w/script", want: oracle.Deny, errno: 13, missing: "0 fs.execute, 0 fs.read_file", reason: "interpreter /bin/sh"},
		{name: "loader denied", layers: rulesets(layer(grant("/w", run1), grant("/bin", run1), grant("/lib", sandbox.ReadFile))), op: "fs.execute", target: "/w/script", want: oracle.Deny, errno: 13, missing: "0 fs.execute", reason: "loader /lib/ld.so"},
		{name: "readable but not executable", layers: rulesets(layer(grant("/", sandbox.ReadFile))), op: "fs.execute", target: "/bin/sh", want: oracle.Deny, errno: 13, missing: "0 fs.execute"},
		{name: "interpreter missing", layers: all, op: "fs.execute", target: "/w/lost", want: oracle.Unknown, errno: 2},
		{name: "interpreter relative", layers: all, op: "fs.execute", target: "/w/relative", want: oracle.Unknown, reason: "relative"},
		{name: "five interpreters", layers: all, op: "fs.execute", target: "/n/2", want: oracle.Allow},
		{name: "six interpreters", layers: all, op: "fs.execute", target: "/n/1", want: oracle.Unknown, errno: 40},
		{name: "the sixth is opened and denied", layers: rulesets(layer(grant("/n", run1))), op: "fs.execute", target: "/n/1", want: oracle.Deny, errno: 13, missing: "0 fs.execute, 0 fs.read_file", reason: "interpreter /bin/sh"},
		{name: "interpreters without end", layers: all, op: "fs.execute", target: "/w/circle", want: oracle.Unknown, errno: 40},
		{name: "no program", layers: all, op: "fs.execute", target: "/w/text", want: oracle.Unknown, errno: 8},
		{name: "empty file", layers: all, op: "fs.execute", target: "/w/blank", want: oracle.Unknown, errno: 8},
		{name: "no program but denied", layers: rulesets(layer()), op: "fs.execute", target: "/w/text", want: oracle.Deny, errno: 13, missing: "0 fs.execute, 0 fs.read_file"},
		{name: "mode without x", layers: all, op: "fs.execute", target: "/w/plain", want: oracle.Unknown, errno: 13, reason: "plain permissions"},
		{name: "format not known", layers: all, op: "fs.execute", target: "/w/mystery", want: oracle.Unknown, reason: "not known"},
		{name: "directory", layers: all, op: "fs.execute", target: "/w", want: oracle.Unknown, errno: 13, reason: "no regular file"},
	})
}

// TestUndecided holds what ends before Landlock is asked, or cannot be known.
func TestUndecided(t *testing.T) {
	none, all := rulesets(layer()), rulesets(layer(grant("/", allFS)))
	run(t, home(t), []row{
		{name: "missing name", layers: none, op: "fs.read_file", target: "/w/none", want: oracle.Unknown, errno: 2},
		{name: "dangling link", layers: none, op: "fs.read_file", target: "/w/dangling", want: oracle.Unknown, errno: 2},
		{name: "loop", layers: none, op: "fs.read_file", target: "/w/loop", want: oracle.Unknown, errno: 40},
		{name: "through a file", layers: none, op: "fs.read_file", target: "/w/src/a/b", want: oracle.Unknown, errno: 20},
		{name: "slash behind a file", layers: none, op: "fs.read_file", target: "/w/src/a/", want: oracle.Unknown, errno: 20},
		{name: "relative path", layers: none, op: "fs.read_file", target: "w/src/a", want: oracle.Unknown, reason: "relative"},
		{name: "empty path", layers: none, op: "fs.read_file", want: oracle.Unknown, errno: 2},
		{name: "long name", layers: none, op: "fs.read_file", target: "/" + strings.Repeat("n", 256), want: oracle.Unknown, errno: 36},
		{name: "long path", layers: none, op: "fs.read_file", target: strings.Repeat("/w", 2048), want: oracle.Unknown, errno: 36},
		{name: "list a file", layers: none, op: "fs.read_dir", target: "/w/src/a", want: oracle.Unknown, errno: 20},
		{name: "write a directory", layers: none, op: "fs.write_file", target: "/w/src", want: oracle.Unknown, errno: 21},
		{name: "truncate a directory", layers: none, op: "fs.truncate", target: "/w/src", want: oracle.Unknown, reason: "no regular file"},
		{name: "truncate a pipe", layers: none, op: "fs.truncate", target: "/w/pipe", want: oracle.Unknown, reason: "no regular file"},
		{name: "creat what is not there", layers: none, op: "fs.truncate", syscall: "creat", target: "/w/new", want: oracle.Unknown, reason: "is not there"},
		{name: "read a directory", layers: none, op: "fs.read_file", target: "/w/src", want: oracle.Unknown, reason: "asks for fs.read_dir"},
		{name: "open a pipe", layers: all, op: "fs.read_file", target: "/w/pipe", want: oracle.Unknown, reason: "waits"},
		{name: "open a denied pipe", layers: none, op: "fs.read_file", target: "/w/pipe", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "open a socket", layers: all, op: "fs.read_file", target: "/w/sock", want: oracle.Unknown, errno: 6},
		{name: "ftruncate without the open", layers: none, op: "fs.truncate", syscall: "ftruncate", target: "/w/src/a", want: oracle.Unknown, errno: 13, missing: "0 fs.write_file", reason: "not reached"},
		{name: "ioctl on a file", layers: none, op: "fs.ioctl_dev", target: "/w/src/a", want: oracle.Unknown, errno: 25, reason: "no device"},
		{name: "ioctl on a pipe", layers: none, op: "fs.ioctl_dev", syscall: "ioctl_nonblock", target: "/w/pipe", want: oracle.Unknown, errno: 22},
		{name: "read a held directory", layers: none, op: "fs.read_file", syscall: "held", target: "/w/src", want: oracle.Unknown, reason: "is a directory"},
		{name: "read a held pipe", layers: none, op: "fs.read_file", syscall: "held", target: "/w/pipe", want: oracle.Unknown, reason: "waits"},
		{name: "read a held device", layers: none, op: "fs.read_file", syscall: "held", target: "/dev/tty", want: oracle.Unknown, reason: "not known"},
		{name: "creat with a slash", layers: none, op: "fs.truncate", syscall: "creat", target: "/w/src/", want: oracle.Unknown, reason: "no regular file"},
		{name: "creat a dangling link", layers: none, op: "fs.truncate", syscall: "creat", target: "/w/dangling", want: oracle.Unknown, reason: "is not there"},
		{name: "tmpfile in a file", layers: none, op: "fs.write_file", syscall: "tmpfile", target: "/w/src/a", want: oracle.Unknown, errno: 20},
		{name: "make what is there", layers: none, op: "fs.make_reg", target: "/w/src/a", want: oracle.Unknown, errno: 17},
		{name: "make what a link names", layers: none, op: "fs.make_reg", target: "/w/dangling", want: oracle.Unknown, errno: 17},
		{name: "create by open what a link names", layers: none, op: "fs.make_reg", syscall: "open_creat", target: "/w/dangling", want: oracle.Unknown, errno: 17},
		{name: "make a file with a slash", layers: none, op: "fs.make_reg", target: "/w/new/", want: oracle.Unknown, errno: 2},
		{name: "make in what is missing", layers: none, op: "fs.make_dir", target: "/w/none/new", want: oracle.Unknown, errno: 2},
		{name: "make the root", layers: none, op: "fs.make_dir", target: "/", want: oracle.Unknown, errno: 17},
		{name: "bind where something is", layers: none, op: "fs.make_sock", syscall: "bind", target: "/w/sock", want: oracle.Unknown, errno: 98},
		{name: "unlink what is missing", layers: none, op: "fs.remove_file", target: "/w/none", want: oracle.Unknown, errno: 2},
		{name: "unlink a directory, granted", layers: all, op: "fs.remove_file", target: "/w/src", want: oracle.Unknown, errno: 21},
		{name: "unlink a directory, denied", layers: none, op: "fs.remove_file", target: "/w/src", want: oracle.Deny, errno: 13, missing: "0 fs.remove_file"},
		{name: "rmdir a file, granted", layers: all, op: "fs.remove_dir", target: "/w/src/a", want: oracle.Unknown, errno: 20},
		{name: "rmdir a link with a slash", layers: all, op: "fs.remove_dir", target: "/w/up/", want: oracle.Unknown, errno: 20},
		{name: "rmdir what is full", layers: all, op: "fs.remove_dir", target: "/w/src", want: oracle.Unknown, errno: 39},
		{name: "rmdir a dot", layers: all, op: "fs.remove_dir", target: "/w/src/.", want: oracle.Unknown, errno: 22},
		{name: "noreplace what is there", layers: all, op: "syscall.rename", syscall: "noreplace", source: "/w/src/a", target: "/w/key", want: oracle.Unknown, errno: 17},
		{name: "exchange with nothing", layers: all, op: "syscall.rename", syscall: "exchange", source: "/w/src/a", target: "/w/none", want: oracle.Unknown, errno: 2},
		{name: "exchange with a parent", layers: all, op: "syscall.rename", syscall: "exchange", source: "/w/src/a", target: "/w", want: oracle.Unknown, errno: 22},
		{name: "readlink a file", layers: none, op: "syscall.readlink", target: "/w/src/a", want: oracle.Unknown, errno: 22},
		{name: "chdir to a file", layers: none, op: "syscall.chdir", target: "/w/src/a", want: oracle.Unknown, errno: 20},
		{name: "attribute of a pipe", layers: none, op: "syscall.setxattr", target: "/w/pipe", want: oracle.Unknown, errno: 1},
		{name: "connect to a file", layers: none, op: "syscall.connect", syscall: "unix", target: "/w/src/a", want: oracle.Unknown, errno: 111},
		{name: "connect to whom", layers: none, op: "syscall.connect", syscall: "unix", target: "/w/sock", want: oracle.Unknown, reason: "not known"},
		{name: "send to port 0", layers: none, op: "syscall.sendto", syscall: "udp", target: "127.0.0.1:0", want: oracle.Unknown, errno: 22},
		{name: "umount what is no directory", layers: none, op: "fs.change_topology", syscall: "umount", target: "/w/src/a", want: oracle.Unknown, errno: 20},
		{name: "move a mount into itself", layers: none, op: "fs.change_topology", syscall: "move_mount", source: "/w", target: "/w/src", want: oracle.Unknown, reason: "hides"},
		{name: "move a mount onto a file", layers: nil, op: "fs.change_topology", syscall: "move_mount", source: "/w/dst", target: "/w/src/a", want: oracle.Unknown, errno: 22},
		{name: "mount on the root", layers: none, op: "fs.change_topology", target: "/", want: oracle.Unknown, reason: "not modelled"},
		{name: "bind a file to a directory", op: "fs.change_topology", syscall: "bind", source: "/w/src/a", target: "/w/dst", want: oracle.Unknown, errno: 20},
		{name: "link onto what is there", layers: all, op: "syscall.link", source: "/w/src/a", target: "/w/key", want: oracle.Unknown, errno: 17},
		{name: "stat what is missing", layers: none, op: "syscall.stat", target: "/w/none", want: oracle.Unknown, errno: 2},
		{name: "lstat a dangling link", layers: none, op: "syscall.stat", syscall: "lstat", target: "/w/dangling", want: oracle.Allow},
		{name: "stat a dangling link", layers: none, op: "syscall.stat", syscall: "stat", target: "/w/dangling", want: oracle.Unknown, errno: 2},
	})
	a := row{layers: rulesets(layer(grant("/w", sandbox.MakeReg))), op: "fs.make_reg", syscall: "open_creat", target: "/w/new"}.ask(home(t))
	if a.Decision != oracle.Deny || !strings.Contains(a.Reason, "stays") {
		t.Errorf("a file that is left behind: %+v", a)
	}
}

// TestLost holds that a rule whose parent is not known can grant anything.
func TestLost(t *testing.T) {
	tree, err := oracle.NewData(true, dir("/w"), file("/w/a"), dir("/w/d"))
	if err != nil {
		t.Fatal(err)
	}
	lost := grant("/usr", sandbox.ReadFile)
	run(t, tree, []row{
		{name: "denied unless it grants", layers: rulesets(layer(lost)), op: "fs.read_file", target: "/w/a", want: oracle.Unknown, missing: "0 fs.read_file", reason: `"/usr" may grant fs.read_file`},
		{name: "other right", layers: rulesets(layer(lost)), op: "fs.write_file", target: "/w/a", want: oracle.Deny, errno: 13, missing: "0 fs.write_file"},
		{name: "other layer", layers: rulesets(layer(lost, grant("/w", sandbox.ReadFile)), layer()), op: "fs.read_file", target: "/w/a", want: oracle.Deny, errno: 13, missing: "1 fs.read_file"},
		{name: "granted without it", layers: rulesets(layer(lost, grant("/w", sandbox.ReadFile))), op: "fs.read_file", target: "/w/a", want: oracle.Allow},
		{name: "a move may gain by it", layers: rulesets(layer(lost, grant("/w", allFS))), op: "fs.refer", source: "/w/a", target: "/w/d/a", want: oracle.Unknown, reason: "depends on the rule"},
		{name: "name that is not known", layers: rulesets(layer()), op: "fs.read_file", target: "/etc/hosts", want: oracle.Unknown, reason: "not described"},
	})
}

func TestNet(t *testing.T) {
	port := func(n uint64, a sandbox.AccessNet) sandbox.Ruleset {
		return sandbox.Ruleset{HandledNet: sandbox.BindTCP | sandbox.ConnectTCP, Ports: []sandbox.PortRule{{Port: n, Access: a}}}
	}
	run(t, nil, []row{
		{name: "connect granted", layers: rulesets(port(443, sandbox.ConnectTCP)), op: "net.connect_tcp", target: "127.0.0.1:443", want: oracle.Allow},
		{name: "by any address", layers: rulesets(port(443, sandbox.ConnectTCP)), op: "network-outbound", target: "[::1]:443", want: oracle.Allow},
		{name: "other port", layers: rulesets(port(443, sandbox.ConnectTCP)), op: "net.connect_tcp", target: "127.0.0.1:444", want: oracle.Deny, errno: 13, missing: "0 net.connect_tcp"},
		{name: "other right", layers: rulesets(port(443, sandbox.ConnectTCP)), op: "net.bind_tcp", target: "127.0.0.1:443", want: oracle.Deny, errno: 13, missing: "0 net.bind_tcp"},
		{name: "port 0 needs a rule for 0", layers: rulesets(port(443, sandbox.BindTCP)), op: "net.bind_tcp", target: "127.0.0.1:0", want: oracle.Deny, errno: 13, missing: "0 net.bind_tcp"},
		{name: "port 0 with a rule for 0", layers: rulesets(port(0, sandbox.BindTCP)), op: "net.bind_tcp", target: "localhost:0", want: oracle.Allow},
		{name: "a rule for port 0 speaks of 0 alone", layers: rulesets(port(0, sandbox.BindTCP)), op: "net.bind_tcp", target: "127.0.0.1:443", want: oracle.Deny, errno: 13, missing: "0 net.bind_tcp"},
		{name: "every layer", layers: rulesets(port(443, sandbox.ConnectTCP), port(80, sandbox.ConnectTCP)), op: "net.connect_tcp", target: "127.0.0.1:443", want: oracle.Deny, errno: 13, missing: "1 net.connect_tcp"},
		{name: "not handled", layers: rulesets(sandbox.Ruleset{HandledFS: allFS}), op: "net.connect_tcp", target: "127.0.0.1:443", want: oracle.Allow},
		{name: "no address", layers: rulesets(port(443, sandbox.ConnectTCP)), op: "net.connect_tcp", target: "example.org:443", want: oracle.Unknown},
		{name: "port too large for a rule", layers: rulesets(port(65536, sandbox.ConnectTCP)), op: "net.connect_tcp", target: "127.0.0.1:443", want: oracle.Unknown, reason: "cannot be applied"},
		{name: "before ABI 4", layers: rulesets(port(443, sandbox.ConnectTCP)), abi: 3, op: "net.connect_tcp", target: "127.0.0.1:443", want: oracle.Unknown, reason: "cannot be applied"},
	})
}

// TestPlainPermissions holds that what they deny is not credited to Landlock.
func TestPlainPermissions(t *testing.T) {
	mine := &oracle.Perm{Mode: 0o600, UID: 1000, GID: 1000}
	theirs := &oracle.Perm{Mode: 0o640, UID: 0, GID: 50}
	tree := data(t,
		oracle.Entry{Path: "/closed", Kind: oracle.Dir, Perm: &oracle.Perm{Mode: 0o700}}, file("/closed/a"),
		oracle.Entry{Path: "/tmp", Kind: oracle.Dir, Perm: &oracle.Perm{Mode: 0o1777}},
		oracle.Entry{Path: "/tmp/mine", Kind: oracle.File, Perm: mine}, oracle.Entry{Path: "/tmp/theirs", Kind: oracle.File, Perm: theirs},
		oracle.Entry{Path: "/etc", Kind: oracle.Dir, Perm: &oracle.Perm{Mode: 0o755}}, file("/etc/a"), hardlink("/etc/b", "/etc/a"),
	)
	user := &oracle.Cred{UID: 1000, GID: 1000, Groups: []int{50}}
	all := rulesets(layer(grant("/", allFS)))
	rows := []struct {
		op, target, source string
		cred               *oracle.Cred
		want               oracle.Decision
		errno              int
	}{
		{"fs.read_file", "/tmp/mine", "", user, oracle.Allow, 0},
		{"fs.read_file", "/tmp/theirs", "", user, oracle.Allow, 0}, // by group
		{"fs.write_file", "/tmp/theirs", "", user, oracle.Unknown, 13},
		{"fs.read_file", "/closed/a", "", user, oracle.Unknown, 13},
		{"fs.read_file", "/closed/a", "", nil, oracle.Allow, 0},
		{"fs.read_file", "/closed/a", "", &oracle.Cred{UID: 1000, Caps: oracle.CapDACOverride}, oracle.Allow, 0},
		{"fs.make_reg", "/etc/new", "", user, oracle.Unknown, 13},
		{"fs.make_reg", "/tmp/new", "", user, oracle.Allow, 0},
		{"fs.make_block", "/tmp/new", "", user, oracle.Unknown, 1},
		{"fs.remove_file", "/tmp/theirs", "", user, oracle.Unknown, 1}, // sticky
		{"fs.remove_file", "/tmp/mine", "", user, oracle.Allow, 0},
		{"syscall.link", "/tmp/new", "/tmp/theirs", user, oracle.Unknown, 0}, // by a sysctl
		{"syscall.rename", "/etc/b", "/etc/a", user, oracle.Allow, 0},        // two names for one inode: nothing is done
		{"syscall.chmod", "/tmp/theirs", "", user, oracle.Unknown, 1},
	}
	for i, r := range rows {
		t.Run(fmt.Sprint(i, r.op), func(t *testing.T) {
			a := oracle.Ask(oracle.Question{Layers: all, Op: r.op, Target: r.target, Source: r.source, Tree: tree, Cred: r.cred})
			if a.Decision != r.want || a.Errno != r.errno {
				t.Errorf("%s %s = %+v, want %s, errno %d", r.op, r.target, a, r.want, r.errno)
			}
		})
	}
	// Both deny: nobody can tell which one was seen.
	a := oracle.Ask(oracle.Question{Layers: rulesets(layer()), Op: "fs.make_reg", Target: "/etc/new", Tree: tree, Cred: user})
	if a.Decision != oracle.Unknown || a.Errno != 13 || missing(a) != "0 fs.make_reg" {
		t.Errorf("denied by both: %+v", a)
	}
	a = oracle.Ask(oracle.Question{Op: "net.bind_tcp", Target: "127.0.0.1:80", Cred: user})
	if a.Decision != oracle.Unknown || a.Errno != 0 {
		t.Errorf("privileged port: %+v", a)
	}
	a = oracle.Ask(oracle.Question{Layers: rulesets(sandbox.Ruleset{HandledNet: sandbox.BindTCP}), Op: "net.bind_tcp", Target: "127.0.0.1:80", Cred: user})
	if a.Decision != oracle.Unknown || a.Errno != 13 {
		t.Errorf("privileged port that Landlock denies: %+v", a)
	}
}

func TestMounts(t *testing.T) {
	tree := data(t,
		oracle.Entry{Path: "/ro", Kind: oracle.Dir, Mount: oracle.Mount{ID: "1", ReadOnly: true, NoExec: true, NoDev: true}},
		oracle.Entry{Path: "/ro/a", Kind: oracle.File, Content: "#!/bin/sh"}, oracle.Entry{Path: "/ro/tty", Kind: oracle.Char},
		oracle.Entry{Path: "/over", Kind: oracle.Dir, Mount: oracle.Mount{ID: "2", FS: "overlay"}}, file("/over/a"), file("/over/b"),
	)
	run(t, tree, []row{
		{name: "write", layers: rulesets(layer()), op: "fs.write_file", target: "/ro/a", want: oracle.Unknown, errno: 30},
		{name: "make", layers: rulesets(layer()), op: "fs.make_dir", target: "/ro/new", want: oracle.Unknown, errno: 30},
		{name: "remove", layers: rulesets(layer()), op: "fs.remove_file", target: "/ro/a", want: oracle.Unknown, errno: 30},
		{name: "truncate", layers: rulesets(layer()), op: "fs.truncate", target: "/ro/a", want: oracle.Unknown, errno: 30},
		{name: "execute", layers: rulesets(layer()), op: "fs.execute", target: "/ro/a", want: oracle.Unknown, errno: 13, reason: "not Landlock's"},
		{name: "device", layers: rulesets(layer()), op: "fs.read_file", target: "/ro/tty", want: oracle.Unknown, errno: 13, reason: "not Landlock's"},
		{name: "read", layers: rulesets(layer()), op: "fs.read_file", target: "/ro/a", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "overlay by directory", layers: rulesets(layer(grant("/over", sandbox.ReadFile))), op: "fs.read_file", target: "/over/a", want: oracle.Allow},
		{name: "overlay by file", layers: rulesets(layer(grant("/over/b", sandbox.ReadFile))), op: "fs.read_file", target: "/over/a", want: oracle.Unknown, reason: "overlayfs"},
	})
}
