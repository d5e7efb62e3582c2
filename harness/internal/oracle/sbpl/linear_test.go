package sbpl

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// linear is the decision as the language defines it: what may come of the rules
// so far, rule after rule. The index must say the same.
func linear(rules []Rule, operation string, s *subject) (Decision, *Rule) {
	may := []Decision{Deny}
	var last *Rule
	run := func(about func(name string) bool, isDefault bool) {
		for i := range rules {
			r := &rules[i]
			if !slices.ContainsFunc(r.Ops, about) && (isDefault || len(r.Ops) > 0) {
				continue
			}
			t := yes
			if r.Filter != nil {
				t = plainly(r.Filter, s)
			}
			if r.Filter != nil && (isDefault || s.opaque != "") {
				t = maybe
			}
			if t == yes && r.Doubt != nil {
				t = maybe
			}
			switch {
			case t == no:
			case r.Effect == Unknown:
				may = []Decision{Allow, Deny}
			case t == yes:
				may, last = []Decision{r.Effect}, r
			default:
				may = append(may, r.Effect)
			}
		}
	}
	run(func(name string) bool { return name == "default" }, true)
	if beyond(operation) && slices.Contains(may, Deny) {
		may, last = []Decision{Allow, Deny}, nil
	}
	run(func(name string) bool { return seatbelt.Covers(name, operation) }, false)
	slices.Sort(may)
	if may = slices.Compact(may); len(may) > 1 {
		return Unknown, nil
	}
	return may[0], last
}

// plainly evaluates a composition one filter after the other.
func plainly(f Filter, s *subject) truth {
	switch f := f.(type) {
	case *anyOf:
		t := no
		for _, one := range f.filters {
			t = t.not().and(plainly(one, s).not()).not()
		}
		return t
	case *allOf:
		t := yes
		for _, one := range f.filters {
			t = t.and(plainly(one, s))
		}
		return t
	case *negation:
		return plainly(f.filter, s).not()
	}
	t, _ := f.match(s)
	return t
}

// compareLinear asks the index and the rules one after the other about every
// check of a question.
func compareLinear(t *testing.T, p *Profile, q Question) {
	t.Helper()
	plan := q.plan()
	for _, c := range plan.checks {
		for _, operation := range c.operations {
			v := p.decide(operation, &c.subject)
			want, rule := linear(p.rules, operation, &c.subject)
			if v.decision != want || v.rule != rule {
				t.Fatalf("%s of %s: %s by %v, one after the other %s by %v, of\n%s", operation, c.target, v.decision, v.rule, want, rule, profileText(p))
			}
			if (v.decision == Unknown) != (v.doubt != nil) {
				t.Fatalf("%s of %s: %s with doubt %v", operation, c.target, v.decision, v.doubt)
			}
		}
	}
}

func profileText(p *Profile) string {
	var b strings.Builder
	for _, r := range p.rules {
		b.WriteString(r.Text + "\n")
	}
	return b.String()
}

// writer writes profiles in which much happens to few paths.
type writer struct{ *rand.Rand }

func (w writer) one(of ...string) string { return of[w.IntN(len(of))] }

