package op_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// proof says what one variant of the table needs. It is checked against the
// kernel, so it proves the table: without a policy the attempt succeeds, under
// a policy that handles everything and grants exactly these rights it succeeds,
// and with any one of them taken away it fails with the errno given. A proof
// that needs nothing succeeds under the policy that grants nothing.
type proof struct {
	op, variant string
	label       string // tells proofs of one variant apart
	target      string
	spec        fixture.Spec
	at          string // where the rights are granted; "" is ${scratch}
	needs       []need
	port        uint64 // of the rule for need.net
	unlucky     bool   // without any right another call fails first: nothing decided
	capability  uint   // number of a capability the attempt needs, 0 for none
	host        string // what the host may lack: then the variant is not judged here
}

// need is one thing that a policy must leave, and the errno when that alone is
// missing; 0 means that the call under test is then not reached.
type need struct {
	fs       landlock.AccessFS
	net      landlock.AccessNet
	scope    landlock.Scope // must not be scoped
	noDomain bool           // must be under no policy at all
	noFS     bool           // no right of files may be handled
	errno    syscall.Errno
}

// name is what the audit log calls it.
func (n need) name() string {
	switch {
	case n.noDomain:
		return "ptrace"
	case n.noFS:
		return "fs.change_topology"
	}
	return strings.Join(slices.Concat(n.fs.AuditNames(), n.net.AuditNames(), n.scope.AuditNames()), ",")
}

const (
	eacces = syscall.EACCES
	exdev  = syscall.EXDEV
	eperm  = syscall.EPERM

	capNetRaw    = 13
	capSysChroot = 18
	capSysAdmin  = 21
	capMknod     = 27
)

func needs(errno syscall.Errno, rights ...landlock.AccessFS) []need {
	out := make([]need, len(rights))
	for i, r := range rights {
		out[i] = need{fs: r, errno: errno}
	}
	return out
}

