package canon_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

func TestTranscode(t *testing.T) {
	const doc = `{"b":[1,{"z":null,"a":[]}],"a":{},"c":1.0}`
	tests := []struct {
		name  string
		in    string
		style canon.Style
		want  string
	}{
		{"indented", doc, canon.Indented, "{\n  \"b\": [\n    1,\n    {\n      \"z\": null,\n      \"a\": []\n    }\n  ],\n  \"a\": {},\n  \"c\": 1.0\n}"},
		{"indented_sorted", doc, canon.IndentedSorted, "{\n  \"a\": {},\n  \"b\": [\n    1,\n    {\n      \"a\": [],\n      \"z\": null\n    }\n  ],\n  \"c\": 1.0\n}"},
		{"indented_sorted_newline", `{"b":1,"a":2}`, canon.IndentedSortedNewline, "{\n  \"a\": 2,\n  \"b\": 1\n}\n"},
		{"line", doc, canon.Line, "{\"b\": [1, {\"z\": null, \"a\": []}], \"a\": {}, \"c\": 1.0}\n"},
		{"line_sorted", doc, canon.LineSorted, "{\"a\": {}, \"b\": [1, {\"a\": [], \"z\": null}], \"c\": 1.0}\n"},
		{"compact_sorted", doc, canon.CompactSorted, `{"a": {}, "b": [1, {"a": [], "z": null}], "c": 1.0}`},
		{"tight_sorted", doc, canon.TightSorted, `{"a":{},"b":[1,{"a":[],"z":null}],"c":1.0}`},
		{"white_space", " [ 1 ,\n\t{ } ] \r\n", canon.CompactSorted, `[1, {}]`},
		{"numbers_kept", `[1,1.0,-0,-0.0,1e5,1E+05,0.10]`, canon.TightSorted, `[1,1.0,-0,-0.0,1e5,1E+05,0.10]`},
		{"escapes", `"\u0041\/\u000A\u0008\u000c\r\t\"\\\u001f\u007F"`, canon.TightSorted, `"A/\n\b\f\r\t\"\\\u001f\u007f"`},
		{"html_left_alone", `"\u003c>&/"`, canon.TightSorted, `"<>&/"`},
		{"non_ascii", "\"\u00e9\u2028\U0001F600\x7f\"", canon.TightSorted, `"\u00e9\u2028\ud83d\ude00\u007f"`},
		{"surrogates", `"\uD83D\uDE00\uD800x\uDC00"`, canon.TightSorted, `"\ud83d\ude00\ud800x\udc00"`},
		{"invalid_utf8", "\"a\xffb\"", canon.TightSorted, `"a\ufffdb"`},
		// By UTF-16 unit the pair would sort before U+FFFD, by escaped text é before z.
		{"keys_by_code_point", "{\"\U0001F600\":1,\"\uffee\":2,\"\u00e9\":3,\"z\":4,\"\\n\":5,\"\\ud800\":6}", canon.TightSorted,
			`{"\n":5,"z":4,"\u00e9":3,"\ud800":6,"\uffee":2,"\ud83d\ude00":1}`},
		{"prefix_keys", `{"ab":1,"a":2,"":3}`, canon.TightSorted, `{"":3,"a":2,"ab":1}`},
		{"scalar", `true`, canon.IndentedSortedNewline, "true\n"},
		{"same_key_unsorted", `{"a":1,"a":2}`, canon.Line, "{\"a\": 1, \"a\": 2}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := canon.Transcode([]byte(tt.in), tt.style)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("Transcode(%s) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

func TestTranscodeRefuses(t *testing.T) {
	deep := strings.Repeat("[", 1001) + strings.Repeat("]", 1001)
	for _, in := range append(badDocuments, deep, `{"a":1,"a":2}`, `{"b":1,"\u0061":2,"a":3}`) {
		out, err := canon.Transcode([]byte(in), canon.IndentedSorted)
		if err == nil {
			t.Errorf("Transcode(%.40q) = %q, want an error", in, out)
			continue
		}
		var syntax *canon.SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset > len(in) {
			t.Errorf("Transcode(%.40q) error %v, want a *SyntaxError with an offset inside", in, err)
		}
	}
	if _, err := canon.Transcode([]byte("1"), canon.Style(99)); err == nil {
		t.Error("style 99 was accepted")
	}
}

var badDocuments = []string{
	``, ` `, `{`, `[`, `"`, `"\`, `"\u12"`, `"\u12g4"`, `"\x"`, "\"\n\"", `[1,]`, `{"a":1,}`, `{a:1}`, `{"a" 1}`,
	`{"a":1 "b":2}`, `[1 2]`, `01`, `1.`, `.5`, `-`, `1e`, `+1`, `tru`, `nulll`, `1 2`, `{}{}`, "\x00", `{"a":}`, `NaN`, `]`,
}

func TestDigestVectors(t *testing.T) {
	// From the contract's plan_digest section.
	const plan = `{"schema_versions":{},"registry_id":"demo","profiles":["demo:read"],"plan_id":%ID%,` +
		`"lanes":{"scenario":true,"baseline":true,"oracle":false},"controls":{"baseline":true},"apply_preflight_profile":null}`
	for id, want := range map[string]string{
		`"demo.v1"`:                           "f6c930284c3e045285f7695f7e7ec9701294d3e7c184a5eccad442de0099a7f8",
		"\"d\u00e9mo<&>\u007f\U0001F600.v1\"": "f979c8941e6ff94cc1c3a040471b514d202824765b08ada19c84d24d4963e074",
	} {
		out, err := canon.Transcode([]byte(strings.Replace(plan, "%ID%", id, 1)), canon.CompactSorted)
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(out); hex.EncodeToString(sum[:]) != want {
			t.Errorf("digest of %s = %x, want %s", out, sum, want)
		}
	}
}

func TestFloat(t *testing.T) {
	// What CPython 3 prints for json.dumps of the same values.
	tests := []struct {
		in   float64
		want string
	}{
		{0, "0.0"}, {math.Copysign(0, -1), "-0.0"}, {1, "1.0"}, {-2.5, "-2.5"}, {0.1, "0.1"}, {1e-4, "0.0001"}, {1e-5, "1e-05"},
		{1.5e-7, "1.5e-07"}, {1e15, "1000000000000000.0"}, {1e16, "1e+16"}, {123456789012345680, "1.2345678901234568e+17"},
		{1e22, "1e+22"}, {1e100, "1e+100"}, {5e-324, "5e-324"}, {math.MaxFloat64, "1.7976931348623157e+308"},
		{1766981933.6185238, "1766981933.6185238"}, {9999999999999998, "9999999999999998.0"},
	}
	for _, tt := range tests {
		got, err := canon.Marshal(canon.Float(tt.in), canon.TightSorted)
		if err != nil || string(got) != tt.want {
			t.Errorf("Float(%v) = %s, %v, want %s", tt.in, got, err, tt.want)
		}
		var back canon.Float
		if err := json.Unmarshal(got, &back); err != nil || float64(back) != tt.in {
			t.Errorf("Float(%v) came back as %v, %v", tt.in, back, err)
		}
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if out, err := canon.Marshal(canon.Float(bad), canon.Indented); err == nil {
			t.Errorf("Float(%v) = %s, want an error", bad, out)
		}
	}
}

func TestMarshalLines(t *testing.T) {
	type row struct {
		B string         `json:"b"`
		A map[string]int `json:"a"`
	}
	got, err := canon.MarshalLines([]row{{B: "<x>"}, {A: map[string]int{"k": 1}}}, canon.LineSorted)
	if err != nil {
		t.Fatal(err)
	}
	want := "{\"a\": null, \"b\": \"<x>\"}\n{\"a\": {\"k\": 1}, \"b\": \"\"}\n"
	if string(got) != want {
		t.Errorf("MarshalLines = %q, want %q", got, want)
	}
	if got, err := canon.MarshalLines([]row(nil), canon.LineSorted); err != nil || string(got) != "\n" {
		t.Errorf("MarshalLines(none) = %q, %v, want one newline", got, err)
	}
	if _, err := canon.MarshalLines([]row{{}}, canon.Indented); err == nil {
		t.Error("an indented style was accepted for lines")
	}
	if _, err := canon.MarshalLines([]canon.Float{1, canon.Float(math.NaN())}, canon.Line); err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("error %v does not name the row", err)
	}
}

func FuzzTranscode(f *testing.F) {
	for _, doc := range badDocuments {
		f.Add([]byte(doc), uint8(0))
	}
	f.Add([]byte(`{"b":[1,{"z":null,"a":[]}],"a":{},"c":1.0,"\u00e9\ud83d\ude00\ud800":"\u0000\/"}`), uint8(1))
	f.Add([]byte("[\"\xff\x7f\u00e9\U0001F600\",-0.5e+9,true,false,null]"), uint8(3))
	f.Fuzz(func(t *testing.T, in []byte, n uint8) {
		style := canon.Style(n % 7)
		out, err := canon.Transcode(in, style)
		if valid := json.Valid(in); valid != (err == nil) {
			// Only a repeated key and absurd depth may divide us.
			if !valid || !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "deeper") {
				t.Fatalf("Transcode error %v, json.Valid %v", err, valid)
			}
		}
		if err != nil {
			return
		}
		if i := bytes.IndexFunc(out, func(r rune) bool { return r > '~' }); i >= 0 {
			t.Fatalf("byte %d of %q is not ASCII", i, out)
		}
		if want, got := decode(t, in), decode(t, out); !cmp.Equal(want, got) {
			t.Fatalf("meaning changed: %q to %q", in, out)
		}
		again, err := canon.Transcode(out, style)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("not idempotent: %q, then %q, %v", out, again, err)
		}
	})
}

func decode(t *testing.T, raw []byte) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}
