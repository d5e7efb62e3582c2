package main

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness"
)

// appendAnswer appends an answer as one line, otherwise as printJSON prints it:
// without looking at its type again for each of very many.
func appendAnswer(b []byte, a *harness.OracleAnswer) []byte {
	b = appendMember(b, `{"decision":`, a.Decision)
	b = appendMember(b, `,"operation":`, a.Operation)
	b = appendMember(b, `,"target":`, a.Target)
	if a.Resolved == nil {
		b = append(b, `,"resolved_target":null`...)
	} else {
		b = appendMember(b, `,"resolved_target":`, *a.Resolved)
	}
	if r := a.Rule; r == nil {
		b = append(b, `,"rule":null`...)
	} else {
		b = appendPlace(append(b, `,"rule":{`...), r.File, r.Line)
		b = append(appendMember(b, `,"text":`, r.Text), '}')
	}
	b = append(b, `,"missing":[`...)
	for i := range a.Missing {
		b = appendMissing(separate(b, i), &a.Missing[i])
	}
	b = appendMember(b, `],"reason":`, a.Reason)
	if d := a.Doubt; d != nil {
		b = appendPlace(append(b, `,"doubt":{`...), d.File, d.Line)
		b = appendMember(b, `,"text":`, d.Text)
		b = append(appendMember(b, `,"why":`, d.Why), '}')
	}
	if a.Errno != 0 {
		b = strconv.AppendInt(append(b, `,"errno":`...), int64(a.Errno), 10)
	}
	if a.ErrnoName != "" {
		b = appendMember(b, `,"errno_name":`, a.ErrnoName)
	}
	if len(a.Granting) > 0 {
		b = append(b, `,"granting":[`...)
		for i := range a.Granting {
			b = appendGrant(separate(b, i), &a.Granting[i])
		}
		b = append(b, ']')
	}
	if len(a.Blockers) > 0 {
		b = appendTexts(append(b, `,"blockers":`...), a.Blockers)
	}
	return append(b, '}', '\n')
}

func appendMissing(b []byte, m *harness.OracleMissing) []byte {
	b = append(b, '{')
	if m.Layer != nil {
		b = append(strconv.AppendInt(append(b, `"layer":`...), int64(*m.Layer), 10), ',')
	}
	b = appendMember(b, `"right":`, m.Right)
	if m.Target != "" {
		b = appendMember(b, `,"target":`, m.Target)
	}
	return append(b, '}')
}

func appendGrant(b []byte, g *harness.OracleGrant) []byte {
	b = strconv.AppendInt(append(b, `{"layer":`...), int64(g.Layer), 10)
	b = appendMember(b, `,"rule":`, g.Rule)
	b = appendTexts(append(b, `,"rights":`...), g.Rights)
	return append(appendPlace(append(b, ','), g.File, g.Line), '}')
}

func appendPlace(b []byte, file string, line int) []byte {
	b = appendMember(b, `"file":`, file)
	return strconv.AppendInt(append(b, `,"line":`...), int64(line), 10)
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, text := range texts {
		b = appendMember(separate(b, i), "", text)
	}
	return append(b, ']')
}

// separate goes on in a list that has i items.
func separate(b []byte, i int) []byte {
	if i > 0 {
		b = append(b, ',')
	}
	return b
}

// appendMember appends a text behind what stands before it.
func appendMember(b []byte, before, text string) []byte {
	b = append(append(b, before...), '"')
	done := 0 // what stands in b
	for i := 0; i < len(text); {
		if c := text[i]; ' ' <= c && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, text[done:i]...)
		r, size := utf8.DecodeRuneInString(text[i:])
		var units [2]uint16
		for _, unit := range utf16.AppendRune(units[:0], r) {
			b = appendUnit(b, unit)
		}
		i += size
		done = i
	}
	return append(append(b, text[done:]...), '"')
}
