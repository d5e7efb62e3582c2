package seatbelt

import "unicode/utf8"

// readable is what was read, if a person can read it too; cut says that more followed,
// so that a character may be cut in two, and is left out.
func readable(b []byte, cut bool) (string, bool) {
	if cut {
		for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
			if at := b[len(b)-i:]; utf8.RuneStart(at[0]) {
				if !utf8.FullRune(at) {
					b = b[:len(b)-i]
				}
				break
			}
		}
	}
	if !utf8.Valid(b) {
		return "", false
	}
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f {
			return "", false
		}
	}
	return string(b), true
}
