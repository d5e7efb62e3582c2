package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// printJSON prints one document for programs: indented by two, keys in the order
// they are in, and ASCII alone.
func printJSON(w io.Writer, v any) error {
	var doc bytes.Buffer
	enc := json.NewEncoder(&doc)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(asciiJSON(doc.Bytes()))
	return err
}

// asciiJSON writes the strings of a valid document in one way, whoever wrote
// them: what is not ASCII, and the character 0x7f, as \uXXXX in lower-case hex;
// what ASCII can say without an escape, without one.
func asciiJSON(doc []byte) []byte {
	out := make([]byte, 0, len(doc)+len(doc)/8)
	for i := 0; i < len(doc); {
		switch c := doc[i]; {
		case c == '\\':
			unit, size := escaped(doc[i:])
			out = appendUnit(out, unit)
			i += size
		case c < 0x7f:
			out = append(out, c) // a valid document has no control characters in its strings
			i++
		default:
			r, size := utf8.DecodeRune(doc[i:])
			for _, unit := range utf16.AppendRune(nil, r) {
				out = appendUnit(out, unit)
			}
			i += size
		}
	}
	return out
}

// shortEscapes are the escapes of one letter, and what they stand for.
const shortEscapes, shortEscaped = `"\/bfnrt`, "\"\\/\b\f\n\r\t"

// escaped is the UTF-16 code unit an escape stands for, and the escape's length.
// Units are not paired: a lone surrogate stays what it is.
func escaped(text []byte) (uint16, int) {
	if text[1] == 'u' {
		unit, _ := strconv.ParseUint(string(text[2:6]), 16, 16) // the document is valid
		return uint16(unit), 6
	}
	return uint16(shortEscaped[strings.IndexByte(shortEscapes, text[1])]), 2
}

// appendUnit appends a code unit of a string as it stands between the quotes.
func appendUnit(out []byte, unit uint16) []byte {
	if unit < utf8.RuneSelf && unit != '/' {
		if i := strings.IndexByte(shortEscaped, byte(unit)); i >= 0 {
			return append(out, '\\', shortEscapes[i])
		}
	}
	if unit < ' ' || unit >= 0x7f {
		return fmt.Appendf(out, `\u%04x`, unit)
	}
	return append(out, byte(unit))
}
