package sbpl

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkCompile runs profiles that leave 5,000 rules behind: written out, and
// made by functions.
func BenchmarkCompile(b *testing.B) {
	var plain, made strings.Builder
	plain.WriteString("(version 1)\n(deny default)\n")
	made.WriteString("(version 1)\n(deny default)\n(define (home path) (subpath (string-append (param \"HOME\") path)))\n(define (reads path) (allow file-read* (home path)))\n")
	for i := range 5_000 {
		fmt.Fprintf(&plain, "(allow file-read* (subpath \"/Users/u/project/%d\"))\n", i)
		fmt.Fprintf(&made, "(reads \"/project/%d\")\n", i)
	}
	for _, profile := range []struct{ name, text string }{{"written", plain.String()}, {"made", made.String()}} {
		b.Run(profile.name, func(b *testing.B) {
			b.SetBytes(int64(len(profile.text)))
			b.ReportAllocs()
			for b.Loop() {
				p, faults := Compile(Source{File: "p.sb", Text: profile.text, Params: map[string]string{"HOME": "/Users/u"}})
				if faults != nil || len(p.Rules()) != 5_001 {
					b.Fatalf("%d rules, faults %v", len(p.Rules()), faults)
				}
			}
		})
	}
}
