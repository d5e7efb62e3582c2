package sbpl

import (
	"strings"
	"testing"
)

// naive is a matcher for the regular expressions that are translated, as simple
// as it can be: a node matches from an offset and goes on with what comes then.
type naive struct {
	in    string
	at    int
	steps int
}

type node func(text string, at int, then func(int) bool) bool

func (n *naive) alternatives() node {
	first := n.sequence()
	for n.at < len(n.in) && n.in[n.at] == '|' {
		n.at++
		left, right := first, n.sequence()
		first = func(text string, at int, then func(int) bool) bool {
			return left(text, at, then) || right(text, at, then)
		}
	}
	return first
}

func (n *naive) sequence() node {
	all := func(_ string, at int, then func(int) bool) bool { return then(at) }
	for n.at < len(n.in) && n.in[n.at] != '|' && n.in[n.at] != ')' {
		left, right := all, n.repeated()
		all = func(text string, at int, then func(int) bool) bool {
			return left(text, at, func(at int) bool { return right(text, at, then) })
		}
	}
	return all
}

func (n *naive) repeated() node {
	one := n.one()
	if n.at == len(n.in) || strings.IndexByte("*+?", n.in[n.at]) < 0 {
		return one
	}
	sign := n.in[n.at]
	n.at++
	if sign == '?' {
		return func(text string, at int, then func(int) bool) bool { return one(text, at, then) || then(at) }
	}
	var star node
	star = func(text string, at int, then func(int) bool) bool {
		return then(at) || one(text, at, func(next int) bool { return next > at && star(text, next, then) })
	}
	if sign == '*' {
		return star
	}
	return func(text string, at int, then func(int) bool) bool {
		return one(text, at, func(next int) bool { return star(text, next, then) })
	}
}

func (n *naive) one() node {
	c := n.in[n.at]
	n.at++
	switch c {
	case '^':
		return func(_ string, at int, then func(int) bool) bool { return at == 0 && then(at) }
	case '$':
		return func(text string, at int, then func(int) bool) bool { return at == len(text) && then(at) }
	case '(':
		inner := n.alternatives()
		n.at++
		return inner
	case '.':
		return n.byte(func(byte) bool { return true })
	case '[':
		return n.class()
	case '\\':
		c = n.in[n.at]
		n.at++
	}
	return n.byte(func(b byte) bool { return b == c })
}

func (n *naive) class() node {
	var set [256]bool
	not := n.in[n.at] == '^'
	if not {
		n.at++
	}
	for n.in[n.at] != ']' {
		first := n.in[n.at]
		n.at++
		last := first
		if n.in[n.at] == '-' && n.in[n.at+1] != ']' {
			last = n.in[n.at+1]
			n.at += 2
		}
		for b := int(first); b <= int(last); b++ {
			set[b] = true
		}
	}
	n.at++
	return n.byte(func(b byte) bool { return set[b] != not })
}

func (n *naive) byte(is func(byte) bool) node {
	return func(text string, at int, then func(int) bool) bool {
		n.steps++
		return at < len(text) && n.steps < 100_000 && is(text[at]) && then(at+1)
	}
}

// search says whether the expression matches anywhere; ok is false when that
// took too long to find out.
func (n *naive) search(text string) (found, ok bool) {
	root := n.alternatives()
	for at := 0; at <= len(text) && !found; at++ {
		found = root(text, at, func(int) bool { return true })
	}
	return found, n.steps < 100_000
}

func FuzzRegex(f *testing.F) {
	for _, pattern := range []string{
		`^/private/tmp/[a-z]+\.log$`, `/\.git(/|$)`, `^(/a|/b)+/c?d*.$`, `[^/]+`, `a.b`, `(a*)*b`, `(^a|b$)`, `[-a]`, `[a-]x`, `\[\]`, "[\x80-\xff]", "é+", `$^`, `a^b`,
	} {
		for _, text := range []string{"/private/tmp/x.log", "/a/b/cd", "é", "a\nb", "\xff", ""} {
			f.Add(pattern, text)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 60 || len(text) > 60 {
			t.Skip()
		}
		r, err := compileRegex(leaf{name: "regex"}, Arg{Kind: ArgRegex, Text: pattern})
		if err != nil {
			t.Skip()
		}
		want, ok := (&naive{in: pattern}).search(text)
		if !ok {
			t.Skip()
		}
		if got := r.MatchString(bytewise(text)); got != want {
			t.Errorf("%q in %q: %v, want %v", pattern, text, got, want)
		}
		head, within := literals(r)
		if raw := bytewise(text); want && (!strings.HasPrefix(raw, head) || !strings.Contains(raw, within)) {
			t.Errorf("%q matches %q, which does not begin with %q and have %q", pattern, text, head, within)
		}
	})
}

// What is not translated is named.
func TestRegexRefused(t *testing.T) {
	for pattern, why := range map[string]string{
		`a{2}`: "a bare {", `a}`: "a bare }", `]`: "a bare ]",
		`\d`: `\d`, `\b`: `\b`, `\1`: `\1`, `\`: `a \ at the end`,
		`[[:alpha:]]`: "[: in a class", `[[.a.]]`: "[. in a class", `[\.]`: `a \ in a class`,
		`[]a]`: "a ] at the front", `[a`: "never closed", `[z-a]`: "range z-a",
		`(?:a)`: "(?", `(?=a)`: "(?", `(a`: "never closed", `a)`: "closes nothing",
		`a**`: "repetition of a repetition", `a+?`: "repetition of a repetition", `*a`: "repeats nothing", `(*a)`: "repeats nothing", `^*`: "repeats nothing",
		``: "nothing in it", `a|`: "nothing in it", `|a`: "nothing in it", `()`: "nothing in it", `(a||b)`: "nothing in it",
	} {
		_, err := compileRegex(leaf{name: "regex"}, Arg{Kind: ArgRegex, Text: pattern})
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", pattern, err, why)
		}
	}
}
