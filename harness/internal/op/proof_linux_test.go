package op_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// proof says what one variant of the table needs. It is checked against the
// kernel, so it proves the table: without a policy the attempt succeeds, under
// a policy that grants exactly these rights it succeeds, and with any one of
// them taken away it fails with the errno given.
type proof struct {
	op, variant string
	target      string
	spec        fixture.Spec
	at          string // where the rights are granted; "" is ${scratch}
	needs       []need
	port        uint64 // of the rule for need.net
	unlucky     bool   // without any right another call fails first: nothing decided
	capability  uint   // number of a capability the attempt needs, 0 for none
}

// need is a right, and the errno when that right alone is missing; 0 means
// that the call under test is then not reached.
type need struct {
	fs    landlock.AccessFS
	net   landlock.AccessNet
	errno syscall.Errno
}

const (
	eacces = syscall.EACCES
	exdev  = syscall.EXDEV

	capMknod = 27

	port     = 18443
	portText = "18443"
)

func needs(errno syscall.Errno, rights ...landlock.AccessFS) []need {
	out := make([]need, len(rights))
	for i, r := range rights {
		out[i] = need{fs: r, errno: errno}
	}
	return out
}

func tree(nodes ...fixture.Node) fixture.Spec { return fixture.Spec{Tree: nodes} }

func (p proof) from(source string) proof { p.spec.Source = source; return p }

const (
	target = "${workspace}/tärget"
	other  = "${workspace}/other"
	far    = "${workspace}/far/away"
)

var (
	aFile  = tree(fixture.Node{Path: target, Kind: fixture.File, Content: "content"})
	aDir   = tree(fixture.Node{Path: target, Kind: fixture.Dir})
	noFile = tree(fixture.Node{Path: target, Kind: fixture.Absent})
	aMove  = tree(fixture.Node{Path: other, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.Absent})
	aRefer = tree(fixture.Node{Path: far, Kind: fixture.File}, fixture.Node{Path: target, Kind: fixture.Absent})
)

