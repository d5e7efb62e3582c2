package canon

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Shape says which keys a reader knows, so that Check can refuse those that it
// would take for them. The nil Shape knows none.
type Shape struct {
	Keys map[string]*Shape // of an object, with what is beneath each
	Each *Shape            // of every element of an array, or member of an object whose keys are data

	folded map[string]string // Keys by what encoding/json takes for them
}

// Check proves that data is one JSON document that all readers read alike.
// Other than encoding/json it refuses a key that comes twice, a key that
// differs from one the shape knows in case only, bytes that are not UTF-8, half
// a surrogate pair, and nesting past 1000 levels. Keys that the shape does not
// know pass. The error is a *SyntaxError.
func Check(data []byte, shape *Shape) error {
	c := checker{transcoder{src: data}}
	if !utf8.Valid(data) {
		for size := 1; ; c.pos += size {
			var r rune
			if r, size = utf8.DecodeRune(data[c.pos:]); r == utf8.RuneError && size == 1 {
				return c.fail("byte %#02x is not UTF-8", data[c.pos])
			}
		}
	}
	if err := c.value(shape); err != nil {
		return err
	}
	c.space()
	if c.pos < len(data) {
		return c.fail("data after the document")
	}
	return nil
}

// checker reads with the transcoder's eyes. What was written is dropped at
// once, but for the keys of the objects that are open: for a member, start and
// end are the written key's and keyStart is where src has it.
type checker struct{ transcoder }

func (c *checker) value(shape *Shape) error {
	switch c.peek() {
	case '{':
		return c.object(shape)
	case '[':
		return c.array(shape)
	case '"':
		mark := len(c.dst)
		err := c.text()
		c.dst = c.dst[:mark]
		return err
	}
	mark := len(c.dst)
	err := c.transcoder.value()
	c.dst = c.dst[:mark]
	return err
}

// text reads a string and leaves it written.
func (c *checker) text() error {
	at, mark := c.pos, len(c.dst)
	escaped, err := c.str()
	if err != nil || !escaped {
		return err
	}
	// Halves of pairs decode to what is no UTF-8, and to nothing else's text.
	if written := c.dst[mark+1 : len(c.dst)-1]; bytes.Contains(written, []byte(`\ud`)) && !utf8.Valid(unescape(written)) {
		c.pos = at
		return c.fail("string with half a surrogate pair")
	}
	return nil
}

func (c *checker) array(shape *Shape) error {
	if err := c.enter(); err != nil {
		return err
	}
	var each *Shape
	if shape != nil {
		each = shape.Each
	}
	if c.peek() == ']' {
		c.pos++
		c.depth--
		return nil
	}
	for {
		if err := c.value(each); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.pos++
		case ']':
			c.pos++
			c.depth--
			return nil
		default:
			return c.fail("want , or ] in array")
		}
	}
}

func (c *checker) object(shape *Shape) error {
	if err := c.enter(); err != nil {
		return err
	}
	mark, first := len(c.dst), len(c.members)
	inOrder := true
	for more := c.peek() != '}'; more; {
		if c.peek() != '"' {
			return c.fail("want a key")
		}
		m := member{start: len(c.dst) + 1, keyStart: c.pos}
		if err := c.text(); err != nil {
			return err
		}
		m.end = len(c.dst) - 1
		beneath, err := shape.beneath(c.dst[m.start:m.end])
		if err != nil {
			c.pos = m.keyStart
			return c.fail("%v", err)
		}
		if c.peek() != ':' {
			return c.fail("want : after key")
		}
		c.pos++
		if len(c.members) > first && inOrder {
			inOrder = c.byKey(c.members[len(c.members)-1], m) < 0
		}
		c.members = append(c.members, m)
		if err := c.value(beneath); err != nil {
			return err
		}
		switch c.peek() {
		case ',':
			c.pos++
		case '}':
			more = false
		default:
			return c.fail("want , or } in object")
		}
	}
	if members := c.members[first:]; !inOrder {
		slices.SortStableFunc(members, c.byKey)
		for i := 1; i < len(members); i++ {
			if c.byKey(members[i-1], members[i]) == 0 {
				c.pos = members[i].keyStart
				return c.fail("key \"%.100s\" comes twice", c.dst[members[i].start:members[i].end])
			}
		}
	}
	c.members, c.dst = c.members[:first], c.dst[:mark]
	c.pos++
	c.depth--
	return nil
}

// byKey compares what was written, which is one text for one key.
func (c *checker) byKey(a, b member) int {
	return bytes.Compare(c.dst[a.start:a.end], c.dst[b.start:b.end])
}

// beneath is the shape of a member's value, given the key as this package
// writes it.
func (s *Shape) beneath(key []byte) (*Shape, error) {
	if s == nil {
		return nil, nil
	}
	if s.Keys == nil {
		return s.Each, nil
	}
	if beneath, ok := s.Keys[string(key)]; ok {
		return beneath, nil
	}
	return nil, s.refuse(string(unescape(key)))
}

// NewShape is the shape of an object.
func NewShape(keys map[string]*Shape) *Shape {
	s := &Shape{Keys: keys, folded: make(map[string]string, len(keys))}
	for key := range keys {
		s.folded[fold(key)] = key
	}
	return s
}

// refuse is about a key that is not among Keys.
func (s *Shape) refuse(key string) error {
	if known, ok := s.folded[fold(key)]; ok {
		return fmt.Errorf("key %.100q differs from %q in case only", key, known)
	}
	return nil
}

// fold gives one text for all keys that encoding/json takes for one another.
// ToUpper first: it joins the letters that fold together but keep different
// lower-case forms, as ſ and s do.
func fold(key string) string { return strings.ToLower(strings.ToUpper(key)) }
