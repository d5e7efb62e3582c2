package canon

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

func (t *transcoder) twice(pos int, m member) error {
	t.pos = pos
	return t.fail("key \"%s\" comes twice", t.dst[m.keyStart:m.keyEnd])
}

// permute rewrites the members, which end dst, in key order.
func (t *transcoder) permute(ms []member) error {
	start, end := ms[0].start, ms[len(ms)-1].end
	slices.SortFunc(ms, t.compare)
	for i := 1; i < len(ms); i++ {
		if t.compare(ms[i-1], ms[i]) == 0 {
			return t.twice(t.pos, ms[i])
		}
	}
	t.spare = append(t.spare[:0], t.dst[start:end]...)
	t.dst = t.dst[:start]
	for i, m := range ms {
		if i > 0 {
			t.breakLine(false)
		}
		t.dst = append(t.dst, t.spare[m.start-start:m.end-start]...)
	}
	return nil
}

// compare orders keys by code point. Written keys are ASCII, so without
// escapes their bytes do; with escapes the decoded text must.
func (t *transcoder) compare(a, b member) int {
	ka, kb := t.dst[a.keyStart:a.keyEnd], t.dst[b.keyStart:b.keyEnd]
	if !a.escaped && !b.escaped {
		return bytes.Compare(ka, kb)
	}
	return bytes.Compare(unescape(ka), unescape(kb))
}

// unescape decodes a key this package wrote. Lone surrogates take the three
// bytes UTF-8 would give them, which sorts them where Python does.
func unescape(s []byte) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if s[i] != 'u' {
			out = append(out, shortEscapes[s[i]])
			continue
		}
		r, _ := hex4(s[i+1:])
		i += 4
		if isHigh(r) && i+2 < len(s) && s[i+1] == '\\' && s[i+2] == 'u' {
			if low, ok := hex4(s[i+3:]); ok && isLow(low) {
				r = joinSurrogates(r, low)
				i += 6
			}
		}
		if isHigh(r) || isLow(r) {
			out = append(out, 0xe0|byte(r>>12), 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}
