package canon

import "unicode/utf8"

const hexDigits = "0123456789abcdef"

// plain marks the bytes that stand for themselves: printable ASCII but the
// quote and the backslash. 0x7f is escaped, as Python does.
var plain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// shortEscapes gives the character behind a one-letter escape.
var shortEscapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// str reads a string and writes it; it reports whether the written form has an
// escape in it.
func (t *transcoder) str() (escaped bool, err error) {
	t.pos++
	t.dst = append(t.dst, '"')
	for {
		start := t.pos
		for t.pos < len(t.src) && plain[t.src[t.pos]] {
			t.pos++
		}
		t.dst = append(t.dst, t.src[start:t.pos]...)
		if t.pos == len(t.src) {
			return false, t.fail("string without end")
		}
		switch c := t.src[t.pos]; {
		case c == '"':
			t.pos++
			t.dst = append(t.dst, '"')
			return escaped, nil
		case c == '\\':
			wrote, err := t.escape()
			if err != nil {
				return false, err
			}
			escaped = escaped || wrote
		case c < ' ':
			return false, t.fail("control byte %#02x in string", c)
		default:
			// An invalid byte decodes as U+FFFD, as in encoding/json.
			r, size := utf8.DecodeRune(t.src[t.pos:])
			t.pos += size
			t.dst = appendChar(t.dst, r)
			escaped = true
		}
	}
}

// escape reads one escape and writes the character in its canonical form. A
// lone surrogate keeps its escape: it has no other form, and dropping it would
// change the document.
func (t *transcoder) escape() (escaped bool, err error) {
	if t.pos+1 >= len(t.src) {
		return false, t.fail("string without end")
	}
	c := t.src[t.pos+1]
	var r rune
	switch {
	case shortEscapes[c] != 0:
		r = rune(shortEscapes[c])
		t.pos += 2
	case c == 'u':
		var ok bool
		if r, ok = hex4(t.src[t.pos+2:]); !ok {
			return false, t.fail("escape \\u without four hex digits")
		}
		t.pos += 6
	default:
		return false, t.fail("unknown escape \\%c", c)
	}
	before := len(t.dst)
	t.dst = appendChar(t.dst, r)
	return t.dst[before] == '\\', nil
}

func appendChar(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, '\\', 'b')
	case '\f':
		return append(dst, '\\', 'f')
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	switch {
	case r < 0x80 && plain[r]:
		return append(dst, byte(r))
	case r > 0xffff:
		r -= 0x10000
		dst = appendUnit(dst, 0xd800+r>>10)
		return appendUnit(dst, 0xdc00+r&0x3ff)
	}
	return appendUnit(dst, r)
}

func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&15], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range s[:4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

func isHigh(r rune) bool { return 0xd800 <= r && r < 0xdc00 }
func isLow(r rune) bool  { return 0xdc00 <= r && r < 0xe000 }

func joinSurrogates(high, low rune) rune {
	return 0x10000 + (high-0xd800)<<10 + (low - 0xdc00)
}
