package canon

import (
	"bytes"
	"fmt"
)

// maxDepth bounds nesting, below the 10000 of encoding/json: indentation makes
// the output grow with the square of the depth, and no document of ours nests
// past 20.
const maxDepth = 1000

// transcoder reads src once and writes dst as it goes. Sorting needs no tree:
// an object's members are written in their own order, and when that order was
// wrong the written ranges are permuted. Input that is sorted already, which
// is most of it, costs one comparison a key.
type transcoder struct {
	layout
	src     []byte
	pos     int
	dst     []byte
	depth   int // nesting of the reader, for maxDepth
	base    int // indentation the document starts at, for Writer
	members []member
	spare   []byte
}

// member is one written `"key": value`, as offsets into dst.
type member struct {
	start, end       int
	keyStart, keyEnd int // inside the quotes
	escaped          bool
}

// SyntaxError says where JSON text goes wrong.
type SyntaxError struct {
	Offset int // bytes before the fault
	Msg    string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("json: offset %d: %s", e.Offset, e.Msg)
}

func (t *transcoder) fail(format string, args ...any) error {
	return &SyntaxError{Offset: t.pos, Msg: fmt.Sprintf(format, args...)}
}

func (t *transcoder) document() error {
	if err := t.value(); err != nil {
		return err
	}
	t.space()
	if t.pos < len(t.src) {
		return t.fail("data after the document")
	}
	return nil
}

func (t *transcoder) space() {
	for t.pos < len(t.src) {
		switch t.src[t.pos] {
		case ' ', '\t', '\r', '\n':
			t.pos++
		default:
			return
		}
	}
}

// peek is the next byte that is not white space, 0 at the end. A real NUL
// starts no token either, so both are refused alike.
func (t *transcoder) peek() byte {
	t.space()
	if t.pos < len(t.src) {
		return t.src[t.pos]
	}
	return 0
}

func (t *transcoder) value() error {
	switch c := t.peek(); {
	case c == '"':
		_, err := t.str()
		return err
	case c == '{':
		return t.object()
	case c == '[':
		return t.array()
	case c == 't':
		return t.literal("true")
	case c == 'f':
		return t.literal("false")
	case c == 'n':
		return t.literal("null")
	case c == '-' || '0' <= c && c <= '9':
		return t.number()
	case t.pos == len(t.src):
		return t.fail("unexpected end")
	default:
		return t.fail("unexpected byte %q", c)
	}
}

func (t *transcoder) literal(word string) error {
	if !bytes.HasPrefix(t.src[t.pos:], []byte(word)) {
		return t.fail("want %s", word)
	}
	t.pos += len(word)
	t.dst = append(t.dst, word...)
	return nil
}

func (t *transcoder) number() error {
	start := t.pos
	if t.src[t.pos] == '-' {
		t.pos++
	}
	switch {
	case t.pos < len(t.src) && t.src[t.pos] == '0':
		t.pos++
	case !t.digits():
		return t.fail("number without digits")
	}
	if t.pos < len(t.src) && t.src[t.pos] == '.' {
		t.pos++
		if !t.digits() {
			return t.fail("number without digits after the point")
		}
	}
	if t.pos < len(t.src) && (t.src[t.pos] == 'e' || t.src[t.pos] == 'E') {
		t.pos++
		if t.pos < len(t.src) && (t.src[t.pos] == '+' || t.src[t.pos] == '-') {
			t.pos++
		}
		if !t.digits() {
			return t.fail("number without digits in the exponent")
		}
	}
	t.dst = append(t.dst, t.src[start:t.pos]...)
	return nil
}

func (t *transcoder) digits() bool {
	start := t.pos
	for t.pos < len(t.src) && '0' <= t.src[t.pos] && t.src[t.pos] <= '9' {
		t.pos++
	}
	return t.pos > start
}

func (t *transcoder) enter() error {
	t.pos++
	if t.depth++; t.depth > maxDepth {
		return t.fail("nested deeper than %d", maxDepth)
	}
	return nil
}

func (t *transcoder) breakLine(first bool) {
	if !first {
		t.dst = append(t.dst, t.comma...)
	}
	t.newlineAt(t.depth)
}

func (t *transcoder) newlineAt(depth int) {
	if t.indent {
		t.dst = appendIndent(t.dst, t.base+depth)
	}
}

func (t *transcoder) leave(close byte, empty bool) {
	t.pos++
	t.depth--
	if !empty {
		t.newlineAt(t.depth)
	}
	t.dst = append(t.dst, close)
}

func (t *transcoder) array() error {
	if err := t.enter(); err != nil {
		return err
	}
	t.dst = append(t.dst, '[')
	if t.peek() == ']' {
		t.leave(']', true)
		return nil
	}
	for first := true; ; first = false {
		t.breakLine(first)
		if err := t.value(); err != nil {
			return err
		}
		switch t.peek() {
		case ',':
			t.pos++
		case ']':
			t.leave(']', false)
			return nil
		default:
			return t.fail("want , or ] in array")
		}
	}
}

func (t *transcoder) object() error {
	if err := t.enter(); err != nil {
		return err
	}
	t.dst = append(t.dst, '{')
	if t.peek() == '}' {
		t.leave('}', true)
		return nil
	}
	mark := len(t.members)
	inOrder := true
	for first := true; ; first = false {
		t.breakLine(first)
		if t.peek() != '"' {
			return t.fail("want a key")
		}
		at, keyPos := len(t.dst), t.pos
		escaped, err := t.str()
		if err != nil {
			return err
		}
		m := member{start: at, keyStart: at + 1, keyEnd: len(t.dst) - 1, escaped: escaped}
		if t.peek() != ':' {
			return t.fail("want : after key")
		}
		t.pos++
		if t.sorted && !first && inOrder {
			order := t.compare(t.members[len(t.members)-1], m)
			if order == 0 {
				return t.twice(keyPos, m)
			}
			inOrder = order < 0
		}
		t.dst = append(t.dst, t.colon...)
		if err := t.value(); err != nil {
			return err
		}
		if t.sorted {
			m.end = len(t.dst)
			t.members = append(t.members, m)
		}
		switch t.peek() {
		case ',':
			t.pos++
		case '}':
			if !inOrder {
				if err := t.permute(t.members[mark:]); err != nil {
					return err
				}
			}
			t.members = t.members[:mark]
			t.leave('}', false)
			return nil
		default:
			return t.fail("want , or } in object")
		}
	}
}

// appendIndent starts a line at a nesting depth.
func appendIndent(dst []byte, depth int) []byte {
	const blanks = "\n                                "
	n := 2 * depth
	if n < len(blanks) {
		return append(dst, blanks[:n+1]...)
	}
	dst = append(dst, '\n')
	for range n {
		dst = append(dst, ' ')
	}
	return dst
}