// layers is the policy that handles everything the kernel knows and leaves p's
// needs but the one with the index without.
func (p proof) layers(abi int, site *fixture.Site, granted []need, without int) []landlock.Ruleset {
	rs := landlock.Ruleset{HandledFS: landlock.AllFS(abi), HandledNet: landlock.AllNet(abi), Scoped: landlock.AllScopes(abi)}
	var fs landlock.AccessFS
	var net landlock.AccessNet
	for i, n := range granted {
		if i == without {
			continue
		}
		fs, net, rs.Scoped = fs|n.fs, net|n.net, rs.Scoped&^n.scope
		if n.noFS {
			rs.HandledFS = 0
		}
		if n.noDomain {
			return nil
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
	return []landlock.Ruleset{rs}
}

// abi is the oldest that the proof can be made with.
func (p proof) abi() int {
	abi := 1
	for _, n := range p.needs {
		abi = max(abi, n.fs.ABI(), n.net.ABI(), n.scope.ABI())
		if n.noFS {
			abi = max(abi, 4) // another right must be handled
		}
	}
	return abi
}

func (p proof) name() string {
	name := p.op + "/" + p.variant
	if p.label != "" {
		name += "/" + p.label
	}
	return name
}

// attempt makes a fresh fixture and attempts under the layers.
func (p proof) attempt(t *testing.T, root string, layers func(*fixture.Site) []landlock.Ruleset) op.Result {
	t.Helper()
	site, err := fixture.Make(root, nextSeq(), p.spec)
	if err != nil {
		if p.host != "" {
			t.Skipf("not judged here: needs %s: %v", p.host, err)
		}
		t.Fatal(err)
	}
	defer func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	}()
	target, err := site.Expand(p.target)
	if err != nil {
		t.Fatal(err)
	}
	res := attemptUnder(t, layers(site), op.Request{Op: p.op, Syscall: p.variant, Target: target, Source: site.Source})
	if name, _, _ := strings.Cut(res.Call, "("); op.IsOldCall(name) {
		o, _ := op.Lookup(p.op)
		if op.AvailableOn("arm64", false, o, variant(t, p.op, p.variant)) == "" {
			t.Errorf("%s is available where there is no %s", res.Call, name)
		}
	}
	if p.observes() && res.Errno == 0 && res.ObservedPath != target {
		t.Errorf("observed path = %q, want %q", res.ObservedPath, target)
	}
	if site.Outside != nil && !site.Alive() && !(p.variant == "kill_term" && res.Errno == 0) {
		t.Errorf("%s = %d: the process has ended", res.Call, res.Errno)
	}
	return res
}

var seq int

func nextSeq() int { seq++; return seq }

// observes reports whether the kernel's name for what was opened is the target.
func (p proof) observes() bool {
	switch {
	case p.target == "/dev/ptmx", p.op == "fs.write_file" && p.variant == "tmpfile":
		return false
	case p.op == "fs.truncate" && p.variant == "truncate":
		return false
	}
	for _, name := range []string{"fs.read_file", "fs.write_file", "fs.read_dir", "fs.truncate", "fs.ioctl_dev", "syscall.flock", "syscall.open_path"} {
		if p.op == name {
			return true
		}
	}
	return p.variant == "fexecve" || p.variant == "open_creat" || p.variant == "creat_rdonly"
}

func TestTableAgainstTheKernel(t *testing.T) {
	abi, err := landlock.ABI()
	if err != nil {
		t.Skipf("no Landlock here: %v", err)
	}
	root := shortDir(t)
	proved := map[[2]string]bool{}
	for _, p := range proofs() {
		proved[[2]string{p.op, p.variant}] = true
		v := variant(t, p.op, p.variant)
		t.Run(p.name(), func(t *testing.T) {
			p.fitsTable(t, v)
			skipUnavailable(t, p.op, p.variant)
			if p.abi() > abi {
				t.Skipf("not judged here: needs Landlock ABI %d, this kernel has %d", p.abi(), abi)
			}
			if p.capability != 0 && !capable(t, p.capability) {
				t.Skipf("not judged here: needs capability %d", p.capability)
			}
			free := p.attempt(t, root, func(*fixture.Site) []landlock.Ruleset { return nil })
			if decision, _ := op.Classify(v, free); decision != op.Allow && p.host != "" {
				t.Skipf("not judged here: needs %s: %s = %v %s", p.host, free.Call, syscall.Errno(free.Errno), free.Err)
			}
			want(t, v, free, op.Allow, 0)
			leaving := func(granted []need, without int) op.Result {
				return p.attempt(t, root, func(s *fixture.Site) []landlock.Ruleset { return p.layers(abi, s, granted, without) })
			}
			t.Run("exactly what it needs", func(t *testing.T) {
				want(t, v, leaving(p.needs, -1), op.Allow, 0)
			})
			t.Run("nothing granted", func(t *testing.T) {
				res := leaving(nil, -1)
				switch {
				case len(p.needs) == 0:
					want(t, v, res, op.Allow, 0)
				case p.unlucky:
					want(t, v, res, "", eacces)
				default:
					want(t, v, res, op.Deny, p.needs[0].errno)
				}
			})
			for i, n := range p.needs {
				t.Run("without "+n.name(), func(t *testing.T) {
					res := leaving(p.needs, i)
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

// fitsTable holds the table's own words against what the kernel is about to
// prove: a variant with a denial has errnos for it, and the rights it may be
// denied for are named.
func (p proof) fitsTable(t *testing.T, v *op.Variant) {
	t.Helper()
	o, _ := op.Lookup(p.op)
	if len(p.needs) > 0 && len(v.Denied) == 0 {
		t.Errorf("needs %v and has no errno for a denial", p.needs)
	}
	named := append(op.Intended(o, v), v.Rights...)
	for _, n := range p.needs {
		if n.errno != 0 && !slices.Contains(named, n.name()) {
			t.Errorf("can be denied for %s, which is neither its name nor among its rights %v", n.name(), v.Rights)
		}
	}
}

// attemptUnder attempts on a thread of its own, under the layers.
func attemptUnder(t testing.TB, layers []landlock.Ruleset, req op.Request) (res op.Result) {
	t.Helper()
	var err error
	landlock.Throwaway(func() {
		trial := op.Prepare(req, nil)
		defer trial.Close()
		if len(layers) > 0 {
			if _, err = landlock.Apply(layers); err != nil {
				return
			}
		}
		res = trial.Attempt()
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