// proofs has a row for every variant of the table.
func proofs() []proof {
	read := needs(eacces, landlock.ReadFile)
	write := needs(eacces, landlock.WriteFile)
	move := needs(eacces, landlock.RemoveFile, landlock.MakeReg)
	refer := need{fs: landlock.Refer, errno: exdev}
	out := []proof{
		{op: "fs.execute", variant: "execve", target: target, at: "/", needs: needs(eacces, landlock.Execute, landlock.ReadFile),
			spec: tree(fixture.Node{Path: target, Kind: fixture.File, Mode: "0755", Content: "#!/bin/true\n"})},
		{op: "fs.ioctl_dev", variant: "ioctl", target: "/dev/ptmx", at: "/dev", needs: needs(eacces, landlock.IoctlDev)},
		{op: "fs.ioctl_dev", variant: "ioctl_rnd", target: "/dev/urandom", at: "/dev", needs: needs(eacces, landlock.IoctlDev)},
		{op: "fs.read_dir", variant: "openat", target: target, spec: aDir, needs: needs(eacces, landlock.ReadDir)},
		{op: "fs.read_file", variant: "openat", target: target, spec: aFile, needs: read},
		{op: "fs.read_file", variant: "open", target: target, spec: aFile, needs: read},
		{op: "fs.read_file", variant: "openat2", target: target, spec: aFile, needs: read},
		{op: "fs.write_file", variant: "openat", target: target, spec: aFile, needs: write},
		{op: "fs.write_file", variant: "open", target: target, spec: aFile, needs: write},
		{op: "fs.write_file", variant: "openat2", target: target, spec: aFile, needs: write},
		{op: "fs.remove_dir", variant: "unlinkat", target: target, spec: aDir, needs: needs(eacces, landlock.RemoveDir)},
		{op: "fs.remove_dir", variant: "rmdir", target: target, spec: aDir, needs: needs(eacces, landlock.RemoveDir)},
		{op: "fs.remove_file", variant: "unlinkat", target: target, spec: aFile, needs: needs(eacces, landlock.RemoveFile)},
		{op: "fs.remove_file", variant: "unlink", target: target, spec: aFile, needs: needs(eacces, landlock.RemoveFile)},
		{op: "fs.truncate", variant: "truncate", target: target, spec: aFile, needs: needs(eacces, landlock.Truncate)},
		{op: "fs.truncate", variant: "open_trunc", target: target, spec: aFile, needs: needs(eacces, landlock.WriteFile, landlock.Truncate)},
		{op: "fs.truncate", variant: "ftruncate", target: target, spec: aFile, unlucky: true,
			needs: []need{{fs: landlock.WriteFile}, {fs: landlock.Truncate, errno: eacces}}},
		proof{op: "fs.refer", variant: "rename", target: target, spec: aRefer, needs: append(move, refer)}.from(far),
		proof{op: "fs.refer", variant: "link", target: target, spec: aRefer, needs: append(needs(eacces, landlock.MakeReg), refer)}.from(far),
		proof{op: "syscall.link", variant: "linkat", target: target, spec: aMove, needs: needs(eacces, landlock.MakeReg)}.from(other),
		proof{op: "syscall.link", variant: "link", target: target, spec: aMove, needs: needs(eacces, landlock.MakeReg)}.from(other),
		proof{op: "syscall.rename", variant: "renameat2", target: target, spec: aMove, needs: move}.from(other),
		proof{op: "syscall.rename", variant: "rename", target: target, spec: aMove, needs: move}.from(other),
		{op: "syscall.access", variant: "faccessat", target: target, spec: aFile},
		{op: "syscall.chmod", variant: "fchmodat", target: target, spec: aFile},
		{op: "syscall.stat", variant: "lstat", target: target, spec: aFile},
		{op: "syscall.stat", variant: "stat", target: target, spec: aFile},
		{op: "net.bind_tcp", variant: "bind", target: "${loopback}:" + portText, port: port,
			needs: []need{{net: landlock.BindTCP, errno: eacces}}},
		{op: "net.connect_tcp", variant: "connect", target: "${loopback}:" + portText, port: port,
			spec: fixture.Spec{Listen: "${loopback}:" + portText}, needs: []need{{net: landlock.ConnectTCP, errno: eacces}}},
	}
	for _, m := range []struct {
		op, variant string
		capability  uint
		rights      []landlock.AccessFS
	}{
		{"fs.make_block", "mknodat", capMknod, []landlock.AccessFS{landlock.MakeBlock}},
		{"fs.make_char", "mknodat", 0, []landlock.AccessFS{landlock.MakeChar}},
		{"fs.make_dir", "mkdirat", 0, []landlock.AccessFS{landlock.MakeDir}},
		{"fs.make_dir", "mkdir", 0, []landlock.AccessFS{landlock.MakeDir}},
		{"fs.make_fifo", "mknodat", 0, []landlock.AccessFS{landlock.MakeFifo}},
		{"fs.make_reg", "mknodat", 0, []landlock.AccessFS{landlock.MakeReg}},
		{"fs.make_reg", "open_creat", 0, []landlock.AccessFS{landlock.MakeReg, landlock.WriteFile}},
		{"fs.make_sock", "mknodat", 0, []landlock.AccessFS{landlock.MakeSock}},
		{"fs.make_sock", "bind", 0, []landlock.AccessFS{landlock.MakeSock}},
		{"fs.make_sym", "symlinkat", 0, []landlock.AccessFS{landlock.MakeSym}},
		{"fs.make_sym", "symlink", 0, []landlock.AccessFS{landlock.MakeSym}},
	} {
		out = append(out, proof{op: m.op, variant: m.variant, target: target, spec: noFile,
			needs: needs(eacces, m.rights...), capability: m.capability}.from(other))
	}
	return out
}

// ruleset handles everything the kernel knows and grants p's needs but the one
// with the index without.
func (p proof) ruleset(abi int, site *fixture.Site, granted []need, without int) landlock.Ruleset {
	rs := landlock.Ruleset{HandledFS: landlock.AllFS(abi), HandledNet: landlock.AllNet(abi)}
	var fs landlock.AccessFS
	var net landlock.AccessNet
	for i, n := range granted {
		if i != without {
			fs, net = fs|n.fs, net|n.net
		}
	}
	at := p.at
	if at == "" {
		at = site.Vars[fixture.VarScratch]
	}
	if fs != 0 {
		rs.Paths = []landlock.PathRule{{Parent: at, Access: fs}}
	}
	if net != 0 {
		rs.Ports = []landlock.PortRule{{Port: p.port, Access: net}}
	}
	return rs
}

func (p proof) abi() int {
	abi := 1
	for _, n := range p.needs {
		abi = max(abi, n.fs.ABI(), n.net.ABI())
	}
	return abi
}

