package sbpl

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What Read takes.
const (
	MaxSize  = 1 << 20 // bytes a profile may have
	MaxDepth = 100     // how deep forms may nest
)

// Read gives the forms of a profile's text, or everything for which it has
// none, in the order it stands in the text.
func Read(text string) ([]Form, []Fault) {
	r := &reader{text: text, pos: Position{1, 1}}
	switch {
	case len(text) > MaxSize:
		r.fault(r.pos, "larger than %d bytes; split it and import the parts", MaxSize)
	case strings.HasPrefix(text, "\ufeff"):
		r.fault(r.pos, "starts with a byte order mark; save it as UTF-8 without one")
	default:
		r.forms()
	}
	if len(r.faults) == 0 {
		return r.top, nil
	}
	// What is never closed was found at the end.
	slices.SortStableFunc(r.faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return nil, r.faults
}

type reader struct {
	text   string
	at     int      // offset of what is read next
	pos    Position // where that is
	badAt  int      // the last line with a byte that no text has
	open   []pending
	top    []Form
	faults faults
	over   bool // nothing behind here can be read
}

// pending is a list or a quote that is not complete.
type pending struct {
	Form
	// margin is the first line behind its own on which a list begins at the
	// margin: most likely the list should have ended before it.
	margin int
}

func (r *reader) fault(at Position, format string, args ...any) {
	r.faults.add(at, CodeSyntax, format, args...)
}

// peek is the byte read next, 0 at the end. No text has a NUL that matters.
func (r *reader) peek() byte { return r.peekAt(0) }

func (r *reader) peekAt(n int) byte {
	if r.at+n < len(r.text) {
		return r.text[r.at+n]
	}
	return 0
}

func (r *reader) ended() bool { return r.at >= len(r.text) }

// step goes on by one character.
func (r *reader) step() {
	c, size := utf8.DecodeRuneInString(r.text[r.at:])
	if bad := c == utf8.RuneError && size == 1; (bad || c == 0) && r.badAt != r.pos.Line {
		r.badAt = r.pos.Line // once a line is enough
		if bad {
			r.fault(r.pos, "byte 0x%02x is not UTF-8; save the file as UTF-8", r.text[r.at])
		} else {
			r.fault(r.pos, "a NUL byte; remove it")
		}
	}
	r.at += size
	r.pos.Column++
	if c == '\n' {
		r.pos = Position{r.pos.Line + 1, 1}
	}
}

func (r *reader) steps(n int) {
	for range n {
		r.step()
	}
}

// forms reads everything.
func (r *reader) forms() {
	for r.blank(); !r.ended() && !r.over && !r.faults.full(); r.blank() {
		switch start := r.pos; r.peek() {
		case '(':
			r.margin(start)
			r.begin(List, 1)
		case ')':
			r.step()
			r.end(start)
		case '\'', '`':
			r.begin(Quote, 1)
		case ',':
			if r.peekAt(1) == '@' {
				r.begin(Quote, 2)
			} else {
				r.begin(Quote, 1)
			}
		case '"':
			r.str()
		case '#':
			r.hash()
		default:
			r.atom()
		}
	}
	if r.over {
		return
	}
	for _, p := range r.open {
		switch {
		case p.Kind == Quote:
			r.dangling(p)
		case p.margin > 0:
			r.fault(p.Position, "this ( is never closed; add a ), most likely before line %d", p.margin)
		default:
			r.fault(p.Position, "this ( is never closed; add a )")
		}
	}
}

// margin notes that a list begins at the margin inside of others.
func (r *reader) margin(at Position) {
	if at.Column != 1 {
		return
	}
	for i := range r.open {
		if p := &r.open[i]; p.margin == 0 && p.Line < at.Line {
			p.margin = at.Line
		}
	}
}

// begin opens a list or a quote whose sign has n characters.
func (r *reader) begin(kind Kind, n int) {
	if len(r.open) == MaxDepth {
		r.fault(r.pos, "nested deeper than %d; flatten it", MaxDepth)
		r.over = true
		return
	}
	f := Form{Position: r.pos, Kind: kind}
	if kind == Quote {
		f.Text = r.text[r.at : r.at+n]
	}
	r.steps(n)
	r.open = append(r.open, pending{Form: f})
}

// end closes the innermost list.
func (r *reader) end(at Position) {
	for {
		if len(r.open) == 0 {
			r.fault(at, "this ) closes nothing; remove it, or add the ( it belongs to")
			return
		}
		last := r.open[len(r.open)-1]
		r.open = r.open[:len(r.open)-1]
		if last.Kind == List {
			r.add(last.Form)
			return
		}
		r.dangling(last)
	}
}

func (r *reader) dangling(p pending) {
	r.fault(p.Position, "nothing stands behind this %s; remove it", p.Text)
}

// add puts a complete form where it belongs.
func (r *reader) add(f Form) {
	for len(r.open) > 0 {
		last := &r.open[len(r.open)-1]
		if last.Kind == List {
			last.Items = append(last.Items, f)
			return
		}
		last.Items = []Form{f}
		f = last.Form
		r.open = r.open[:len(r.open)-1]
	}
	r.top = append(r.top, f)
}

// blank skips white space and comments.
func (r *reader) blank() {
	for !r.ended() && !r.over {
		switch c := r.peek(); {
		case isSpace(c):
			r.step()
		case c == ';':
			for !r.ended() && r.peek() != '\n' {
				r.step()
			}
		case c == '#' && r.peekAt(1) == '|':
			r.block()
		default:
			return
		}
	}
}

// block skips a comment of several lines; they nest.
func (r *reader) block() {
	start := r.pos
	for depth := 0; !r.ended(); {
		switch {
		case r.peek() == '#' && r.peekAt(1) == '|':
			depth++
			r.steps(2)
		case r.peek() == '|' && r.peekAt(1) == '#':
			depth--
			r.steps(2)
			if depth == 0 {
				return
			}
		default:
			r.step()
		}
	}
	r.fault(start, "this comment is never closed; add |#")
	r.over = true
}

func isSpace(c byte) bool {
	return c == ' ' || '\t' <= c && c <= '\r'
}

// isDelimiter says that the byte belongs to no symbol or number.
func isDelimiter(c byte) bool {
	return isSpace(c) || c == '(' || c == ')' || c == '"' || c == ';'
}
