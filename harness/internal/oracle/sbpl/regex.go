package sbpl

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// compileRegex translates the regular expression of a filter. head is what
// every text begins with that it matches.
//
// What is translated is what profiles show and everybody agrees on: ^ $ . * + ?
// | ( ) [ ] [^ ], ranges, and a backslash before a sign. Texts are bytes, a dot
// is any of them, and the expression is searched for, not anchored.
func compileRegex(l leaf, arg Arg) (r *regexp.Regexp, head string, err error) {
	if arg.Kind != ArgRegex && arg.Kind != ArgString {
		return nil, "", fmt.Errorf("%s takes regular expressions, and %s is none", l.name, argText(arg))
	}
	t := translator{in: arg.Text, head: strings.HasPrefix(arg.Text, "^")}
	if err := t.translate(); err != nil {
		return nil, "", fmt.Errorf("the model does not evaluate %w", err)
	}
	r, err = regexp.Compile("(?s)" + t.out.String())
	if err != nil {
		return nil, "", errors.New("the model does not evaluate so large a regular expression")
	}
	return r, t.literal.String(), nil
}

// bytewise gives a text in which every byte is a character of its own.
func bytewise(text string) string {
	for i := range len(text) {
		if text[i] >= 0x80 {
			var b strings.Builder
			for i := range len(text) {
				b.WriteRune(rune(text[i]))
			}
			return b.String()
		}
	}
	return text
}

// translator writes a regular expression in Go's language.
type translator struct {
	in       string
	at       int
	out      strings.Builder
	literal  strings.Builder // what everything begins with that is matched
	head     bool            // literal may still grow
	atom     bool            // what stands before can be repeated
	repeated bool            // a repetition stands before
	started  bool            // the alternative has something in it
	open     int
}

func (t *translator) translate() error {
	if alternatives(t.in) {
		t.head = false
	}
	for t.at < len(t.in) {
		if err := t.next(); err != nil {
			return err
		}
	}
	switch {
	case t.open > 0:
		return errors.New("a ( that is never closed")
	case !t.started:
		return errors.New("an alternative with nothing in it")
	}
	return nil
}

// alternatives says that there is a | outside of all parentheses: what stands
// before it is not what everything begins with. It is as well to find too many.
func alternatives(text string) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth <= 0 {
				return true
			}
		}
	}
	return strings.ContainsAny(text, "[") && strings.Contains(text, "|")
}

func (t *translator) next() error {
	c := t.in[t.at]
	t.at++
	switch c {
	case '^', '$':
		if c == '$' || t.at > 1 {
			t.head = false
		}
		t.put(string(c), false)
	case '.':
		t.head = false
		t.put(".", true)
	case '*', '+', '?':
		return t.repeat(c)
	case '|', '(', ')':
		return t.group(c)
	case '[':
		t.head = false
		return t.class()
	case '{', '}', ']':
		return fmt.Errorf("a bare %c in a regular expression", c)
	case '\\':
		if t.at == len(t.in) {
			return errors.New("a \\ at the end of a regular expression")
		}
		c = t.in[t.at]
		if t.at++; !isSign(c) {
			return fmt.Errorf("\\%c in a regular expression", c)
		}
		t.byte(c)
	default:
		t.byte(c)
	}
	return nil
}

// isSign says that a byte is punctuation of ASCII, which a backslash makes to
// mean itself.
func isSign(c byte) bool {
	return c > ' ' && c < 0x7f && !isWord(c)
}

func isWord(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func (t *translator) put(text string, atom bool) {
	t.out.WriteString(text)
	t.atom, t.repeated, t.started = atom, false, true
}

// byte writes a byte that stands for itself.
func (t *translator) byte(c byte) {
	if t.head && t.at < len(t.in) && strings.IndexByte("*+?", t.in[t.at]) >= 0 {
		t.head = false // it may not be there
	}
	if t.head {
		t.literal.WriteByte(c)
	}
	t.put(quoteByte(c), true)
}

func quoteByte(c byte) string { return regexp.QuoteMeta(string(rune(c))) }

func (t *translator) repeat(c byte) error {
	t.head = false
	switch {
	case t.repeated:
		return fmt.Errorf("the repetition of a repetition, %c, in a regular expression", c)
	case !t.atom:
		return fmt.Errorf("a %c that repeats nothing", c)
	}
	t.put(string(c), false)
	t.repeated = true
	return nil
}

func (t *translator) group(c byte) error {
	t.head = false
	if c != '(' && !t.started {
		return errors.New("an alternative with nothing in it")
	}
	switch c {
	case '(':
		if t.at < len(t.in) && t.in[t.at] == '?' {
			return errors.New("(? in a regular expression")
		}
		t.open++
		t.put("(?:", false)
		t.started = false
	case '|':
		t.put("|", false)
		t.started = false
	default:
		if t.open--; t.open < 0 {
			return errors.New("a ) that closes nothing")
		}
		t.put(")", true)
	}
	return nil
}

// class translates what stands between [ and ].
func (t *translator) class() error {
	var b strings.Builder
	b.WriteByte('[')
	if t.at < len(t.in) && t.in[t.at] == '^' {
		b.WriteByte('^')
		t.at++
	}
	for first := true; ; first = false {
		if t.at == len(t.in) {
			return errors.New("a [ that is never closed")
		}
		c := t.in[t.at]
		t.at++
		switch {
		case c == ']' && first:
			return errors.New("a ] at the front of a class")
		case c == ']':
			b.WriteByte(']')
			t.put(b.String(), true)
			return nil
		case c == '\\':
			return errors.New("a \\ in a class")
		case c == '[' && t.at < len(t.in) && strings.IndexByte(":.=", t.in[t.at]) >= 0:
			return fmt.Errorf("[%c in a class", t.in[t.at])
		}
		b.WriteString(classByte(c))
		if t.at+1 >= len(t.in) || t.in[t.at] != '-' || t.in[t.at+1] == ']' {
			continue
		}
		last := t.in[t.at+1]
		if c == '-' || last == '-' || last == '\\' || last == '[' || last < c {
			return fmt.Errorf("the range %c-%c in a class", c, last)
		}
		b.WriteString("-" + classByte(last))
		t.at += 2
	}
}

func classByte(c byte) string {
	if isSign(c) {
		return `\` + string(rune(c))
	}
	return string(rune(c))
}