func TestTableAgainstTheKernel(t *testing.T) {
	abi, err := landlock.ABI()
	if err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	root := shortDir(t)
	seq := 0
	proved := map[[2]string]bool{}
	for _, p := range proofs() {
		proved[[2]string{p.op, p.variant}] = true
		v := variant(t, p.op, p.variant)
		// attempt makes a fresh fixture and attempts under the layers.
		attempt := func(t *testing.T, layers func(*fixture.Site) []landlock.Ruleset) op.Result {
			t.Helper()
			seq++
			site, err := fixture.Make(root, seq, p.spec)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := site.Close(); err != nil {
					t.Error(err)
				}
			}()
			path, err := site.Expand(p.target)
			if err != nil {
				t.Fatal(err)
			}
			res := attemptUnder(t, layers(site), op.Request{Op: p.op, Syscall: p.variant, Target: path, Source: site.Source})
			if op.Lacking(res) {
				t.Skip(res.Err)
			}
			if strings.HasPrefix(v.Calls, "open") && res.Errno == 0 && res.ObservedPath != path && path != "/dev/ptmx" {
				t.Errorf("observed path = %q, want %q", res.ObservedPath, path)
			}
			return res
		}
		granting := func(without int) func(*fixture.Site) []landlock.Ruleset {
			return func(s *fixture.Site) []landlock.Ruleset {
				return []landlock.Ruleset{p.ruleset(abi, s, p.needs, without)}
			}
		}
		t.Run(p.op+"/"+p.variant, func(t *testing.T) {
			if p.abi() > abi {
				t.Skipf("needs Landlock ABI %d, this kernel has %d", p.abi(), abi)
			}
			if p.capability != 0 && !capable(t, p.capability) {
				t.Skipf("needs capability %d", p.capability)
			}
			t.Run("no policy", func(t *testing.T) {
				want(t, v, attempt(t, func(*fixture.Site) []landlock.Ruleset { return nil }), op.Allow, 0)
			})
			t.Run("exactly what it needs", func(t *testing.T) {
				want(t, v, attempt(t, granting(-1)), op.Allow, 0)
			})
			t.Run("nothing granted", func(t *testing.T) {
				res := attempt(t, func(s *fixture.Site) []landlock.Ruleset {
					return []landlock.Ruleset{p.ruleset(abi, s, nil, -1)}
				})
				switch {
				case len(p.needs) == 0:
					want(t, v, res, op.Allow, 0)
				case p.unlucky:
					want(t, v, res, "", eacces)
				default:
					want(t, v, res, op.Deny, eacces)
				}
			})
			for i, n := range p.needs {
				t.Run("without "+n.fs.String()+n.net.String(), func(t *testing.T) {
					res := attempt(t, granting(i))
					if n.errno == 0 {
						want(t, v, res, "", eacces)
						return
					}
					want(t, v, res, op.Deny, n.errno)
				})
			}
		})
	}
	for _, o := range op.All() {
		for _, v := range o.Variants {
			if !proved[[2]string{o.Name, v.Name}] {
				t.Errorf("%s by %s has no proof", o.Name, v.Name)
			}
		}
	}
}

// shortDir is a temporary folder in which a path fits a unix socket's name:
// the name of the test is left out of it.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "op")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// attemptUnder attempts on a thread of its own, under the layers.
func attemptUnder(t *testing.T, layers []landlock.Ruleset, req op.Request) (res op.Result) {
	t.Helper()
	var err error
	landlock.Throwaway(func() {
		if len(layers) > 0 {
			if _, err = landlock.Apply(layers); err != nil {
				return
			}
		}
		res = op.Attempt(req)
	})
	if err != nil {
		t.Fatalf("apply: %v", err)
	}
	return res
}

func want(t *testing.T, v *op.Variant, res op.Result, decision string, errno syscall.Errno) {
	t.Helper()
	got, kind := op.Classify(v, res)
	if got != decision || syscall.Errno(res.Errno) != errno {
		t.Errorf("%s = %v %s: decision %q (%s), want %q with %v", res.Call, syscall.Errno(res.Errno), res.Err, got, kind, decision, errno)
	}
}

// capable reports whether this process has the capability in effect.
func capable(t *testing.T, capability uint) bool {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(data), "CapEff:\t")
	text, _, _ := strings.Cut(rest, "\n")
	set, err := strconv.ParseUint(text, 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	return set>>capability&1 == 1
}
