package printed_test

import (
	"fmt"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/channel/printed"
)

func TestOpening(t *testing.T) {
	for _, tt := range []struct {
		name        string
		writes      []string
		text, first string
	}{
		{"nothing", nil, "", ""},
		{"all", []string{"\n", "  a\nb\n"}, "\n  a\nb\n", "a"},
		{"cut_within", []string{"0123456", "789ab"}, "0123456789…\n", "0123456789"},
		{"cut_at_a_write", []string{"0123456789", "a"}, "0123456789…\n", "0123456789"},
		{"no_text", []string{"\xff\x00"}, "\uFFFD\x00", "\xff\x00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &printed.Opening{Limit: 10}
			for _, text := range tt.writes {
				if n, err := fmt.Fprint(o, text); n != len(text) || err != nil {
					t.Errorf("Write(%q) = %d, %v", text, n, err)
				}
			}
			if got := o.String(); got != tt.text {
				t.Errorf("String = %q, want %q", got, tt.text)
			}
			if got := o.FirstLine(); got != tt.first {
				t.Errorf("FirstLine = %q, want %q", got, tt.first)
			}
		})
	}
}
