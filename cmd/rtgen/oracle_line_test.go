package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// FuzzAppendAnswer holds that a line is what printJSON prints, without its spaces:
// for every answer with a text in each of its places, and for those without.
func FuzzAppendAnswer(f *testing.F) {
	f.Add("plain", 7, uint(0))
	f.Add("é\"\\\n\u2028\x7f<😀>/\xff\x00", -1, ^uint(0))
	f.Fuzz(func(t *testing.T, text string, n int, without uint) {
		answer := harness.OracleAnswer{
			Decision: text, Operation: text + "o", Target: text + "t", Resolved: new(text + "r"), Reason: text + "w",
			Rule:    &harness.OracleRule{File: text + "f", Line: n, Text: text},
			Missing: []harness.OracleMissing{{Right: text}, {Layer: new(n), Right: "r", Target: text}},
			Doubt:   &harness.OracleDoubt{File: text, Line: n, Text: text + "d", Why: text + "y"},
			Errno:   n, ErrnoName: text + "e", Blockers: []string{text, "b"},
			Granting: []harness.OracleGrant{{Layer: n, Rule: text, Rights: []string{text, text}, File: text, Line: n}, {Rights: []string{}}},
		}
		for i, v := 0, reflect.ValueOf(&answer).Elem(); i < v.NumField(); i++ {
			if without&(1<<i) != 0 {
				v.Field(i).SetZero()
			}
		}
		if answer.Missing == nil {
			answer.Missing = []harness.OracleMissing{}
		}
		var printed, want bytes.Buffer
		if err := printJSON(&printed, answer); err != nil {
			t.Fatal(err)
		}
		if err := json.Compact(&want, printed.Bytes()); err != nil {
			t.Fatal(err)
		}
		if got := string(appendAnswer([]byte("> "), &answer)); got != "> "+strings.TrimSpace(want.String())+"\n" {
			t.Errorf("got  %s\nwant %s", got, want.String())
		}
	})
}
