package landlock_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// newer is an ABI beyond those that the model knows.
var newer = oracle.Versions[len(oracle.Versions)-1].ABI + 1

// TestVersions asks every variant of the op table the same under every ABI, and
// holds where the answer changes.
func TestVersions(t *testing.T) {
	var out strings.Builder
	fmt.Fprintln(&out, "what each ABI brought")
	for _, v := range oracle.Versions {
		fmt.Fprintf(&out, "%2d, Linux %s: %s\n", v.ABI, v.Linux, v.Behaviour)
		fs, net := sandbox.AllFS(v.ABI)&^sandbox.AllFS(v.ABI-1), sandbox.AllNet(v.ABI)&^sandbox.AllNet(v.ABI-1)
		scopes, flags := sandbox.AllScopes(v.ABI)&^sandbox.AllScopes(v.ABI-1), sandbox.AllFlags(v.ABI)&^sandbox.AllFlags(v.ABI-1)
		words := slices.Concat(fs.AuditNames(), net.AuditNames(), scopes.AuditNames(), flags.Names())
		if v.ABI > oracle.MeasuredABI {
			words = append(v.Beyond, "not measured")
		}
		if len(words) > 0 {
			fmt.Fprintln(&out, "   ", strings.Join(words, " "))
		}
	}
	fmt.Fprintln(&out, "\nwhat errata mended, and whose answers turn on it")
	for _, e := range oracle.Errata {
		fmt.Fprintf(&out, "%d, from ABI %d: %s\n    %s\n", e.Number, e.ABI, e.Fixed, cmp.Or(strings.Join(e.Turns, " "), "none"))
	}
	whole := func(abi int) sandbox.Ruleset {
		return sandbox.Ruleset{HandledFS: sandbox.AllFS(abi), HandledNet: sandbox.AllNet(abi), Scoped: sandbox.AllScopes(abi)}
	}
	granting := func(abi int) sandbox.Ruleset {
		l := whole(abi)
		l.Paths = []sandbox.PathRule{grant("/", l.HandledFS)}
		if l.HandledNet != 0 {
			l.Ports = []sandbox.PortRule{{Port: 443, Access: l.HandledNet}}
		}
		return l
	}
	fmt.Fprintln(&out, "\nunder a layer of all that the ABI has, with nothing granted")
	writeWalk(t, &out, whole)
	fmt.Fprintln(&out, "\nunder a layer of all that the ABI has, all of it granted")
	writeWalk(t, &out, granting)
	fmt.Fprintln(&out, "\nunder a layer of one right alone, with nothing granted")
	for _, l := range single() {
		name := slices.Concat(l.HandledFS.AuditNames(), l.HandledNet.AuditNames(), l.Scoped.AuditNames())[0]
		o, _ := op.Lookup(name)
		writeAnswers(t, &out, o, &o.Variants[0], func(int) sandbox.Ruleset { return l })
	}
	const golden = "testdata/versions.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("the answers changed; go test -update shows how (-want +got):\n%s", diff)
	}
}

// single is a layer for each right and scope, which handles it alone.
func single() []sandbox.Ruleset {
	var list []sandbox.Ruleset
	for bit := sandbox.Execute; bit <= sandbox.IoctlDev; bit <<= 1 {
		list = append(list, sandbox.Ruleset{HandledFS: bit})
	}
	return append(list,
		sandbox.Ruleset{HandledNet: sandbox.BindTCP}, sandbox.Ruleset{HandledNet: sandbox.ConnectTCP},
		sandbox.Ruleset{Scoped: sandbox.ScopeAbstractUnixSocket}, sandbox.Ruleset{Scoped: sandbox.ScopeSignal})
}

func writeWalk(t *testing.T, out *strings.Builder, layer func(abi int) sandbox.Ruleset) {
	t.Helper()
	for _, o := range op.All() {
		for i := range o.Variants {
			writeAnswers(t, out, &o, &o.Variants[i], layer)
		}
	}
}

