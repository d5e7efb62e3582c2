// Package sbpl reads the text of macOS sandbox profiles (SBPL) as what it
// is on the surface: the forms of a Scheme. What they mean is not its matter,
// nor does it run anything, so profiles can be read on every host.
//
//	forms, faults := sbpl.Read(text)
//	if len(faults) == 0 {
//		faults = sbpl.Check(forms, known, nearest)
//	}
package sbpl

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Position is a place in a text.
type Position struct {
	Line   int // from 1
	Column int // from 1, in characters
}

// Kind says what a form is.
type Kind uint8

// The kinds of form.
const (
	List      Kind = iota // (…): Items
	Symbol                // file-read*: Text as it is written
	String                // "…": Text is what it stands for, without quotes and escapes
	Regex                 // #"…": Text is what stands between the quotes, backslashes and all
	Number                // 1, -2.5, #o644: Text as it is written
	Boolean               // Text is "#t" or "#f"
	Character             // #\a: Text is what follows the backslash
	Quote                 // 'x: Text is "'", "`", "," or ",@", Items is what it stands before
)

// Form is one expression of a profile.
type Form struct {
	Position
	Kind  Kind
	Text  string
	Items []Form
}

// Head returns the symbol that a list begins with, which says what it does; ""
// when the form is no such list.
func (f Form) Head() string {
	if f.Kind != List || len(f.Items) == 0 || f.Items[0].Kind != Symbol {
		return ""
	}
	return f.Items[0].Text
}

// Int returns the value of a whole number.
func (f Form) Int() (int64, bool) {
	if f.Kind != Number {
		return 0, false
	}
	text, base := f.Text, 10
	if text[0] == '#' {
		text, base = text[2:], radixes[text[1]]
	}
	n, err := strconv.ParseInt(text, base, 64)
	return n, err == nil
}

// String writes the form so that Read gives it back, on one line where no raw
// regex has several.
func (f Form) String() string {
	var b strings.Builder
	f.write(&b, math.MaxInt)
	return b.String()
}

// Print writes forms one after the other, each on a line of its own.
func Print(forms []Form) string {
	var b strings.Builder
	for _, f := range forms {
		f.write(&b, math.MaxInt)
		b.WriteByte('\n')
	}
	return b.String()
}

// Brief writes the form on one line for a message, and not all of it when it is
// longer than about most bytes.
func (f Form) Brief(most int) string {
	var b strings.Builder
	f.write(&b, most)
	return oneLine(b.String(), most)
}

// oneLine gives text on one line, and not all of it when it is longer than
// about most bytes.
func oneLine(text string, most int) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case b.Len() >= most:
			return b.String() + "…"
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// write stops, without closing what is open, when b is longer than most bytes.
func (f Form) write(b *strings.Builder, most int) {
	switch f.Kind {
	case List:
		b.WriteByte('(')
		for i, item := range f.Items {
			if b.Len() > most {
				return
			}
			if i > 0 {
				b.WriteByte(' ')
			}
			item.write(b, most)
		}
		b.WriteByte(')')
	case String:
		writeString(b, f.Text)
	case Regex:
		b.WriteString(`#"` + f.Text + `"`)
	case Character:
		b.WriteString(`#\` + f.Text)
	case Quote:
		b.WriteString(f.Text)
		for _, item := range f.Items {
			if item.Kind == Symbol && strings.HasPrefix(item.Text, "@") {
				b.WriteByte(' ') // ,@x would be another form
			}
			item.write(b, most)
		}
	default:
		b.WriteString(f.Text)
	}
}

func writeString(b *strings.Builder, text string) {
	b.WriteByte('"')
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + text[:1])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\r':
			b.WriteString(`\r`)
		case r < ' ' || r == 0x7f || r == utf8.RuneError && size == 1:
			fmt.Fprintf(b, `\x%02x`, text[0])
		default:
			b.WriteString(text[:size])
		}
		text = text[size:]
	}
	b.WriteByte('"')
}