func (w writer) path() string {
	var b strings.Builder
	for range w.IntN(4) {
		b.WriteString("/" + w.one("a", "b", "A", "ab", "tmp", "private"))
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
}

func (w writer) filter(depth int) string {
	if depth == 2 && w.IntN(8) == 0 { // more than are looked at one after the other
		var b strings.Builder
		for range fewFilters + 4 {
			b.WriteString(" " + w.filter(1))
		}
		return "(require-" + w.one("any", "any", "all") + b.String() + ")"
	}
	if depth > 0 && w.IntN(3) == 0 {
		if w.IntN(3) == 0 {
			return "(require-not " + w.filter(depth-1) + ")"
		}
		return fmt.Sprintf("(%s %s %s)", w.one("require-any", "require-all"), w.filter(depth-1), w.filter(depth-1))
	}
	switch w.IntN(14) {
	case 0, 1, 2:
		return fmt.Sprintf("(literal %q %q)", w.path(), w.path())
	case 3, 4, 5:
		return fmt.Sprintf("(subpath %q)", w.path())
	case 6:
		return fmt.Sprintf("(prefix %q)", w.path())
	case 7, 8:
		return fmt.Sprintf(`(regex #"%s%s%s")`, w.one("^", ""), strings.Trim(w.path(), "/")+w.one("", "/[ab]+", ".*/b", "(a|b)?"), w.one("$", ""))
	case 9:
		return fmt.Sprintf(`(regex #"^%s%s")`, w.path(), w.one("", "/[ab]+/", "[^/]*/tmp", "(/a|/b)$"))
	case 10:
		return "(vnode-type " + w.one("SYMLINK", "DIRECTORY") + ")"
	case 11:
		return "(file-mode 4)"
	case 12:
		return fmt.Sprintf("(global-name%s %q)", w.one("", "-prefix"), w.one("a", "ab", "b"))
	}
	return fmt.Sprintf("(subpath %q)", w.path()+"/")
}

func (w writer) profile() string {
	var b strings.Builder
	b.WriteString("(version 1)\n")
	for range w.IntN(12) {
		names := w.one("file*", "file-read*", "file-read-data", "file-read-metadata", "file-write*", "mach-lookup", "default", "file-read-data mach*")
		filter := ""
		if names != "default" || w.IntN(8) == 0 {
			for range w.IntN(3) {
				filter += " " + w.filter(2)
			}
		}
		switch rule := fmt.Sprintf("(%s %s%s)", w.one("allow", "deny"), names, filter); w.IntN(20) {
		case 0:
			rule = fmt.Sprintf("(%s %s%s (with user-approval))", w.one("allow", "deny"), names, filter)
			fallthrough
		default:
			b.WriteString(rule + "\n")
		case 1:
			fmt.Fprintf(&b, "(if (param \"X\") %s)\n", rule)
		case 2:
			if w.IntN(5) == 0 {
				b.WriteString("(import \"nowhere.sb\")\n")
			}
		}
	}
	return b.String()
}

// TestIndex holds that the index finds what the rules say one after the other.
func TestIndex(t *testing.T) {
	seen := map[Decision]int{}
	for seed := range uint64(1500) {
		w := writer{rand.New(rand.NewPCG(seed, 6))}
		p, faults := Compile(Source{File: "p.sb", Text: w.profile()})
		if len(faults) > 0 {
			t.Fatal(faults)
		}
		for range 12 {
			q := Question{Operation: w.one("file-read*", "file-write*", "file-read-metadata", "file-map-executable"), Target: w.path()}
			if w.IntN(6) == 0 {
				q = Question{Operation: "mach-lookup", Target: w.one("a", "ab", "c")}
			}
			compareLinear(t, p, q)
			seen[p.Ask(q).Decision]++
		}
	}
	for _, d := range []Decision{Allow, Deny, Unknown} {
		if seen[d] < 500 {
			t.Errorf("only %d answers were %s: the test shows little", seen[d], d)
		}
	}
}

// FuzzAsk holds what is true of every answer.
func FuzzAsk(f *testing.F) {
	for seed := range uint64(8) {
		w := writer{rand.New(rand.NewPCG(seed, 7))}
		f.Add(w.profile(), "file-read*", w.path(), "open (read)", "", "/a", "b")
	}
	f.Add(`(version 1)(allow network* (remote ip "localhost:1"))`, "network-outbound", "localhost:1", "connect", "udp", "/tmp/x", "../y")
	f.Add(`(version 1)(allow process-fork (literal "/a"))(deny process-fork)(allow process-fork (subpath "/"))`, "process-fork", "", "fork", "", "", "")
	f.Add(`(version 1)(allow file* (prefix "/\xc3"))`, "file-read*", "/é", "open", "", "", "")
	f.Add(`(version 1)(allow signal (target self))`, "signal", "self", "kill", "", "", "")
	f.Add(`(version 1)(allow ipc-posix* (ipc-posix-name "x"))`, "ipc-posix-shm*", "x", "shm_open", "ipc-posix-name", "/a/b", "/a")
	f.Add(`(version 1)(allow file* (literal "/a"))`, "file*", "/a", "rename", "", "/a", "a")
	f.Add(`(version 1)(allow file* (literal "/a"))`, "file*", "/a", "", "pa\nth\xba", "/a", "a")
	for _, s := range seeds(f) {
		for _, q := range s.Questions {
			f.Add(s.text, q.Operation, q.Target, q.Syscall, q.FilterName, "/private/tmp/link", "/Users/ann")
		}
	}
	f.Fuzz(func(t *testing.T, text, operation, target, syscall, filter, link, to string) {
		p, faults := Compile(Source{File: "p.sb", Text: text})
		if len(faults) > 0 {
			t.Skip()
		}
		world, err := MacOS().With(map[string]string{link: to})
		if err != nil {
			world = nil
		}
		q := Question{Operation: operation, Target: target, Syscall: syscall, FilterName: filter, World: world}
		a := p.Ask(q)
		compareLinear(t, p, q)
		switch {
		case a.Reason == "" || strings.Contains(a.Reason, "\n"):
			t.Errorf("reason %q", a.Reason)
		case (a.Decision == Deny) != (len(a.Missing) > 0):
			t.Errorf("%s with %d checks denied", a.Decision, len(a.Missing))
		case a.Decision == Unknown && a.Rule != nil:
			t.Errorf("unknown by %v", a.Rule)
		case a.Decision == Allow && (a.Rule == nil || a.Rule.Effect != Allow || len(a.Checks) == 0):
			t.Errorf("allowed by %v after %d checks", a.Rule, len(a.Checks))
		}
	})
}
