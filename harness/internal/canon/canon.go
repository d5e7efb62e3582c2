// Package canon writes JSON in the byte styles of the wire formats, which are
// those of Python's json module: ASCII only, escapes in lower-case hex, `<`,
// `>`, `&` and `/` left alone, floats as Python's repr prints them.
//
// Use Marshal for Go values, Transcode for JSON text, and Writer for documents
// too large to hold twice. Numbers are never reinterpreted: 1 stays 1 and 1.0
// stays 1.0, so a struct that must print 1.0 declares its field as Float.
package canon

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"sync"
)

// Style is one way to lay out a JSON document.
type Style uint8

// The styles. Sorted styles order keys by code point at every level, and
// refuse an object that has one key twice: it has no canonical form.
const (
	Indented              Style = iota // S1: indent 2, insertion order, no final newline
	IndentedSorted                     // S2: indent 2, sorted, no final newline
	IndentedSortedNewline              // S3: indent 2, sorted, final newline
	Line                               // L1: one line, `", "` and `": "`, insertion order, newline
	LineSorted                         // one line, `", "` and `": "`, sorted, newline
	CompactSorted                      // what plan_digest hashes: `", "` and `": "`, sorted, no newline
	TightSorted                        // `","` and `":"`, sorted, no newline
)

// layout is what a Style means to the encoder.
type layout struct {
	indent, sorted, newline bool
	comma, colon            string
}

func (s Style) layout() (layout, error) {
	switch s {
	case Indented:
		return layout{indent: true, comma: ",", colon: ": "}, nil
	case IndentedSorted:
		return layout{indent: true, sorted: true, comma: ",", colon: ": "}, nil
	case IndentedSortedNewline:
		return layout{indent: true, sorted: true, newline: true, comma: ",", colon: ": "}, nil
	case Line:
		return layout{newline: true, comma: ", ", colon: ": "}, nil
	case LineSorted:
		return layout{sorted: true, newline: true, comma: ", ", colon: ": "}, nil
	case CompactSorted:
		return layout{sorted: true, comma: ", ", colon: ": "}, nil
	case TightSorted:
		return layout{sorted: true, comma: ",", colon: ":"}, nil
	}
	return layout{}, fmt.Errorf("canon: unknown style %d", uint8(s))
}

// Marshal encodes v with encoding/json and lays the result out in style.
func Marshal(v any, style Style) ([]byte, error) {
	buf := scratch.Get().(*bytes.Buffer)
	defer putScratch(buf)
	if err := encode(buf, v); err != nil {
		return nil, err
	}
	return Transcode(buf.Bytes(), style)
}

// MarshalLines encodes rows one under another; style is Line or LineSorted.
// No rows at all give one newline, as the reference writes an empty
// mismatch_packets.jsonl.
func MarshalLines[T any](rows []T, style Style) ([]byte, error) {
	if style != Line && style != LineSorted {
		return nil, fmt.Errorf("canon: style %d does not put a document on a line", uint8(style))
	}
	if len(rows) == 0 {
		return []byte("\n"), nil
	}
	buf := scratch.Get().(*bytes.Buffer)
	defer putScratch(buf)
	var out []byte
	for i := range rows {
		buf.Reset()
		if err := encode(buf, rows[i]); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
		var err error
		if out, err = Append(out, buf.Bytes(), style); err != nil {
			return nil, fmt.Errorf("row %d: %w", i, err)
		}
	}
	return out, nil
}

// Transcode lays out the one JSON document in raw. It refuses what
// encoding/json refuses, nesting past 1000 levels, and in sorted styles a key
// that comes twice.
func Transcode(raw []byte, style Style) ([]byte, error) {
	return Append(make([]byte, 0, len(raw)+len(raw)/2+16), raw, style)
}

// Append is Transcode onto dst. On error dst's old part is unchanged and the
// returned slice must not be used.
func Append(dst, raw []byte, style Style) ([]byte, error) {
	lay, err := style.layout()
	if err != nil {
		return nil, err
	}
	t := transcoder{src: raw, dst: dst, layout: lay}
	if err := t.document(); err != nil {
		return nil, err
	}
	if lay.newline {
		t.dst = append(t.dst, '\n')
	}
	return t.dst, nil
}

// WriteTo encodes v in style and writes it to w.
func WriteTo(w io.Writer, v any, style Style) error {
	out, err := Marshal(v, style)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// Float marshals as Python's repr prints a float: the shortest digits that
// give the value back, always with a point or an exponent.
type Float float64

// MarshalJSON writes f; NaN and the infinities have no JSON form and are an error.
func (f Float) MarshalJSON() ([]byte, error) {
	v := float64(f)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, fmt.Errorf("canon: %v has no JSON form", v)
	}
	// CPython's float_repr_style "short": exponents from 1e16 up and below 1e-4.
	if abs := math.Abs(v); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		return strconv.AppendFloat(nil, v, 'e', -1, 64), nil
	}
	out := strconv.AppendFloat(nil, v, 'f', -1, 64)
	if bytes.IndexByte(out, '.') < 0 {
		out = append(out, '.', '0')
	}
	return out, nil
}

var scratch = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// putScratch lets very large buffers go, so that one 30 MB document does not
// stay in memory for the rest of a long run.
func putScratch(b *bytes.Buffer) {
	const keep = 1 << 20
	if b.Cap() <= keep {
		b.Reset()
		scratch.Put(b)
	}
}

func encode(buf *bytes.Buffer, v any) error {
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}
