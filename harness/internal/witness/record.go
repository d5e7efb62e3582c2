package witness

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Record is one audit record as the kernel writes it:
// "audit(1795410834.511:2): domain=1b4911092 blockers=fs.read_file ...".
type Record struct {
	Time   time.Time // of the event, to the millisecond
	Serial uint64    // of the event: several records may share it
	Fields []Field   // in the kernel's order
}

// Field is one key=value of a Record. Raw is the value as it stands there, with
// its quotes.
type Field struct{ Key, Raw string }

// ParseRecord reads the text of a record. Words that are no key=value are
// skipped: the kernel puts notes between the fields of some types.
func ParseRecord(text string) (Record, error) {
	stamp, rest, ok := strings.Cut(strings.TrimRight(text, "\x00\n"), "):")
	stamp, opened := strings.CutPrefix(stamp, "audit(")
	if !ok || !opened {
		return Record{}, fmt.Errorf("audit record %.60q does not begin with audit(TIME:SERIAL)", text)
	}
	rec, err := parseStamp(stamp)
	if err != nil {
		return Record{}, fmt.Errorf("audit record %.60q: %w", text, err)
	}
	for rest != "" {
		var word string
		word, rest = cutWord(rest)
		if key, raw, ok := strings.Cut(word, "="); ok && key != "" {
			rec.Fields = append(rec.Fields, Field{key, raw})
		}
	}
	return rec, nil
}

// parseStamp reads "SECONDS.MILLISECONDS:SERIAL".
func parseStamp(stamp string) (Record, error) {
	when, serial, ok := strings.Cut(stamp, ":")
	sec, milli, ok2 := strings.Cut(when, ".")
	if !ok || !ok2 || len(milli) != 3 {
		return Record{}, fmt.Errorf("%q is no SECONDS.MILLISECONDS:SERIAL", stamp)
	}
	s, err := strconv.ParseInt(sec, 10, 64)
	if err != nil {
		return Record{}, err
	}
	ms, err := strconv.ParseUint(milli, 10, 16)
	if err != nil {
		return Record{}, err
	}
	n, err := strconv.ParseUint(serial, 10, 64)
	if err != nil {
		return Record{}, err
	}
	return Record{Time: time.Unix(s, int64(ms)*int64(time.Millisecond)).UTC(), Serial: n}, nil
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

// Plain returns the value of the first field named key as it stands.
func (r *Record) Plain(key string) (string, bool) {
	for _, f := range r.Fields {
		if f.Key == key {
			return f.Raw, true
		}
	}
	return "", false
}

// Text returns the value of the first field named key, which the kernel writes
// as an untrusted string: in quotes, or in hex when it holds a byte outside
// 0x21..0x7e or a quote. Any bytes may come out of it.
func (r *Record) Text(key string) (string, bool) {
	raw, ok := r.Plain(key)
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
