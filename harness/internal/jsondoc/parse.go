package jsondoc

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
	"unsafe"

	"github.com/tidwall/gjson"
)

// document is what the values of one text share.
type document struct {
	data   []byte
	above  []int // line ends before each stride-th byte
	faults *Faults
}

// stride keeps finding a line cheap in a text of one line, and what is kept
// for it small in a text of empty ones.
const stride = 2 << 10

// line is the line, from 1, that the byte at offset stands on.
func (d *document) line(offset int) int {
	i := offset / stride
	return 1 + d.above[i] + bytes.Count(d.data[i*stride:offset], []byte{'\n'})
}

// Parse checks that data is one JSON document of at most maxSize bytes, in
// UTF-8, not nested deeper than MaxDepth, and returns its root. What is wrong
// goes to faults; after a fault of the document as a whole the root reads as
// absent, silently. The values keep data, which nobody may change afterwards.
func Parse(data []byte, maxSize int, faults *Faults) Value {
	if len(data) > maxSize {
		faults.AddCode(CodeText, 0, "", "larger than %d bytes; split it", maxSize)
		return Value{}
	}
	d := &document{data: data, above: linesAbove(data), faults: faults}
	// gjson takes much for JSON that is not, so the text is proved first.
	if !d.proveText(data) || !d.proveSyntax(data) || !d.proveTokens(data) {
		return Value{}
	}
	// Nobody changes the text, and a copy of a large one costs as much again.
	root := gjson.Parse(unsafe.String(unsafe.SliceData(data), len(data)))
	return Value{doc: d, res: tokenOf(root), at: root.Index, index: isRoot}
}

func linesAbove(data []byte) []int {
	above := make([]int, 1+len(data)/stride)
	for i := 1; i < len(above); i++ {
		above[i] = above[i-1] + bytes.Count(data[(i-1)*stride:i*stride], []byte{'\n'})
	}
	return above
}

func (d *document) proveText(data []byte) bool {
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		d.faults.AddCode(CodeText, 0, "", "empty; want a JSON object")
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		d.faults.AddCode(CodeText, 1, "", "starts with a byte order mark; save it as UTF-8 without one")
	case !utf8.Valid(data):
		at := 0
		for {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		d.faults.AddCode(CodeText, d.line(at), "", "byte 0x%02x is not UTF-8; save the file as UTF-8", data[at])
	default:
		return true
	}
	return false
}

func (d *document) proveSyntax(data []byte) bool {
	if json.Valid(data) {
		return true
	}
	var raw json.RawMessage
	var syntax *json.SyntaxError
	if err := json.Unmarshal(data, &raw); !errors.As(err, &syntax) {
		d.faults.AddCode(CodeText, 0, "", "not valid JSON: %v", err)
		return false
	}
	// Offset counts the bytes read, the offending one included.
	at := min(max(int(syntax.Offset)-1, 0), len(data)-1)
	line := d.line(at)
	column := 1 + utf8.RuneCount(data[1+bytes.LastIndexByte(data[:at], '\n'):at])
	hint := ""
	before := bytes.TrimSpace(data[:at])
	if c := data[at]; (c == '}' || c == ']') && bytes.HasSuffix(before, []byte{','}) {
		hint = "; remove the comma before it"
	}
	d.faults.AddCode(CodeText, line, "", "not valid JSON at column %d: %v%s", column, syntax, hint)
	return false
}

// proveTokens looks at what JSON allows and no reader of ours can use: deep
// nesting, which costs time without end, and escapes that stand for no
// character or for NUL, which would not survive being written again.
func (d *document) proveTokens(data []byte) bool {
	depth, ok := 0, true
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if depth++; depth > MaxDepth {
				d.faults.AddCode(CodeText, d.line(i), "", "nested deeper than %d; flatten it", MaxDepth)
				return false
			}
		case '}', ']':
			depth--
		case '"':
			for i++; data[i] != '"'; i++ {
				if data[i] != '\\' {
					continue
				}
				i++
				if data[i] != 'u' {
					continue
				}
				unit := hex4(data[i+1:])
				switch {
				case unit == 0:
					d.faults.AddCode(CodeText, d.line(i), "", `string with \u0000, which no name can hold; remove it`)
					ok = false
				case isHigh(unit) && data[i+5] == '\\' && data[i+6] == 'u' && isLow(hex4(data[i+7:])):
					i += 6
				case isHigh(unit) || isLow(unit):
					d.faults.AddCode(CodeText, d.line(i), "", `string with %s, half a surrogate pair; write the whole character`, data[i-1:i+5])
					ok = false
				}
				i += 4
			}
		}
	}
	return ok
}

// hex4 reads four hex digits that json.Valid has seen.
func hex4(s []byte) rune {
	var r rune
	for _, c := range s[:4] {
		switch {
		case c <= '9':
			c -= '0'
		default:
			c = c | 0x20 - 'a' + 10
		}
		r = r<<4 | rune(c)
	}
	return r
}

func isHigh(r rune) bool { return 0xd800 <= r && r < 0xdc00 }
func isLow(r rune) bool  { return 0xdc00 <= r && r < 0xe000 }
