package witness

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// record is one audit record as the kernel writes it:
// "audit(1795410834.511:2): domain=1b4911092 blockers=fs.read_file ...".
type record struct {
	serial uint64  // of the event: several records may share it
	fields []Field // in the kernel's order
}

// Field is one key=value of a record. Raw is the value as it stands there, with
// its quotes.
type Field struct{ Key, Raw string }

// parseRecord reads the text of a record. Words that are no key=value are
// skipped: the kernel puts notes between the fields of some types.
func parseRecord(text string) (record, error) {
	stamp, rest, ok := strings.Cut(strings.TrimRight(text, "\x00\n"), "):")
	stamp, opened := strings.CutPrefix(stamp, "audit(")
	if !ok || !opened {
		return record{}, fmt.Errorf("audit record %.60q does not begin with audit(TIME:SERIAL)", text)
	}
	_, serial, ok := strings.Cut(stamp, ":")
	n, err := strconv.ParseUint(serial, 10, 64)
	if !ok || err != nil {
		return record{}, fmt.Errorf("audit record %.60q has no serial number", text)
	}
	rec := record{serial: n}
	for rest != "" {
		var word string
		word, rest = cutWord(rest)
		if key, raw, ok := strings.Cut(word, "="); ok && key != "" {
			rec.fields = append(rec.fields, Field{key, raw})
		}
	}
	return rec, nil
}

// cutWord takes the first word off s. A quoted value ends at its closing quote:
// the kernel writes a text that holds a quote, a space or a control byte in hex.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, " ")
	end := strings.IndexByte(s, ' ')
	if end < 0 {
		end = len(s)
	}
	if eq := strings.Index(s[:end], `="`); eq >= 0 {
		value := eq + len(`="`)
		if closing := strings.IndexByte(s[value:], '"'); closing >= 0 {
			end = value + closing + 1
		}
	}
	return s[:end], s[end:]
}

// plain returns the value of the first field named key as it stands.
func (r *record) plain(key string) (string, bool) {
	for _, f := range r.fields {
		if f.Key == key {
			return f.Raw, true
		}
	}
	return "", false
}

// text returns the value of the first field named key, which the kernel writes
// as an untrusted string: in quotes, or in hex when it holds a byte outside
// 0x21..0x7e or a quote. Any bytes may come out of it.
func (r *record) text(key string) (string, bool) {
	raw, ok := r.plain(key)
	if !ok {
		return "", false
	}
	return decodeText(raw)
}

func decodeText(raw string) (string, bool) {
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		return raw[1 : len(raw)-1], true
	}
	b, err := hex.DecodeString(raw)
	if err != nil {
		return "", false
	}
	return string(b), true
}
