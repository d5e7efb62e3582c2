package canon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

var readerShape = canon.NewShape(map[string]*canon.Shape{
	"status": nil,
	"rows":   {Each: canon.NewShape(map[string]*canon.Shape{"id": nil})},
	"counts": {Each: canon.NewShape(map[string]*canon.Shape{"k": nil})},
})

func TestCheck(t *testing.T) {
	for _, doc := range []string{
		`{}`, `[]`, `null`, `"x"`, `-1.5e3`, ` {"status": "ok"} `,
		`{"later": {"A": 1, "a": 2}, "LATER": 1}`,            // keys nobody reads
		`{"counts": {"a": {}, "A": {}}}`,                     // keys that are data
		"{\"status\": \"\u00e9\U0001F600\\ud83d\\ude00\"}",   // a pair is one character
		`{"b": 1, "a": 2, "c": {"b": 1, "a": 1}}`,            // out of order
		`{"rows": [{"id": 1}, {"id": 2, "Other": 3}, null]}`, // unknown beneath
		`{"status": "\u0000\ufffd"}`,
	} {
		if err := canon.Check([]byte(doc), readerShape); err != nil {
			t.Errorf("Check(%s) = %v", doc, err)
		}
	}
	for doc, want := range map[string]string{
		`{"a": 1, "a": 2}`:                          `offset 9: key "a" comes twice`,
		`{"b": 1, "a": 1, "\u0062": 2}`:             `offset 17: key "b" comes twice`,
		`{"x": [{"y": {"a": 1, "b": 1, "a": 1}}]}`:  `key "a" comes twice`,
		`{"Status": 1}`:                             `offset 1: key "Status" differs from "status" in case only`,
		`{"status": 1, "STATUS": 1}`:                `key "STATUS" differs from "status" in case only`,
		`{"\u017ftatus": 1}`:                        `differs from "status" in case only`,
		`{"rows": [{"id": 1}, {"Id": 1}]}`:          `key "Id" differs from "id" in case only`,
		`{"counts": {"K": {}, "x": {"\u212a": 1}}}`: `differs from "k" in case only`,
		`{"status": "\ud800"}`:                      `offset 11: string with half a surrogate pair`,
		`{"\udc00": 1}`:                             `half a surrogate pair`,
		`{"status": "\ude00\ud83d"}`:                `half a surrogate pair`,
		"{\"a\": \"x\xff\"}":                        `offset 8: byte 0xff is not UTF-8`,
		"{\"a\xc3\": 1}":                            `byte 0xc3 is not UTF-8`,
		"\"\xed\xa0\x80\"":                          `byte 0xed is not UTF-8`,
		"\xef\xbb\xbf{}":                            `offset 0: unexpected byte`,
		"{\x00\"\x00a\x00":                          `want a key`,
		`{} {}`:                                     `offset 3: data after the document`,
		`{"a": 1,}`:                                 `want a key`,
		`[1,]`:                                      `unexpected byte`,
		`{"a": 01}`:                                 `want , or }`,
		strings.Repeat("[", 1001):                   `nested deeper than 1000`,
		strings.Repeat(`{"a":`, 1_000_000):          `nested deeper than 1000`,
		``:                                          `unexpected end`,
	} {
		err := canon.Check([]byte(doc), readerShape)
		var syntax *canon.SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), want) || syntax.Offset > len(doc) {
			t.Errorf("Check(%.60q) = %v, want %q", doc, err, want)
		}
	}
}

// What passes is JSON and says the same to encoding/json, whatever it is read
// into and written from: no key is lost and no text becomes another's.
func FuzzCheck(f *testing.F) {
	for _, doc := range badDocuments {
		f.Add([]byte(doc))
	}
	for _, doc := range []string{
		`{"b":[1,{"z":null,"a":[]}],"a":{},"c":1.0}`, `{"a":1,"A":2,"a":3}`, `{"status":"\ud83d\ude00"}`, `{"Status":1}`, `"\ud800"`,
		"\"\xff\"", "[\"\xc3\xa9\"]", `{"rows":[{"id":1,"ID":2}]}`, `{"\u0061":1,"a":2}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		err := canon.Check(doc, readerShape)
		if err == nil && !json.Valid(doc) {
			t.Fatalf("%q is no JSON", doc)
		}
		// The transcoder knows of the keys that come twice, and of nothing else
		// that is strict.
		canonical, refused := canon.Transcode(doc, canon.TightSorted)
		if err == nil && refused != nil {
			t.Fatalf("%q passes, and yet: %v", doc, refused)
		}
		if err != nil {
			return
		}
		again, err := json.Marshal(decode(t, doc))
		if err != nil {
			t.Fatal(err)
		}
		back, err := canon.Transcode(again, canon.TightSorted)
		if err != nil || !bytes.Equal(back, canonical) {
			t.Fatalf("%q becomes %q, %v", canonical, back, err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	doc := benchmarkDocument()
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := canon.Check(doc, nil); err != nil {
			b.Fatal(err)
		}
	}
}
