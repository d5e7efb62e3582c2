package sbpl

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// compileRegex translates the regular expression of a filter.
//
// What is translated is what profiles show and everybody agrees on: ^ $ . * + ?
// | ( ) [ ] [^ ], ranges, and a backslash before a sign. Texts are bytes, a dot
// is any of them, and the expression is searched for, not anchored.
func compileRegex(l leaf, arg Arg) (*regexp.Regexp, error) {
	if arg.Kind != ArgRegex && arg.Kind != ArgString {
		return nil, fmt.Errorf("%s takes regular expressions, and %s is none", l.name, argText(arg))
	}
	t := translator{in: arg.Text}
	if err := t.translate(); err != nil {
		return nil, fmt.Errorf("the model does not evaluate %w", err)
	}
	r, err := regexp.Compile("(?s)" + t.out.String())
	if err != nil {
		return nil, errors.New("the model does not evaluate so large a regular expression")
	}
	return r, nil
}

// literals returns what every text begins with that an expression matches, and
// the longest text beside it that is in each of them; "" where there is none.
func literals(r *regexp.Regexp) (head, within string) {
	parsed, err := syntax.Parse(r.String(), syntax.Perl)
	if err != nil {
		panic("bug: " + err.Error())
	}
	parts := []*syntax.Regexp{parsed}
	if parsed.Op == syntax.OpConcat {
		parts = parsed.Sub
	}
	for i, part := range parts {
		if part.Op == syntax.OpCapture || part.Op == syntax.OpPlus {
			part = part.Sub[0]
		}
		if part.Op != syntax.OpLiteral || part.Flags&syntax.FoldCase != 0 {
			continue
		}
		text := string(part.Rune)
		if i == 1 && parts[0].Op == syntax.OpBeginText {
			head = text
			continue
		}
		if len(text) > len(within) {
			within = text
		}
	}
	return head, within
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
	atom     bool // what stands before can be repeated
	repeated bool // a repetition stands before
	started  bool // the alternative has something in it
	open     int
}

func (t *translator) translate() error {
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

func (t *translator) next() error {
	c := t.in[t.at]
	t.at++
	switch c {
	case '^', '$':
		t.put(string(c), false)
	case '.':
		t.put(".", true)
	case '*', '+', '?':
		return t.repeat(c)
	case '|', '(', ')':
		return t.group(c)
	case '[':
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
func (t *translator) byte(c byte) { t.put(quoteByte(c), true) }

func quoteByte(c byte) string { return regexp.QuoteMeta(string(rune(c))) }

func (t *translator) repeat(c byte) error {
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
