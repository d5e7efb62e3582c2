package canon_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// The rules of the byte styles once more, slowly: a tree in memory, a string at
// a time, characters one by one. What the package writes is held against this.

// node is a JSON value. Text is that of a number or a literal; a string is code
// points, halves of surrogate pairs among them.
type node struct {
	kind   byte // '{', '[', '"', or '0' for everything that is its text
	text   string
	chars  []rune
	keys   [][]rune
	values []node
}

// plainReader reads text that encoding/json says is valid.
type plainReader struct{ rest []byte }

func plainRead(valid []byte) node {
	r := plainReader{valid}
	return r.value()
}

func (r *plainReader) space() {
	for len(r.rest) > 0 && strings.IndexByte(" \t\r\n", r.rest[0]) >= 0 {
		r.rest = r.rest[1:]
	}
}

// take is the next byte that is not white space.
func (r *plainReader) take() byte {
	r.space()
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// more reports whether something comes before the end of the object or array,
// and takes the end.
func (r *plainReader) more(end byte) bool {
	r.space()
	if r.rest[0] != end {
		return true
	}
	r.take()
	return false
}

func (r *plainReader) value() node {
	r.space()
	switch c := r.rest[0]; c {
	case '"':
		return node{kind: c, chars: r.chars()}
	case '{':
		n := node{kind: r.take()}
		for r.more('}') {
			if len(n.keys) > 0 {
				r.take() // the comma
				r.space()
			}
			n.keys = append(n.keys, r.chars())
			r.take() // the colon
			n.values = append(n.values, r.value())
		}
		return n
	case '[':
		n := node{kind: r.take()}
		for r.more(']') {
			if len(n.values) > 0 {
				r.take() // the comma
			}
			n.values = append(n.values, r.value())
		}
		return n
	}
	end := 0
	for end < len(r.rest) && strings.IndexByte(",]} \t\r\n", r.rest[end]) < 0 {
		end++
	}
	n := node{kind: '0', text: string(r.rest[:end])}
	r.rest = r.rest[end:]
	return n
}

// chars reads a string as its code points.
func (r *plainReader) chars() []rune {
	chars := []rune{}
	halves := 0 // of a pair that was escaped: 1 after a first half
	for r.rest = r.rest[1:]; r.rest[0] != '"'; {
		if r.rest[0] != '\\' {
			c, size := utf8.DecodeRune(r.rest)
			r.rest = r.rest[size:]
			chars, halves = append(chars, c), 0
			continue
		}
		c := r.rest[1]
		r.rest = r.rest[2:]
		if c != 'u' {
			named := map[byte]rune{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}
			chars, halves = append(chars, named[c]), 0
			continue
		}
		unit, _ := strconv.ParseUint(string(r.rest[:4]), 16, 16)
		r.rest = r.rest[4:]
		switch {
		case 0xdc00 <= unit && unit <= 0xdfff && halves == 1:
			high := chars[len(chars)-1]
			chars[len(chars)-1] = 0x10000 + (high-0xd800)*0x400 + rune(unit) - 0xdc00
			halves = 0
		case 0xd800 <= unit && unit <= 0xdbff:
			chars, halves = append(chars, rune(unit)), 1
		default:
			chars, halves = append(chars, rune(unit)), 0
		}
	}
	r.rest = r.rest[1:]
	return chars
}

// plainStyle is what the wire formats say of a style.
type plainStyle struct {
	indent       string // of each level; empty: all on one line
	comma        string // between members
	colon        string
	sorted       bool
	finalNewline bool
}

var plainStyles = map[canon.Style]plainStyle{
	canon.Indented:              {"  ", ",", ": ", false, false},
	canon.IndentedSorted:        {"  ", ",", ": ", true, false},
	canon.IndentedSortedNewline: {"  ", ",", ": ", true, true},
	canon.Line:                  {"", ", ", ": ", false, true},
	canon.LineSorted:            {"", ", ", ": ", true, true},
	canon.CompactSorted:         {"", ", ", ": ", true, false},
	canon.TightSorted:           {"", ",", ":", true, false},
}

var (
	errTwice = errors.New("a key comes twice")
	errDeep  = errors.New("nested too deep")
)

// plainWrite lays out a document.
func plainWrite(n node, style canon.Style) (string, error) {
	s := plainStyles[style]
	text, err := s.value(n, 0)
	if s.finalNewline {
		text += "\n"
	}
	return text, err
}

func (s plainStyle) value(n node, depth int) (string, error) {
	switch n.kind {
	case '"':
		return plainString(n.chars), nil
	case '0':
		return n.text, nil
	}
	if depth == 1000 {
		return "", errDeep
	}
	open, end := "[", "]"
	if n.kind == '{' {
		open, end = "{", "}"
		if s.sorted {
			var err error
			if n, err = plainSort(n); err != nil {
				return "", err
			}
		}
	}
	if len(n.values) == 0 {
		return open + end, nil
	}
	lineBreak := func(depth int) string {
		if s.indent == "" {
			return ""
		}
		return "\n" + strings.Repeat(s.indent, depth)
	}
	members := make([]string, len(n.values))
	for i, v := range n.values {
		text, err := s.value(v, depth+1)
		if err != nil {
			return "", err
		}
		if n.kind == '{' {
			text = plainString(n.keys[i]) + s.colon + text
		}
		members[i] = text
	}
	return open + lineBreak(depth+1) + strings.Join(members, s.comma+lineBreak(depth+1)) + lineBreak(depth) + end, nil
}

// plainSort orders an object's members by the code points of their keys.
func plainSort(n node) (node, error) {
	order := make([]int, len(n.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return slices.Compare(n.keys[a], n.keys[b]) })
	sorted := node{kind: n.kind}
	for i, at := range order {
		if i > 0 && slices.Equal(n.keys[at], n.keys[order[i-1]]) {
			return node{}, errTwice
		}
		sorted.keys, sorted.values = append(sorted.keys, n.keys[at]), append(sorted.values, n.values[at])
	}
	return sorted, nil
}

// plainString writes a string in ASCII.
func plainString(chars []rune) string {
	text := `"`
	for _, c := range chars {
		switch {
		case c == '"':
			text += `\"`
		case c == '\\':
			text += `\\`
		case c == '\b':
			text += `\b`
		case c == '\f':
			text += `\f`
		case c == '\n':
			text += `\n`
		case c == '\r':
			text += `\r`
		case c == '\t':
			text += `\t`
		case c < 0x20 || 0x7f <= c && c <= 0xffff:
			text += fmt.Sprintf(`\u%04x`, c)
		case c > 0xffff:
			text += fmt.Sprintf(`\u%04x\u%04x`, 0xd800+(c-0x10000)/0x400, 0xdc00+(c-0x10000)%0x400)
		default:
			text += string(c)
		}
	}
	return text + `"`
}

// plainFloat prints a finite number: of the decimals that read as it the
// shortest, of those the nearest, of two the even one; with a point below 1e16 and from 1e-4 up, else
// with an exponent of two digits or more.
func plainFloat(v float64) string {
	if v == 0 || v < 0 {
		if 1/v < 0 {
			return "-" + plainFloat(-v)
		}
		return "0.0"
	}
	digits, point := plainDigits(v)
	switch {
	case point > 16 || point <= -4:
		text := digits[:1]
		if len(digits) > 1 {
			text += "." + digits[1:]
		}
		return text + fmt.Sprintf("e%+03d", point-1)
	case point <= 0:
		return "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		return digits + strings.Repeat("0", point-len(digits)) + ".0"
	}
	return digits[:point] + "." + digits[point:]
}

// plainDigits gives the digits of v > 0, and how many of them stand before the
// point.
func plainDigits(v float64) (digits string, point int) {
	exact := new(big.Rat).SetFloat64(v)
	for n := 1; ; n++ {
		// The decimal of n digits next to v, and its neighbours: one of them reads
		// as v if any of n digits does.
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(v, 'e', n-1, 64), "e")
		m, _ := strconv.ParseInt(strings.ReplaceAll(mantissa, ".", ""), 10, 64)
		e, _ := strconv.Atoi(exponent)
		var best string
		var least *big.Rat
		for _, candidate := range []int64{m - 1, m, m + 1} {
			text := fmt.Sprintf("%de%d", candidate, e-n+1)
			if back, err := strconv.ParseFloat(text, 64); err != nil || back != v {
				continue
			}
			far, _ := new(big.Rat).SetString(text)
			far.Sub(far, exact).Abs(far)
			order := -1
			if least != nil {
				order = far.Cmp(least)
			}
			if order < 0 || order == 0 && candidate%2 == 0 {
				best, least = strconv.FormatInt(candidate, 10), far
			}
		}
		if least != nil {
			// 9 and its neighbour 10 differ in length.
			return strings.TrimRight(best, "0"), len(best) + e - n + 1
		}
	}
}
