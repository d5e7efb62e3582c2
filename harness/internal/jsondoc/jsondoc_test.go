package jsondoc_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

const maxSize = 1 << 20

// read is a small reader with one of everything.
func read(data string) (doc string, faults []string) {
	var fs jsondoc.Faults
	o := jsondoc.Parse([]byte(data), maxSize, &fs).Object()
	name := o.Need("name").Text()
	size := o.Opt("size").Int()
	on := o.Opt("on").Bool()
	kind := jsondoc.Enum(o.Opt("kind"), "hot", "cold")
	tags := o.Opt("tags").OrNull().Texts()
	o.Forbid("old", "is gone; remove it")
	var parts []string
	for _, v := range o.Opt("parts").Items() {
		p := v.Object()
		parts = append(parts, p.Need("id").Text())
		p.End()
	}
	for id, v := range o.Opt("by_id").Object().All() {
		p := v.Named(fmt.Sprintf("thing %q", id)).Object()
		parts = append(parts, id+"="+p.Need("to").Text())
		p.Opt("more").Object().End()
		p.End()
	}
	free := o.Opt("free").Raw()
	o.End()
	fs.Sort()
	for _, f := range fs {
		faults = append(faults, f.String())
	}
	return fmt.Sprintf("%s %d %t %s %v %v %s", name, size, on, kind, tags, parts, free), faults
}

func TestRead(t *testing.T) {
	doc, faults := read(`{
  "name": "caf\u00e9 \ud83d\ude00", "size": -3, "on": true, "kind": "cold", "tags": ["a", "b"],
  "parts": [{"id": "x"}, {"id": "y"}], "by_id": {"k:1": {"to": "z", "more": {}}}, "free": {"b": [1.0, {"a": null}]}
}
`)
	if len(faults) > 0 {
		t.Errorf("faults %q", faults)
	}
	want := `café 😀 -3 true cold [a b] [x y k:1=z] {"b": [1.0, {"a": null}]}`
	if doc != want {
		t.Errorf("read %s, want %s", doc, want)
	}
}