// writeAnswers writes one line: the answers, each with the ABIs that give it.
// Under an ABI that the model does not know there is none, and records begin
// with ABI 7.
func writeAnswers(t *testing.T, out *strings.Builder, o *op.Op, v *op.Variant, layer func(abi int) sandbox.Ruleset) {
	t.Helper()
	q := ask(t, o, v)
	fmt.Fprintf(out, "%s %s", o.Name, v.Name)
	text, from := "", 1
	write := func(to int) {
		if from == to {
			fmt.Fprintf(out, " | %d %s", from, text)
		} else {
			fmt.Fprintf(out, " | %d-%d %s", from, to, text)
		}
	}
	for abi := 1; abi < newer; abi++ {
		q.ABI, q.Layers = abi, rulesets(layer(abi))
		for _, e := range oracle.Errata {
			if e.ABI <= abi && e.Measured {
				q.Errata |= 1 << (e.Number - 1)
			}
		}
		a := oracle.Ask(q)
		if logged := a.Blockers() != nil; logged != (a.Decision == oracle.Deny && abi >= 7) {
			t.Errorf("%s %s at ABI %d: blockers %v: %+v", o.Name, v.Name, abi, a.Blockers(), a)
		}
		if a.Decision == oracle.Deny && !slices.Contains(v.Denied, syscall.Errno(a.Errno)) {
			t.Errorf("%s %s at ABI %d: errno %d is none with which the op table says it is denied (%v)", o.Name, v.Name, abi, a.Errno, v.Denied)
		}
		next := answerText(a)
		if abi > 1 && next != text {
			write(abi - 1)
			from = abi
		}
		text = next
	}
	write(newer - 1)
	q.ABI = newer
	if a := oracle.Ask(q); a.Decision != oracle.Unknown || !strings.Contains(a.Reason, "newer than the model") {
		t.Errorf("%s %s at ABI %d: %+v", o.Name, v.Name, newer, a)
	}
	out.WriteByte('\n')
}

func answerText(a oracle.Answer) string {
	switch {
	case strings.HasPrefix(a.Reason, "the policy cannot be applied"):
		return "cannot be applied"
	case a.Decision == oracle.Unknown:
		return "unknown: " + a.Reason
	case a.Decision == oracle.Allow:
		return "allow: " + a.Reason
	}
	var rights []string
	for _, m := range a.Missing {
		rights = append(rights, m.Right)
	}
	return fmt.Sprintf("deny with errno %d: %s", a.Errno, strings.Join(rights, " "))
}

// ask is a question about a variant whose answer is Landlock's.
func ask(t *testing.T, o *op.Op, v *op.Variant) oracle.Question {
	q := oracle.Question{Op: o.Name, Syscall: v.Name, Target: "/w/src/a"}
	q.Tree = data(t,
		oracle.Entry{Path: "/w/src/a", Kind: oracle.File, Detail: &oracle.Detail{Format: oracle.FormatELF}}, dir("/w/dst"), dir("/w/empty"), oracle.Entry{Path: "/proc", Kind: oracle.Dir, Mount: oracle.Mount{ID: "proc", FS: "proc"}},
		symlink("/w/link", "src"), oracle.Entry{Path: "/w/sock", Kind: oracle.Socket}, oracle.Entry{Path: "/dev/tty", Kind: oracle.Char})
	q.Peers = oracle.Peers{Outside: []int{4321}, Listening: []oracle.Listener{
		{Network: "unix", Address: "@name"}, {Network: "unixgram", Address: "@name"}, {Network: "unix", Address: "/w/sock"}}}
	if o.Name == "syscall.sendto" {
		q.Peers.Listening[2].Network = "unixgram"
	}
	switch v.Target {
	case op.TargetAddr:
		q.Target = "0.0.0.0:443"
	case op.TargetName:
		q.Target = "@name"
	case op.TargetProcess:
		q.Target = "4321"
	case op.TargetText:
		q.Target = "text"
	}
	switch o.Name {
	case "fs.read_dir", "syscall.chdir", "syscall.chroot":
		q.Target = "/w/src"
	case "fs.ioctl_dev":
		q.Target = "/dev/tty"
	case "fs.remove_dir":
		q.Target = "/w/empty"
	case "syscall.readlink":
		q.Target = "/w/link"
	case "fs.change_topology":
		q.Target, q.Source = "/w/dst", "/w/src"
	case "fs.refer", "syscall.link", "syscall.rename":
		q.Source, q.Target = "/w/src/a", "/w/dst/a"
	}
	switch {
	case strings.HasPrefix(o.Name, "fs.make_"), v.Name == "open_creat", v.Name == "creat_rdonly":
		q.Target, q.Source = "/w/new", "text"
	case v.Name == "tmpfile":
		q.Target = "/w/dst"
	case v.Name == "unix":
		q.Target = "/w/sock"
	case v.Name == "exchange":
		q.Target = "/w/empty"
	}
	return q
}

