package artifact

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Limits on what a Reader holds at once.
const (
	maxRow  = 16 << 20 // bytes of one value
	maxKeys = 1 << 20  // of one object that is walked
)

// Reader reads one document from a stream, so that a document of many rows is
// never held whole. It is as strict as Decode. Object and Array walk what is
// next and call back for each member or element, which must then be read with
// one call of Object, Array, Value or Skip. Errors have the offset in the
// stream.
type Reader struct {
	r   io.Reader
	err error  // of r
	buf []byte // what was read; pos is where what is next begins
	pos int
	off int64 // of buf[0]
}

// NewReader starts a document on r.
func NewReader(r io.Reader) *Reader { return &Reader{r: r} }

func (r *Reader) fail(format string, args ...any) error {
	return fmt.Errorf("offset %d: %w", r.off+int64(r.pos), fmt.Errorf(format, args...))
}

// fill reads more behind buf.
func (r *Reader) fill() error {
	const step = 64 << 10
	for tries := 0; r.err == nil; tries++ {
		if r.pos > step {
			r.off += int64(r.pos)
			r.buf, r.pos = append(r.buf[:0], r.buf[r.pos:]...), 0
		}
		if len(r.buf)-r.pos > maxRow {
			return r.fail("a value of more than %d bytes", maxRow)
		}
		var n int
		r.buf = slices.Grow(r.buf, step)
		n, r.err = r.r.Read(r.buf[len(r.buf) : len(r.buf)+step])
		r.buf = r.buf[:len(r.buf)+n]
		if n > 0 {
			return nil
		}
		if tries == 100 && r.err == nil {
			r.err = io.ErrNoProgress
		}
	}
	if r.err == io.EOF {
		return r.fail("%w", io.ErrUnexpectedEOF)
	}
	return r.err
}

// peek gives the next byte that is not white space.
func (r *Reader) peek() (byte, error) {
	for {
		for ; r.pos < len(r.buf); r.pos++ {
			switch c := r.buf[r.pos]; c {
			case ' ', '\t', '\r', '\n':
			default:
				return c, nil
			}
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
}

// take passes over the byte want, of a name for errors.
func (r *Reader) take(want byte, name string) error {
	c, err := r.peek()
	switch {
	case err != nil:
		return err
	case c != want:
		return r.fail("want %s, not %q", name, c)
	}
	r.pos++
	return nil
}

// raw gives what is next, as far as brackets and quotes tell where it ends; that
// it is a value is for others to prove. The bytes are good until more is read.
func (r *Reader) raw() ([]byte, error) {
	if _, err := r.peek(); err != nil {
		return nil, err
	}
	depth, quoted := 0, false
	for n := 0; ; n++ {
		for r.pos+n >= len(r.buf) {
			if err := r.fill(); err == nil {
				continue
			} else if r.err != io.EOF || depth > 0 || quoted {
				return nil, err
			}
			return r.next(len(r.buf) - r.pos), nil
		}
		switch c := r.buf[r.pos+n]; {
		case quoted && c == '\\':
			n++
			continue
		case c == '"':
			quoted = !quoted
		case quoted:
			continue
		case c == '{', c == '[':
			depth++
		case depth == 0 && strings.IndexByte(",:]} \t\r\n", c) >= 0:
			if n == 0 {
				return nil, r.fail("unexpected byte %q", c)
			}
			return r.next(n), nil
		case c == '}', c == ']':
			depth--
		default:
			continue
		}
		if depth == 0 && !quoted {
			return r.next(n + 1), nil
		}
	}
}

func (r *Reader) next(n int) []byte {
	r.pos += n
	return r.buf[r.pos-n : r.pos]
}

// Object walks an object. Known are the keys that the caller reads by name, nil
// when keys are data. A key that comes twice, or differs from a known one in
// case only, is refused.
func (r *Reader) Object(known []string, member func(key string) error) error {
	if err := r.take('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	return r.each('}', func() error {
		if c, err := r.peek(); err != nil || c != '"' {
			return cmp.Or(err, r.fail("want a key"))
		}
		var key string
		if err := r.Value(&key); err != nil {
			return err
		}
		switch i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, key) }); {
		case seen[key]:
			return r.fail("key %.100q comes twice", key)
		case len(seen) == maxKeys:
			return r.fail("an object of more than %d keys", maxKeys)
		case i >= 0 && known[i] != key:
			return r.fail("key %.100q differs from %q in case only", key, known[i])
		}
		seen[key] = true
		err := r.take(':', ": after key")
		if err == nil {
			err = member(key)
		}
		if err != nil {
			return fmt.Errorf("%.100q: %w", key, err)
		}
		return nil
	})
}

// Array walks an array; i counts from 0.
func (r *Reader) Array(element func(i int) error) error {
	if err := r.take('[', "an array"); err != nil {
		return err
	}
	i := 0
	return r.each(']', func() error {
		if err := element(i); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
		i++
		return nil
	})
}

// each reads what stands between commas, to the end.
func (r *Reader) each(end byte, read func() error) error {
	c, err := r.peek()
	for more := c != end; err == nil && more; {
		if err = read(); err != nil {
			return err
		}
		if c, err = r.peek(); c == ',' {
			r.pos++
		} else {
			more = false
		}
	}
	if err != nil {
		return err
	}
	return r.take(end, fmt.Sprintf(", or %c", end))
}

// Value reads what is next into v, as Decode does.
func (r *Reader) Value(v any) error {
	raw, at, err := r.rawAt()
	if err != nil {
		return err
	}
	return decodeAt(raw, at, v)
}

// rawAt is raw with its offset.
func (r *Reader) rawAt() (raw []byte, at int64, err error) {
	raw, err = r.raw()
	return raw, r.off + int64(r.pos-len(raw)), err
}

// decodeAt is Decode of what stands at an offset of the stream.
func decodeAt(raw []byte, at int64, v any) error {
	err := Decode(raw, v)
	if syntax, ok := errors.AsType[*canon.SyntaxError](err); ok {
		return fmt.Errorf("offset %d: %s", at+int64(syntax.Offset), syntax.Msg)
	}
	if err != nil {
		return fmt.Errorf("offset %d: %w", at, err)
	}
	return nil
}

// Skip passes over what is next, and checks it all the same.
func (r *Reader) Skip() error { return r.Value(new(json.RawMessage)) }

// Close proves that nothing follows the document.
func (r *Reader) Close() error {
	switch _, err := r.peek(); {
	case r.err == io.EOF && r.pos == len(r.buf):
		return nil
	case err != nil:
		return err
	}
	return r.fail("data after the document")
}
