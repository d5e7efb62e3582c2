package landlock_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

var allFS = sandbox.AllFS(sandbox.LatestABI)

func data(t testing.TB, entries ...oracle.Entry) *oracle.Data {
	t.Helper()
	d, err := oracle.NewData(false, entries...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func file(at string) oracle.Entry { return oracle.Entry{Path: at, Kind: oracle.File} }
func dir(at string) oracle.Entry  { return oracle.Entry{Path: at, Kind: oracle.Dir} }
func symlink(at, to string) oracle.Entry {
	return oracle.Entry{Path: at, Kind: oracle.Symlink, To: to}
}
func hardlink(at, to string) oracle.Entry { return oracle.Entry{Path: at, To: to, Hardlink: true} }

// layer handles every file right and grants what the rules say.
func layer(rules ...sandbox.PathRule) sandbox.Ruleset {
	return sandbox.Ruleset{HandledFS: allFS, Paths: rules}
}

func grant(parent string, access sandbox.AccessFS) sandbox.PathRule {
	return sandbox.PathRule{Parent: parent, Access: access}
}

// home is the tree of most tests.
func home(t testing.TB) *oracle.Data {
	return data(t,
		dir("/w/src"), file("/w/src/a"), dir("/w/dst"), dir("/w/empty"),
		file("/home/key"), hardlink("/w/key", "/home/key"),
		symlink("/w/abs", "/home/key"), symlink("/w/rel", "../home/key"), symlink("/w/up", ".."),
		symlink("/w/dangling", "nowhere"), symlink("/w/loop", "loop"),
		oracle.Entry{Path: "/w/pipe", Kind: oracle.FIFO}, oracle.Entry{Path: "/w/sock", Kind: oracle.Socket},
		oracle.Entry{Path: "/dev/tty", Kind: oracle.Char},
	)
}

// row is a question about home and what the answer is to be.
type row struct {
	name           string
	layers         []sandbox.Ruleset
	op, syscall    string
	target, source string
	abi            int
	want           oracle.Decision
	errno          int
	missing        string // "layer right, …"
	reason         string // part of it
}

func (r row) ask(tree oracle.Tree) oracle.Answer {
	return oracle.Ask(oracle.Question{Layers: r.layers, Op: r.op, Syscall: r.syscall, Target: r.target, Source: r.source, Tree: tree, ABI: r.abi})
}

func missing(a oracle.Answer) string {
	var list []string
	for _, m := range a.Missing {
		list = append(list, fmt.Sprintf("%d %s", m.Layer, m.Right))
	}
	return strings.Join(list, ", ")
}

func run(t *testing.T, tree oracle.Tree, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			got := r.ask(tree)
			if got.Decision != r.want || got.Errno != r.errno || missing(got) != r.missing || !strings.Contains(got.Reason, r.reason) {
				t.Errorf("%s %s(%q, %q) = %+v\nwant %s, errno %d, missing %q, reason with %q",
					r.op, r.syscall, r.target, r.source, got, r.want, r.errno, r.missing, r.reason)
			}
		})
	}
}

func rulesets(r ...sandbox.Ruleset) []sandbox.Ruleset { return r }