func TestFaults(t *testing.T) {
	deep := strings.Repeat("[", 101) + strings.Repeat("]", 101)
	for _, tt := range []struct {
		name, data string
		want       []string
	}{
		{"empty", " \n", []string{`empty; want a JSON object`}},
		{"byte_order_mark", "\xef\xbb\xbf{}", []string{`1: starts with a byte order mark; save it as UTF-8 without one`}},
		{"not_utf8", "{\n\"name\": \"\xff\"}", []string{`2: byte 0xff is not UTF-8; save the file as UTF-8`}},
		{"trailing_comma", "{\n  \"name\": \"x\",\n}", []string{`3: not valid JSON at column 1: invalid character '}' looking for beginning of object key string; remove the comma before it`}},
		{"cut_short", "{\"name\":\n", []string{`1: not valid JSON at column 9: unexpected end of JSON input`}},
		{"trailing_data", "{\"name\": \"x\"}\n{}", []string{`2: not valid JSON at column 1: invalid character '{' after top-level value`}},
		{"column_counts_characters", `{"é": x}`, []string{`1: not valid JSON at column 7: invalid character 'x' looking for beginning of value`}},
		{"nul_byte", "{\"name\": \"\x00\"}", []string{`1: not valid JSON at column 11: invalid character '\x00' in string literal`}},
		{"nul_escape", "{\n\"name\": \"a\\u0000\"}", []string{`2: string with \u0000, which no name can hold; remove it`}},
		{"half_surrogate", `{"name": "\ud83dx", "tags": ["\udE00"]}`, []string{
			`1: string with \ud83d, half a surrogate pair; write the whole character`,
			`1: string with \udE00, half a surrogate pair; write the whole character`,
		}},
		{"escaped_backslash_is_no_escape", `{"name": "\\u0000 \\ud800"}`, nil},
		{"deep", "{\n\"free\": " + deep + "}", []string{`2: nested deeper than 100; flatten it`}},
		{"brackets_in_strings", `{"name": "` + strings.Repeat("[{", 200) + `"}`, nil},
		{"too_large", `{"name": "` + strings.Repeat("x", maxSize) + `"}`, []string{`larger than 1048576 bytes; split it`}},
		{"no_object", "\n[]", []string{`2: want an object, got an array`}},
		{"scalar", "7", []string{`1: want an object, got a number`}},
		{"missing", "{\n}", []string{`1: key "name" is missing; add it`}},
		{"null_is_no_string", `{"name": null}`, []string{`1: name: want a string, got null`}},
		{"null_allowed", `{"name": "", "tags": null}`, nil},
		{"wrong_types", "{\"name\": 1,\n\"size\": \"1\",\n\"on\": 0,\n\"kind\": true,\n\"tags\": {},\n\"parts\": \"\",\n\"by_id\": []}", []string{
			`1: name: want a string, got a number`,
			`2: size: want a number, got a string`,
			`3: on: want a boolean, got a number`,
			`4: kind: want a string, got a boolean`,
			`5: tags: want an array, got an object`,
			`6: parts: want an array, got a string`,
			`7: by_id: want an object, got an array`,
		}},
		{"integers", `{"name": "", "size": 1.0}`, []string{`1: size: want an integer of at most 64 bits, got 1.0`}},
		{"large_integer", `{"name": "", "size": 9223372036854775808}`, []string{`1: size: want an integer of at most 64 bits, got 9223372036854775808`}},
		{"enum", `{"name": "", "kind": "warm"}`, []string{`1: kind: want "hot" or "cold", got "warm"`}},
		{"item_of_array", "{\"name\": \"\", \"tags\": [\n\"a\",\n2]}", []string{`3: tags[1]: want a string, got a number`}},
		{"object_in_array", "{\"name\": \"\", \"parts\": [\n{\"id\": \"x\"},\n{\"id\": 2}, {}]}", []string{
			`3: parts[1].id: want a string, got a number`,
			`3: parts[2]: key "id" is missing; add it`,
		}},
		{"named", "{\"name\": \"\", \"by_id\": {\n\"a/b\": {\"to\": 1, \"more\": {\"odd\": 1}},\n\"c\": 3}}", []string{
			`2: thing "a/b": to: want a string, got a number`,
			`2: thing "a/b": more.odd: unknown key; remove it`,
			`3: thing "c": want an object, got a number`,
		}},
		{"unknown_near", "{\"name\": \"\",\n\"tag\": []}", []string{`2: tag: unknown key; did you mean "tags"?`}},
		{"unknown_far", `{"name": "", "colour": 1, "": 2, "a b": 3}`, []string{
			`1: colour: unknown key; remove it, the keys here are name, size, on, kind, tags, parts, by_id, free`,
			`1: [""]: unknown key; remove it, the keys here are name, size, on, kind, tags, parts, by_id, free`,
			`1: ["a b"]: unknown key; remove it, the keys here are name, size, on, kind, tags, parts, by_id, free`,
		}},
		{"forbidden", `{"name": "", "old": {}}`, []string{`1: old: is gone; remove it`}},
		{"twice", "{\"name\": \"\",\n\"size\": 1,\n\"size\": 2}", []string{`3: size: key stands twice, first on line 2; keep one`}},
		{"twice_by_escape", `{"name": "", "n\u0061me": ""}`, []string{`1: name: key stands twice, first on line 1; keep one`}},
		{"twice_in_free", "{\"name\": \"\", \"free\": {\"a\": [{\n\"b\": 1, \"b\": {}}]}}", []string{`2: free.a[0].b: key stands twice, first on line 2; keep one`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := read(tt.data)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults of %.80q (-want +got):\n%s", tt.data, diff)
			}
		})
	}
}

