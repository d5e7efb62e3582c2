package canon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// documents are what is hard to lay out.
var documents = []string{
	`{"b":[1,{"z":null,"a":[]}],"a":{},"c":1.0}`,
	" { \"k\" : [ ] ,\n\"\" : { \"x\" : [ [ ] , { } , [ { } ] ] } } ",
	`[1,1.0,-0,-0.0,1e5,1E+05,0.10,123456789012345678901234567890,1e400]`,
	`"\u0000\u001f \u007e\u007f\u0080\u00A0\u2028\u2029\uFFFD\uffff<>&\/'"`,
	"\"\x7f\u0080\u00e9\ue000\U0001F600\U0010FFFF\xff\"",
	`"\"\\\/\b\f\n\r\t"`,
	// As UTF-16 the fourth key would come before the third, as escaped text the
	// second before the first.
	`{"z":1,"\u00e9":2,"\uffee":3,"\ud83d\ude00":4,"\ud800":5,"\udfff":6,"\ue000":7,"~":8,"\u007f":9,"\n":10,"":11}`,
	`{"\ud800":1,"\ud800\udc00":2,"\ud800a":3,"\udc00\ud800":4,"\ud800\ud800\udc00":5,"\uD800\\udc00":6}`,
	`{"aa":1,"a":2,"a\u0000":3,"a\"":4,"a\\":5,"ab":6}`,
	`{"a":1,"\u0061":2}`, `[{"a":{"b":1,"b":1}}]`,
	`null`, ` true `, `"x"`, `-1.5e-7`,
}

// agree holds everything that lays out documents against the plain rules.
func agree(t *testing.T, doc []byte, style canon.Style, levels int) {
	t.Helper()
	if !json.Valid(doc) {
		if out, err := canon.Transcode(doc, style); err == nil {
			t.Fatalf("Transcode(%q) = %q, and it is no JSON", doc, out)
		}
		return
	}
	tree := plainRead(doc)
	want, wrong := plainWrite(tree, style)
	check := func(what string, got []byte, err error) {
		t.Helper()
		switch {
		case wrong != nil && err == nil:
			t.Fatalf("%s(%q), style %d = %q, want an error: %v", what, doc, style, got, wrong)
		case wrong == nil && err != nil:
			t.Fatalf("%s(%q), style %d: %v", what, doc, style, err)
		case wrong == nil && string(got) != want:
			t.Fatalf("%s(%q), style %d (-want +got):\n%s", what, doc, style, cmp.Diff(want, string(got)))
		}
	}
	got, err := canon.Transcode(doc, style)
	check("Transcode", got, err)
	got, err = canon.Append([]byte("before"), doc, style)
	check("Append", bytes.TrimPrefix(got, []byte("before")), err)
	got, err = canon.Marshal(json.RawMessage(doc), style)
	check("Marshal", got, err)
	if plainStyles[style].sorted && wrong == nil && tree.isText() {
		got, err = canon.Marshal(decode(t, doc), style) // maps, slices and strings
		check("Marshal of Go values", got, err)
	}
	var buf bytes.Buffer
	err = canon.WriteTo(&buf, json.RawMessage(doc), style)
	check("WriteTo", buf.Bytes(), err)
	if style == canon.Line || style == canon.LineSorted {
		want += want
		got, err = canon.MarshalLines([]json.RawMessage{doc, doc}, style)
		check("MarshalLines", got, err)
		want = want[:len(want)/2]
	}
	if errors.Is(wrong, errDeep) { // which the Writer is not told
		return
	}
	buf.Reset()
	w := canon.NewWriter(&buf, style)
	if stream(w, tree, style, levels) {
		err := w.Close()
		check("Writer", buf.Bytes(), err)
	}
}

// isHalf reports whether c is half a surrogate pair, which no Go string holds.
func isHalf(c rune) bool { return 0xd800 <= c && c <= 0xdfff }

// isText reports whether every string of the document is a Go string.
func (n node) isText() bool {
	return !slices.ContainsFunc(n.chars, isHalf) &&
		!slices.ContainsFunc(n.keys, func(key []rune) bool { return slices.ContainsFunc(key, isHalf) }) &&
		!slices.ContainsFunc(n.values, func(v node) bool { return !v.isText() })
}

// stream writes a document's upper levels member by member. It gives up on keys
// that no Go string holds.
func stream(w *canon.Writer, n node, style canon.Style, levels int) bool {
	if n.kind == '{' && levels > 0 {
		if plainStyles[style].sorted {
			if sorted, err := plainSort(n); err == nil {
				n = sorted
			}
		}
		w.BeginObject()
		for i, key := range n.keys {
			if slices.ContainsFunc(key, isHalf) {
				return false
			}
			w.Key(string(key))
			if !stream(w, n.values[i], style, levels-1) {
				return false
			}
		}
		w.End()
		return true
	}
	if n.kind == '[' && levels > 0 {
		w.BeginArray()
		for _, v := range n.values {
			if !stream(w, v, style, levels-1) {
				return false
			}
		}
		w.End()
		return true
	}
	text, err := plainWrite(n, canon.Line)
	if err != nil {
		return false
	}
	w.Value(json.RawMessage(strings.TrimSuffix(text, "\n")))
	return true
}