func TestIdentity(t *testing.T) {
	readW := rulesets(layer(grant("/w", sandbox.ReadFile)))
	run(t, home(t), []row{
		{name: "granted by a parent", layers: readW, op: "fs.read_file", target: "/w/src/a", want: oracle.Allow},
		{name: "outside", layers: readW, op: "fs.read_file", target: "/home/key", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "absolute link is judged at its target", layers: readW, op: "fs.read_file", target: "/w/abs", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "relative link is judged at its target", layers: readW, op: "fs.read_file", target: "/w/rel", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "dot dot", layers: readW, op: "fs.read_file", target: "/w/src/../../home/key", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "dot dot of a link is its target's parent", layers: readW, op: "fs.read_file", target: "/w/up/home/key", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "hard link that was there before", layers: readW, op: "fs.read_file", target: "/w/key", want: oracle.Allow},
		{name: "rule on a file grants through its other name", layers: rulesets(layer(grant("/w/key", sandbox.ReadFile))), op: "fs.read_file", target: "/home/key", want: oracle.Allow},
		{name: "rule's parent is followed", layers: rulesets(layer(grant("/w/abs", sandbox.ReadFile))), op: "fs.read_file", target: "/home/key", want: oracle.Allow},
		{name: "rule on the root", layers: rulesets(layer(grant("/", sandbox.ReadFile))), op: "fs.read_file", target: "/home/key", want: oracle.Allow},
		{name: "directory rights on a file are masked", layers: rulesets(layer(grant("/home/key", allFS))), op: "fs.remove_file", target: "/home/key", want: oracle.Deny, errno: 13, missing: "0 fs.remove_file"},
		{name: "alias of the op table", layers: readW, op: "file-read-data", target: "/home/key", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
	})
}

func TestLayers(t *testing.T) {
	narrow := sandbox.Ruleset{HandledFS: sandbox.WriteFile, Paths: []sandbox.PathRule{grant("/w/src", sandbox.WriteFile)}}
	wide := layer(grant("/", allFS))
	net := sandbox.Ruleset{HandledNet: sandbox.BindTCP}
	run(t, home(t), []row{
		{name: "no policy", op: "fs.write_file", target: "/home/key", want: oracle.Allow, reason: "no layer"},
		{name: "what is not handled is not restricted", layers: rulesets(narrow), op: "fs.read_file", target: "/home/key", want: oracle.Allow, reason: "no layer handles"},
		{name: "every layer has to grant", layers: rulesets(wide, narrow), op: "fs.write_file", target: "/home/key", want: oracle.Deny, errno: 13, missing: "1 fs.write_file"},
		{name: "rules of one layer unite", layers: rulesets(layer(grant("/w", sandbox.WriteFile), grant("/w/src/a", sandbox.Truncate))), op: "fs.truncate", syscall: "open_trunc", target: "/w/src/a", want: oracle.Allow},
		{name: "layers do not unite", layers: rulesets(layer(grant("/w", sandbox.WriteFile)), layer(grant("/w", sandbox.Truncate))), op: "fs.truncate", syscall: "open_trunc", target: "/w/src/a", want: oracle.Deny, errno: 13, missing: "0 fs.truncate, 1 fs.write_file"},
		{name: "16 layers", layers: repeat(wide, 16), op: "fs.read_file", target: "/w/src/a", want: oracle.Allow},
		{name: "17 layers", layers: repeat(wide, 17), op: "fs.read_file", target: "/w/src/a", want: oracle.Unknown, reason: "cannot be applied"},
		{name: "empty layer", layers: rulesets(sandbox.Ruleset{}), op: "fs.read_file", target: "/w/src/a", want: oracle.Unknown, reason: "cannot be applied"},
		{name: "right the ABI lacks", layers: rulesets(wide), abi: 4, op: "fs.read_file", target: "/w/src/a", want: oracle.Unknown, reason: "fs.ioctl_dev"},
		{name: "parent that is missing", layers: rulesets(layer(grant("/w/none", allFS))), op: "fs.read_file", target: "/w/src/a", want: oracle.Unknown, reason: "cannot be applied"},
		{name: "optional parent that is missing", layers: rulesets(layer(sandbox.PathRule{Parent: "/w/none", Access: allFS, Optional: true})), op: "fs.read_file", target: "/w/src/a", want: oracle.Deny, errno: 13, missing: "0 fs.read_file"},
		{name: "a layer about the network denies refer", layers: rulesets(wide, net), op: "fs.refer", target: "/w/dst/a", source: "/w/src/a", want: oracle.Deny, errno: 18, missing: "1 fs.refer"},
		{name: "unless no layer handles files", layers: rulesets(net), op: "fs.refer", target: "/w/dst/a", source: "/w/src/a", want: oracle.Allow},
	})
}

func repeat(r sandbox.Ruleset, n int) []sandbox.Ruleset {
	list := make([]sandbox.Ruleset, n)
	for i := range list {
		list[i] = r
	}
	return list
}

// TestNeeds holds what each operation needs, and the errno without it: under
// each layer that grants all but one needed right it is denied.
func TestNeeds(t *testing.T) {
	tree := home(t)
	program := data(t, oracle.Entry{Path: "/w/elf", Kind: oracle.File, Detail: &oracle.Detail{Format: oracle.FormatELF}})
	rows := []struct {
		op, syscall, target, source string
		needs                       sandbox.AccessFS
	}{
		{"fs.read_file", "", "/w/src/a", "", sandbox.ReadFile},
		{"fs.read_dir", "", "/w/src", "", sandbox.ReadDir},
		{"fs.write_file", "openat2", "/w/src/a", "", sandbox.WriteFile},
		{"fs.execute", "", "/w/elf", "", sandbox.Execute | sandbox.ReadFile},
		{"fs.truncate", "", "/w/src/a", "", sandbox.Truncate},
		{"fs.truncate", "open_trunc", "/w/src/a", "", sandbox.Truncate | sandbox.WriteFile},
		{"fs.ioctl_dev", "", "/dev/tty", "", sandbox.IoctlDev},
		{"fs.ioctl_dev", "ioctl_held", "/dev/tty", "", 0},
		{"fs.ioctl_dev", "ioctl_nonblock", "/dev/tty", "", 0},
		{"fs.execute", "execveat", "/w/elf", "", sandbox.Execute | sandbox.ReadFile},
		{"fs.execute", "fexecve", "/w/elf", "", sandbox.Execute | sandbox.ReadFile},
		{"fs.read_file", "held", "/w/src/a", "", 0},
		{"fs.write_file", "held", "/w/src/a", "", 0},
		{"fs.write_file", "tmpfile", "/w/dst", "", sandbox.WriteFile},
		{"fs.truncate", "creat", "/w/src/a", "", sandbox.Truncate | sandbox.WriteFile},
		{"fs.truncate", "ftruncate_held", "/w/src/a", "", 0},
		{"fs.make_reg", "creat_rdonly", "/w/new", "", sandbox.MakeReg | sandbox.ReadFile},
		{"fs.make_reg", "tmpfile", "/w/new", "", sandbox.MakeReg},
		{"fs.make_reg", "mknod", "/w/new", "", sandbox.MakeReg},
		{"fs.make_sock", "bind_dgram", "/w/new", "", sandbox.MakeSock},
		{"fs.refer", "noreplace", "/w/dst/a", "/w/src/a", sandbox.Refer | sandbox.RemoveFile | sandbox.MakeReg},
		{"fs.refer", "exchange", "/w/empty", "/w/src/a", sandbox.Refer | sandbox.RemoveFile | sandbox.RemoveDir | sandbox.MakeReg | sandbox.MakeDir},
		{"syscall.rename", "exchange", "/w/key", "/w/empty", sandbox.RemoveFile | sandbox.RemoveDir | sandbox.MakeReg | sandbox.MakeDir},
		{"fs.make_reg", "", "/w/new", "", sandbox.MakeReg},
		{"fs.make_reg", "open_creat", "/w/new", "", sandbox.MakeReg | sandbox.WriteFile},
		{"fs.make_dir", "", "/w/new/", "", sandbox.MakeDir},
		{"fs.make_sym", "", "/w/new", "text", sandbox.MakeSym},
		{"fs.make_fifo", "", "/w/new", "", sandbox.MakeFifo},
		{"fs.make_sock", "", "/w/new", "", sandbox.MakeSock},
		{"fs.make_sock", "bind", "/w/new", "", sandbox.MakeSock},
		{"fs.make_char", "", "/w/new", "", sandbox.MakeChar},
		{"fs.make_block", "", "/w/new", "", sandbox.MakeBlock},
		{"fs.remove_file", "", "/w/src/a", "", sandbox.RemoveFile},
		{"fs.remove_file", "unlink", "/w/dangling", "", sandbox.RemoveFile},
		{"fs.remove_dir", "", "/w/empty", "", sandbox.RemoveDir},
		{"syscall.rename", "", "/w/src/b", "/w/src/a", sandbox.RemoveFile | sandbox.MakeReg},
		{"syscall.link", "", "/w/src/b", "/w/src/a", sandbox.MakeReg},
		{"syscall.link", "", "/w/b", "/w/rel", sandbox.MakeSym},
		{"fs.refer", "rename", "/w/dst/a", "/w/src/a", sandbox.Refer | sandbox.RemoveFile | sandbox.MakeReg},
		{"fs.refer", "rename", "/w/dst/e", "/w/empty", sandbox.Refer | sandbox.RemoveDir | sandbox.MakeDir},
		{"fs.refer", "link", "/w/dst/a", "/w/src/a", sandbox.Refer | sandbox.MakeReg},
		{"syscall.stat", "", "/w/src/a", "", 0},
		{"syscall.access", "", "/w/src/a", "", 0},
		{"syscall.chmod", "", "/w/src/a", "", 0},
		{"syscall.chmod", "fchmod", "/w/src/a", "", 0},
		{"syscall.chown", "", "/w/src/a", "", 0},
		{"syscall.utimensat", "", "/w/src/a", "", 0},
		{"syscall.setxattr", "getxattr", "/w/src/a", "", 0},
		{"syscall.readlink", "", "/w/abs", "", 0},
		{"syscall.open_path", "", "/w/src/a", "", 0},
		{"syscall.chdir", "fchdir", "/w/src", "", 0},
		{"syscall.chroot", "", "/w/src", "", 0},
		{"syscall.statfs", "", "/w/src/a", "", 0},
		{"syscall.flock", "", "/w/src/a", "", 0},
		{"syscall.inotify_add_watch", "", "/w/src/a", "", 0},
		{"syscall.memfd_create", "exec", "name", "", 0},
	}
	for _, r := range rows {
		t.Run(r.op+"_"+r.syscall, func(t *testing.T) {
			var tr oracle.Tree = tree
			if r.op == "fs.execute" {
				tr = program
			}
			q := oracle.Question{Op: r.op, Syscall: r.syscall, Target: r.target, Source: r.source, Tree: tr}
			q.Layers = rulesets(layer(grant("/", allFS)))
			if a := oracle.Ask(q); a.Decision != oracle.Allow || a.Errno != 0 || len(a.Missing) > 0 {
				t.Fatalf("all granted: %+v, want allow", a)
			}
			for bit := sandbox.Execute; bit <= sandbox.IoctlDev; bit <<= 1 {
				q.Layers = rulesets(layer(grant("/", allFS&^bit)))
				a := oracle.Ask(q)
				want, errno, lacks := oracle.Allow, 0, ""
				if r.needs&bit != 0 {
					want, errno, lacks = oracle.Deny, 13, "0 "+bit.AuditNames()[0]
					if bit == sandbox.Refer {
						errno = 18
					}
				}
				if a.Decision != want || a.Errno != errno || missing(a) != lacks {
					t.Errorf("without %v: %+v, want %s with errno %d", bit, a, want, errno)
				}
			}
		})
	}
}

// TestOperations wants the model to know every variant of the op table.
func TestOperations(t *testing.T) {
	for _, o := range op.All() {
		for _, v := range o.Variants {
			q := oracle.Question{Op: o.Name, Syscall: v.Name, Source: "/w/dst", Tree: home(t)}
			q.Target = map[op.TargetKind]string{
				op.TargetPath: "/w/src/a", op.TargetAddr: "127.0.0.1:80", op.TargetName: "@name", op.TargetProcess: "child", op.TargetText: "text",
			}[v.Target]
			if a := oracle.Ask(q); strings.Contains(a.Reason, "does not cover") || strings.Contains(a.Reason, "unknown operation") {
				t.Errorf("%s by %s: %s", o.Name, v.Name, a.Reason)
			}
		}
	}
	if a := oracle.Ask(oracle.Question{Op: "fs.teleport"}); a.Decision != oracle.Unknown || !strings.Contains(a.Reason, "unknown operation") {
		t.Errorf("an operation that does not exist: %+v", a)
	}
	if a := oracle.Ask(oracle.Question{Op: "fs.read_file", Syscall: "mmap"}); a.Decision != oracle.Unknown || !strings.Contains(a.Reason, "no variant") {
		t.Errorf("a variant that does not exist: %+v", a)
	}
}

func TestAnswerIsAPrediction(t *testing.T) {
	a := row{layers: rulesets(layer(grant("/w", sandbox.WriteFile), grant("/w/src/", sandbox.WriteFile|sandbox.ReadFile))),
		op: "fs.truncate", syscall: "open_trunc", target: "/w/src/a"}.ask(home(t))
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"decision":"deny","errno":13,"resolved":"/w/src/a","missing":[{"layer":0,"right":"fs.truncate"}],` +
		`"granting":[{"layer":0,"index":1,"rule":"/w/src/","rights":["fs.write_file"]},{"layer":0,"index":0,"rule":"/w","rights":["fs.write_file"]}],` +
		`"record":{"layer":0,"blockers":["fs.truncate"]},"reason":"no rule grants what is missing"}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
}
