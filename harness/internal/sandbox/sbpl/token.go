package sbpl

import (
	"strconv"
	"strings"
)

// word reads on to the next delimiter.
func (r *reader) word() string {
	start := r.at
	for !r.ended() && !isDelimiter(r.peek()) {
		r.step()
	}
	return r.text[start:r.at]
}

// atom reads a symbol or a number.
func (r *reader) atom() {
	f := Form{Position: r.pos, Kind: Symbol}
	if f.Text = r.word(); isDecimal(f.Text) {
		f.Kind = Number
	}
	r.add(f)
}

// isDecimal takes 1, -1, +1.5, .5, 1. and 1e9.
func isDecimal(text string) bool {
	text = strings.TrimLeft(text[:1], "+-") + text[1:]
	mantissa, exponent, scaled := strings.Cut(strings.ToLower(text), "e")
	if scaled {
		if exponent == "" || !isDigits(strings.TrimLeft(exponent[:1], "+-")+exponent[1:], 10) {
			return false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	return isDigits(whole+fraction, 10)
}

// radixes are the letters that tell the base of a number.
var radixes = map[byte]int{'b': 2, 'o': 8, 'd': 10, 'x': 16}

func isDigits(text string, base int) bool {
	for i := range len(text) {
		if _, err := strconv.ParseUint(text[i:i+1], base, 8); err != nil {
			return false
		}
	}
	return text != ""
}

// hash reads what begins with #.
func (r *reader) hash() {
	start := r.pos
	switch r.peekAt(1) {
	case '"':
		r.regex()
		return
	case '\\':
		r.character()
		return
	}
	word := r.word()
	base := 0
	if len(word) > 2 {
		base = radixes[word[1]]
	}
	switch {
	case word == "#t" || word == "#f":
		r.add(Form{Position: start, Kind: Boolean, Text: word})
	case base > 0 && isDigits(strings.TrimLeft(word[2:3], "+-")+word[3:], base):
		r.add(Form{Position: start, Kind: Number, Text: word})
	default:
		r.fault(start, `%s is no form of a profile; there are #t, #f, #"…", #\a and numbers such as #o644`, shorten(word))
	}
}

// character reads #\a and #\space.
func (r *reader) character() {
	start := r.pos
	r.steps(2)
	if r.ended() || isSpace(r.peek()) {
		r.fault(start, `no character behind #\; write a space as #\space`)
		return
	}
	at := r.at
	if alone := isDelimiter(r.peek()); alone {
		r.step()
	} else {
		r.word()
	}
	r.add(Form{Position: start, Kind: Character, Text: r.text[at:r.at]})
}

// regex reads #"…". A backslash is part of the expression, and so is the quote
// behind it.
func (r *reader) regex() {
	start := r.pos
	r.steps(2)
	at := r.at
	for !r.ended() && r.peek() != '"' {
		if r.peek() == '\\' && r.at+1 < len(r.text) {
			r.step()
		}
		r.step()
	}
	r.close(Form{Position: start, Kind: Regex, Text: r.text[at:r.at]})
}

// close takes the quote that ends a string.
func (r *reader) close(f Form) {
	if r.ended() {
		r.fault(f.Position, `this string is never closed; add a "`)
		r.over = true
		return
	}
	r.step()
	r.add(f)
}

// str reads "…".
func (r *reader) str() {
	start := r.pos
	r.step()
	var b strings.Builder
	at := r.at // what is not yet in b begins here
	for !r.ended() && r.peek() != '"' {
		if r.peek() != '\\' {
			r.step()
			continue
		}
		b.WriteString(r.text[at:r.at])
		r.escape(&b)
		at = r.at
	}
	if b.Len() == 0 {
		r.close(Form{Position: start, Kind: String, Text: r.text[at:r.at]})
		return
	}
	b.WriteString(r.text[at:r.at])
	r.close(Form{Position: start, Kind: String, Text: b.String()})
}

// escape reads what begins with a backslash. Behind it, most characters stand
// for themselves.
func (r *reader) escape(b *strings.Builder) {
	start := r.pos
	r.step()
	if r.ended() {
		return
	}
	digits, base := "", 0
	switch c := r.peek(); {
	case c == 'n':
		b.WriteByte('\n')
	case c == 't':
		b.WriteByte('\t')
	case c == 'r':
		b.WriteByte('\r')
	case c == 'x' || c == 'X':
		r.step()
		if digits, base = r.digits(2, 16), 16; len(digits) < 2 {
			r.fault(start, `\x needs two hexadecimal digits, such as \x41; add them`)
			return
		}
	case '0' <= c && c <= '7':
		digits, base = r.digits(3, 8), 8
	default:
		at := r.at
		r.step()
		b.WriteString(r.text[at:r.at])
		return
	}
	if base == 0 {
		r.step()
		return
	}
	switch n, err := strconv.ParseUint(digits, base, 8); {
	case err != nil:
		r.fault(start, `\%s is larger than a byte, which is \377 at most; write the character itself`, digits)
	case n == 0:
		r.fault(start, "a string cannot hold NUL; remove it")
	default:
		b.WriteByte(byte(n))
	}
}

// digits reads at most n digits.
func (r *reader) digits(n, base int) string {
	at := r.at
	for r.at-at < n && !r.ended() && isDigits(r.text[r.at:r.at+1], base) {
		r.step()
	}
	return r.text[at:r.at]
}