func TestStylesAreThePlainOnes(t *testing.T) {
	deep := strings.Repeat(`[{"":`, 500) + "1" + strings.Repeat("}]", 500)
	agree(t, []byte(deep), canon.TightSorted, 1)
	agree(t, []byte("["+deep+"]"), canon.TightSorted, 1)
	for _, doc := range slices.Concat(documents, badDocuments) {
		for style := range plainStyles {
			for levels := range 3 {
				agree(t, []byte(doc), style, levels)
			}
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		doc := randomDocument(rnd, 4)
		for style := range plainStyles {
			agree(t, []byte(doc), style, rnd.IntN(4))
		}
	}
}

func FuzzStyles(f *testing.F) {
	for i, doc := range slices.Concat(documents, badDocuments) {
		f.Add([]byte(doc), byte(i), byte(i/7))
	}
	f.Fuzz(func(t *testing.T, doc []byte, style, levels byte) {
		agree(t, doc, canon.Style(style%byte(len(plainStyles))), int(levels%8))
	})
}

// floats are where a printer of floats goes wrong: the ends of the two forms,
// powers of two, whose neighbours are not equally far.
var floats = []float64{
	0, 1, 0.1, 0.5, 1e-4, 9.999999999999999e-5, 1e-5, 1e15, 9999999999999998, 1e16, 10000000000000002, 1e17, 1e21, 1e22, 1e23,
	5e-324, 1e-323, 2.2250738585072014e-308, math.MaxFloat64, 1 << 53, 1<<53 + 2, 1766981933.6185238, 123456.789, 9.5367431640625e-07,
	0x1p-44, 0x1p-1022, 0x1p-1074, 0x1p63, 0x1p64, 0x1p1023, 9007199254740993, 2.5e-5, 0.30000000000000004, 1e-7, 1.5e300, 9e99, 9.99e-100,
	999999999999989.75, // halfway between the two shortest
}

func checkFloat(t *testing.T, v float64) {
	t.Helper()
	got, err := canon.Marshal(canon.Float(v), canon.TightSorted)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		if err == nil {
			t.Fatalf("Float(%v) = %s, and JSON has no such number", v, got)
		}
		return
	}
	if want := plainFloat(v); err != nil || string(got) != want {
		t.Fatalf("Float(%x) = %s, %v, want %s", v, got, err, want)
	}
	var back canon.Float
	if err := json.Unmarshal(got, &back); err != nil || math.Float64bits(float64(back)) != math.Float64bits(v) {
		t.Fatalf("Float(%x) is written %s and read %x, %v", v, got, float64(back), err)
	}
}

func TestFloatsAreThePlainOnes(t *testing.T) {
	for _, v := range floats {
		for _, v := range []float64{v, -v, math.Nextafter(v, 2*v), math.Nextafter(v, 0)} {
			checkFloat(t, v)
		}
	}
	for exponent := range uint64(2048) { // every power of two, and both infinities
		checkFloat(t, math.Float64frombits(exponent<<52))
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		checkFloat(t, math.Float64frombits(rnd.Uint64()))
	}
}

func FuzzFloat(f *testing.F) {
	for _, v := range floats {
		f.Add(math.Float64bits(v))
	}
	for _, v := range []float64{math.NaN(), math.Inf(-1), math.Copysign(0, -1)} {
		f.Add(math.Float64bits(v))
	}
	f.Fuzz(func(t *testing.T, bits uint64) { checkFloat(t, math.Float64frombits(bits)) })
}

// randomDocument makes JSON text without a key that comes twice, its numbers as
// Python prints them.
func randomDocument(rnd *rand.Rand, depth int) string {
	switch kind := rnd.IntN(8); {
	case depth > 0 && kind < 3:
		members, seen := []string{}, map[string]bool{}
		for range rnd.IntN(5) {
			key := randomString(rnd)
			if canonical := plainString(plainRead([]byte(key)).chars); !seen[canonical] {
				seen[canonical] = true
				members = append(members, key+":"+randomDocument(rnd, depth-1))
			}
		}
		return "{" + strings.Join(members, ",") + "}"
	case depth > 0 && kind < 5:
		items := make([]string, rnd.IntN(5))
		for i := range items {
			items[i] = randomDocument(rnd, depth-1)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case kind == 5:
		return []string{"null", "true", "false", "0", "-1", "18446744073709551616", "-9223372036854775809"}[rnd.IntN(7)]
	case kind == 6:
		v := math.Float64frombits(rnd.Uint64())
		if math.IsNaN(v) || math.IsInf(v, 0) {
			v = 1
		}
		return plainFloat(v)
	}
	return randomString(rnd)
}

// randomString makes the text of a string, its characters escaped or not.
func randomString(rnd *rand.Rand) string {
	odd := []rune("\x00\b\t\n\f\r\x1f\"\\/<>&~\x7f\u0080\u00e9\u2028\ud7ff\ue000\ufffd\uffff\U00010000\U0001F600\U0010FFFF")
	text := `"`
	for range rnd.IntN(6) {
		c := odd[rnd.IntN(len(odd))]
		switch pick := rnd.IntN(4); {
		case pick == 0:
			c = 'a' + rune(rnd.IntN(3))
			fallthrough
		case pick == 1 && c >= ' ' && c != '"' && c != '\\':
			text += string(c)
		case pick == 2: // half a pair
			text += plainString([]rune{0xd800 + rune(rnd.IntN(2))*0x400})[1:7]
		default:
			escaped := plainString([]rune{c})
			text += escaped[1 : len(escaped)-1]
		}
	}
	return text + `"`
}
