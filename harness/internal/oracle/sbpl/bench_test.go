package sbpl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/oracle/sbpl"
)

// mixes are rules of one kind; %[1]d is the number of the rule. The target
// matches few of them, or none, which is what costs most.
var mixes = map[string]string{
	"literal":      `(allow file-read* (literal "/private/tmp/d%[1]d/f"))`,
	"subpath":      `(allow file-read* (subpath "/private/tmp/d%[1]d"))`,
	"prefix":       `(deny file-read* (prefix "/private/tmp/d%[1]d-"))`,
	"regex":        `(allow file-read* (regex #"^/private/tmp/d%[1]d/[^/]+\.log$"))`,
	"require-all":  `(allow file-read* (require-all (subpath "/private/tmp/d%[1]d") (require-not (literal "/private/tmp/d%[1]d/x"))))`,
	"require-not":  `(deny file-read* (require-not (require-any (subpath "/private") (literal "/d%[1]d"))))`,
	"unfiltered":   "(allow file-read*)\n(deny file-write*)",
	"regex-within": `(allow file-read* (regex #"/d%[1]d/[^/]+\.log$"))`,
	"regex-home":   `(deny file-read* (regex #"^/private/[^/]+/x%[1]d/"))`,
	"vnode-type":   `(allow file-read* (require-all (vnode-type SYMLINK) (literal "/private/tmp/d%[1]d")))`,
}

// profileOf is a profile with n rules of a mix.
func profileOf(b *testing.B, mix string, n int) *sbpl.Profile {
	b.Helper()
	profiles := []*sbpl.Profile{compile(b, "(version 1)\n(deny default)\n(allow file-read-metadata (literal \"/tmp\"))\n")}
	kinds := []string{mix}
	if mix == "mixed" {
		kinds = []string{"literal", "subpath", "prefix", "regex", "require-all"}
	}
	var text strings.Builder
	if mix == "one rule" {
		text.WriteString("(allow file-read*")
		for i := range min(n, 20000) {
			fmt.Fprintf(&text, ` (literal "/private/tmp/d%d/f")`, i)
		}
		return sbpl.Join(profiles[0], compile(b, text.String()+` (literal "/private/tmp/d3/f.log"))`))
	}
	for i := range n {
		rule := mixes[kinds[i%len(kinds)]]
		if strings.Contains(rule, "%") {
			rule = fmt.Sprintf(rule, i)
		}
		text.WriteString(rule + "\n")
		if i%5000 == 4999 || i == n-1 {
			profiles = append(profiles, compile(b, text.String()))
			text.Reset()
		}
	}
	return sbpl.Join(profiles...)
}

// BenchmarkAsk shows what a decision costs by the number and the kind of rules.
func BenchmarkAsk(b *testing.B) {
	for _, mix := range []string{"literal", "subpath", "prefix", "regex", "require-all", "require-not", "regex-within", "regex-home", "unfiltered", "vnode-type", "mixed", "one rule"} {
		for _, n := range []int{10, 100, 1000, 5000, 20000} {
			b.Run(fmt.Sprintf("%s/%d", mix, n), func(b *testing.B) {
				p := profileOf(b, mix, n)
				q := sbpl.Question{Operation: "file-read*", Target: "/tmp/d3/f.log", Syscall: "open (read)"}
				p.Ask(q)
				b.ReportAllocs()
				for b.Loop() {
					p.Ask(q)
				}
			})
		}
	}
}