// Objects of many members are searched another way than those of few.
func TestTwiceAmongMany(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"name": "", "by_id": {`)
	for i := range 100 {
		fmt.Fprintf(&b, "\n\"k%d\": {\"to\": \"\"},", i)
	}
	b.WriteString("\n\"k7\": {\"to\": \"\"}, \"k99\": {\"to\": \"\"}}}")
	_, got := read(b.String())
	want := []string{
		`102: by_id.k7: key stands twice, first on line 9; keep one`,
		`102: by_id.k99: key stands twice, first on line 101; keep one`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// tree rebuilds a document the way encoding/json does, through our readers.
func tree(v jsondoc.Value) any {
	switch v.Kind() {
	case jsondoc.String:
		return v.Text()
	case jsondoc.Bool:
		return v.Bool()
	case jsondoc.Number:
		return json.Number(v.Raw())
	case jsondoc.Array:
		items := []any{}
		for _, item := range v.Items() {
			items = append(items, tree(item))
		}
		return items
	case jsondoc.Object:
		members := map[string]any{}
		for key, member := range v.Object().All() {
			members[key] = tree(member)
		}
		return members
	}
	return nil
}

// FuzzParse holds two laws: what has no faults is exactly what encoding/json
// reads, and what encoding/json refuses has faults.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"a": [1, 2.5e3, "x\\\"\u00e9\ud83d\ude00", null, true, false, {"b": {}}], "": []}`,
		`[]`, `"\\\\"`, `-0`, `{"a":1}x`, `{"a":1,"a":2}`, "\n[\n1,\n]", `{"k":"\ud800"}`, `["\u0000"]`, "\xff", ` {"a" : "b\"" , "c":[ "d\\" ] } `,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		var faults jsondoc.Faults
		got := tree(jsondoc.Parse([]byte(data), maxSize, &faults))
		dec := json.NewDecoder(strings.NewReader(data))
		dec.UseNumber()
		var want any
		err := dec.Decode(&want)
		switch {
		case err != nil && len(faults) == 0:
			t.Fatalf("no faults in %q, but encoding/json says %v", data, err)
		case len(faults) == 0 && !reflect.DeepEqual(got, want):
			t.Fatalf("%q read as %#v, want %#v", data, got, want)
		}
		for _, fault := range faults {
			if lines := 1 + strings.Count(data, "\n"); fault.Line > lines || strings.Contains(fault.Msg, "\n") {
				t.Fatalf("fault %q in a document of %d lines", fault, lines)
			}
		}
	})
}

// FuzzRead holds that a reader without faults read what encoding/json reads of
// the same document when it knows the same keys, and that its faults stand in
// the document.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		`{"name": "caf\u00e9", "size": -3, "on": true, "kind": "cold", "tags": ["a", "b"], "parts": [{"id": "x"}], "by_id": {"k:1": {"to": "z", "more": {}}}, "free": [1.0, {"a": null}]}`,
		`{"name": "", "tags": null, "parts": [], "by_id": {}, "free": "x"}`,
		`{"name": "x", "size": 1.0}`, `{"name": "x", "kind": "warm"}`, `{"name": "x", "old": 1}`, `{"Name": "x"}`, `{"name": "x", "name": "y"}`,
		`{"name": "x", "parts": [{}], "tag": [], "by_id": {"a": 3}}`, `{"name": "x", "size": 9223372036854775808}`, "{\n\"name\":\n}",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data string) {
		got, faults := read(data)
		if len(faults) > 0 {
			return
		}
		var want struct {
			Name  string   `json:"name"`
			Size  int      `json:"size"`
			On    bool     `json:"on"`
			Kind  string   `json:"kind"`
			Tags  []string `json:"tags"`
			Parts []struct {
				ID *string `json:"id"`
			} `json:"parts"`
			ByID map[string]struct {
				To   *string   `json:"to"`
				More *struct{} `json:"more"`
			} `json:"by_id"`
			Free json.RawMessage `json:"free"`
		}
		dec := json.NewDecoder(strings.NewReader(data))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&want); err != nil {
			t.Fatalf("no faults in %q, but encoding/json says %v", data, err)
		}
		if want.Kind != "" && want.Kind != "hot" && want.Kind != "cold" {
			t.Fatalf("kind %q passed", want.Kind)
		}
		for _, p := range want.Parts {
			if p.ID == nil {
				t.Fatalf("a part of %q has no id", data)
			}
		}
		head := fmt.Sprintf("%s %d %t %s %v ", want.Name, want.Size, want.On, want.Kind, want.Tags)
		if !strings.HasPrefix(got, head) || !strings.HasSuffix(got, string(want.Free)) {
			t.Fatalf("%q is read as %s, want %s…%s", data, got, head, want.Free)
		}
		for id, thing := range want.ByID {
			if thing.To == nil || !strings.Contains(got, id+"="+*thing.To) {
				t.Fatalf("%q is read as %s without %q", data, got, id)
			}
		}
	})
}
