package artifact

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits on what a Reader holds at once.
const (
	maxRow  = 16 << 20 // bytes of one value
	maxKeys = 1 << 20  // of one object that is walked
)

var errTooLarge = fmt.Errorf("a value of more than %d bytes", maxRow)

// Reader reads one document from a stream, so that a document of many rows is
// never held whole. It is as strict as Decode. Object and Array walk what is
// next and call back for each member or element, which must then be read with
// one call of Object, Array, Value or Skip.
type Reader struct {
	src *metered
	dec *json.Decoder
}

// NewReader starts a document on r.
func NewReader(r io.Reader) *Reader {
	src := &metered{r: r}
	return &Reader{src, json.NewDecoder(src)}
}

// metered gives up when a value takes more than maxRow.
type metered struct {
	r    io.Reader
	left int
}

func (m *metered) Read(p []byte) (int, error) {
	if m.left == 0 {
		return 0, errTooLarge
	}
	n, err := m.r.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}

func (r *Reader) fail(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("offset %d: %w", r.dec.InputOffset(), err)
}

func (r *Reader) token() (json.Token, error) {
	r.src.left = maxRow
	token, err := r.dec.Token()
	if err != nil {
		return nil, r.fail(err)
	}
	return token, nil
}

func (r *Reader) open(want json.Delim, what string) error {
	token, err := r.token()
	if err == nil && token != want {
		err = r.fail(fmt.Errorf("want %s", what))
	}
	return err
}

// Object walks an object. Known are the keys that the caller reads by name, nil
// when keys are data. A key that comes twice, or differs from a known one in
// case only, is refused.
func (r *Reader) Object(known []string, member func(key string) error) error {
	if err := r.open('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for r.dec.More() {
		token, err := r.token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		switch {
		case seen[key]:
			return r.fail(fmt.Errorf("key %.100q comes twice", key))
		case len(seen) == maxKeys:
			return r.fail(fmt.Errorf("an object of more than %d keys", maxKeys))
		// The decoder puts it where it cannot read what is there.
		case strings.ContainsRune(key, utf8.RuneError):
			return r.fail(fmt.Errorf("key %.100q is not clean UTF-8", key))
		}
		seen[key] = true
		if !slices.Contains(known, key) {
			if i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, key) }); i >= 0 {
				return r.fail(fmt.Errorf("key %.100q differs from %q in case only", key, known[i]))
			}
		}
		if err := member(key); err != nil {
			return fmt.Errorf("%.100q: %w", key, err)
		}
	}
	return r.end()
}

// Array walks an array; i counts from 0.
func (r *Reader) Array(element func(i int) error) error {
	if err := r.open('[', "an array"); err != nil {
		return err
	}
	for i := 0; r.dec.More(); i++ {
		if err := element(i); err != nil {
			return fmt.Errorf("row %d: %w", i, err)
		}
	}
	return r.end()
}

func (r *Reader) end() error {
	_, err := r.token()
	return err
}

// Value reads what is next into v, as Decode does.
func (r *Reader) Value(v any) error {
	raw, err := r.raw()
	if err != nil {
		return err
	}
	if err := Decode(raw, v); err != nil {
		return fmt.Errorf("after offset %d: %w", r.dec.InputOffset()-int64(len(raw)), err)
	}
	return nil
}

// Skip passes over what is next, and checks it all the same.
func (r *Reader) Skip() error { return r.Value(new(json.RawMessage)) }

func (r *Reader) raw() (json.RawMessage, error) {
	var raw json.RawMessage
	r.src.left = maxRow
	if err := r.dec.Decode(&raw); err != nil {
		return nil, r.fail(err)
	}
	return raw, nil
}

// Close proves that nothing follows the document.
func (r *Reader) Close() error {
	r.src.left = maxRow
	switch _, err := r.dec.Token(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return r.fail(err)
	}
	return r.fail(errors.New("data after the document"))
}