// TestErrata holds that each erratum turns the answers it is said to, and no
// other.
func TestErrata(t *testing.T) {
	all := 1<<len(oracle.Errata) - 1
	layers := rulesets(sandbox.Ruleset{HandledFS: allFS, HandledNet: sandbox.AllNet(7), Scoped: sandbox.AllScopes(7)})
	for _, e := range oracle.Errata {
		turned := map[string]bool{}
		for _, o := range op.All() {
			for i := range o.Variants {
				v := &o.Variants[i]
				plain := ask(t, &o, v)
				other := plain // what an erratum may be about
				switch {
				case v.Target == op.TargetProcess:
					other.Target = "self"
				case o.Name == "fs.refer", o.Name == "syscall.link", o.Name == "syscall.rename":
					other.Source = "/dev/tty"
				}
				for _, q := range []oracle.Question{plain, other} {
					q.Layers, q.ABI = layers, 7
					q.Errata = all
					with := oracle.Ask(q)
					q.Errata = all &^ (1 << (e.Number - 1))
					without := oracle.Ask(q)
					if gocmp.Equal(with, without) {
						continue
					}
					turned[o.Name] = true
					// It is never said how a kernel decides that was not measured.
					if unsure := map[bool]oracle.Answer{true: without, false: with}[e.Measured]; unsure.Decision != oracle.Unknown {
						t.Errorf("erratum %d, %s %s: with %+v, without %+v", e.Number, o.Name, v.Name, with, without)
					}
				}
			}
		}
		if got := slices.Sorted(maps.Keys(turned)); !slices.Equal(got, e.Turns) {
			t.Errorf("erratum %d turns %v, and is said to turn %v", e.Number, got, e.Turns)
		}
	}
}

// TestNewerThanTheModel holds that what the model knows nothing of is not
// guessed, as long as there is a policy at all.
func TestNewerThanTheModel(t *testing.T) {
	q := oracle.Question{Op: "fs.read_file", Target: "/w/src/a", Tree: home(t), Layers: rulesets(layer())}
	unknownFix := 1 << len(oracle.Errata)
	for _, r := range []struct {
		abi, errata int
		want        oracle.Decision
	}{
		{0, 0, oracle.Deny}, {oracle.MeasuredABI, 0, oracle.Deny}, {newer - 1, 7, oracle.Deny},
		{newer, 0, oracle.Unknown}, {oracle.MeasuredABI, unknownFix, oracle.Unknown}, {-1, 0, oracle.Unknown},
	} {
		q.ABI, q.Errata = r.abi, r.errata
		if a := oracle.Ask(q); a.Decision != r.want {
			t.Errorf("ABI %d, errata %#x: %+v, want %s", r.abi, r.errata, a, r.want)
		}
	}
	q.ABI, q.Errata, q.Layers = newer, unknownFix, nil
	if a := oracle.Ask(q); a.Decision != oracle.Allow {
		t.Errorf("without a policy: %+v", a)
	}
}
