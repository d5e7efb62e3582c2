package seatbelt_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

// What is told to be text is the beginning of what was read, and can be printed.
func FuzzReadable(f *testing.F) {
	for _, seed := range []string{"", "text\n", "zwöl", "\xc3", "x\xe2\x82", "\x00", "\x1b", "ok\xff"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut bool) {
		text, ok := seatbelt.Readable(b, cut)
		if !ok {
			if text != "" {
				t.Errorf("Readable(%q) = %q, and no text", b, text)
			}
			return
		}
		lost := len(b) - len(text)
		if !strings.HasPrefix(string(b), text) || lost > 0 && !cut || lost >= utf8.UTFMax || !utf8.ValidString(text) {
			t.Errorf("Readable(%q, %t) = %q", b, cut, text)
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }) {
			t.Errorf("Readable(%q) = %q", b, text)
		}
	})
}

func TestAttrLists(t *testing.T) {
	for _, tt := range []struct{ payload, got, set string }{
		{"cmn", "{bitmapcount=5, commonattr=0x78008, fileattr=0x0}", "{bitmapcount=5, commonattr=0x40000, fileattr=0x0}"},
		{"cmn-name", "{bitmapcount=5, commonattr=0x1, fileattr=0x0}", "{bitmapcount=5, commonattr=0x1, fileattr=0x0}"},
		{"cmn-times", "{bitmapcount=5, commonattr=0x1e00, fileattr=0x0}", "{bitmapcount=5, commonattr=0x1400, fileattr=0x0}"},
		{"file-size", "{bitmapcount=5, commonattr=0x0, fileattr=0x202}", "{bitmapcount=5, commonattr=0x0, fileattr=0x202}"},
	} {
		if got := seatbelt.AttrListText(seatbelt.AttrList(tt.payload)); got != tt.got {
			t.Errorf("%s is got by %s, want %s", tt.payload, got, tt.got)
		}
		if got := seatbelt.AttrListText(seatbelt.Settable(tt.payload)); got != tt.set {
			t.Errorf("%s is set by %s, want %s", tt.payload, got, tt.set)
		}
	}
}
