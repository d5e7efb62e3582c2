package schema_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/schema"
)

func TestLine(t *testing.T) {
	const doc = "\n{\"a\": [1,\n  {\"b\": 2, \"c/d\":\n3}, [\n\"x\"]],\n\"~\": {\"~1\": {\n\"\": 0}}, \"\\u0065\": 1,\n\"two\": 1, \"0\": {}}\n"
	for _, tt := range []struct {
		pointer string
		want    int
	}{
		{"", 2},
		{"/a", 2},
		{"/a/0", 2},
		{"/a/1", 3},
		{"/a/1/b", 3},
		{"/a/1/c~1d", 3}, // the key's line, not its value's
		{"/a/2/0", 5},
		{"/~0", 6},
		{"/~0/~01", 6},
		{"/~0/~01/", 7},
		{"/e", 7}, // however it is written
		{"/two", 8},
		{"/0", 8},
		// What is not there, and what is no pointer.
		{"/b", 0},
		{"/a/3", 0},
		{"/a/-", 0},
		{"/a/00", 0},
		{"/a/1/c/d", 0},
		{"/two/x", 0},
		{"/~", 0},
		{"/~2", 0},
		{"a", 0},
	} {
		if got := schema.Line([]byte(doc), tt.pointer); got != tt.want {
			t.Errorf("Line of %q = %d, want %d", tt.pointer, got, tt.want)
		}
	}
	for _, bad := range []string{"", "{", "{}x", strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		if got := schema.Line([]byte(bad), ""); got != 0 {
			t.Errorf("Line in %.10q = %d, want 0", bad, got)
		}
	}
}

// FuzzLine holds that a line is where the pointer's key stands.
func FuzzLine(f *testing.F) {
	f.Add("{\"a/b\": [1,\n{\"~\": {}}]}", "/a~1b/1/~0")
	f.Add("[[],\n[0]]", "/1/0")
	f.Add("{\"a\":\n1, \"a\": 2}", "/a")
	f.Fuzz(func(t *testing.T, doc, pointer string) {
		line := schema.Line([]byte(doc), pointer)
		if line < 0 || line > 1+strings.Count(doc, "\n") {
			t.Fatalf("line %d of %q", line, doc)
		}
		var v any
		if json.Unmarshal([]byte(doc), &v) != nil {
			if line != 0 {
				t.Fatalf("line %d in %q, which is no JSON", line, doc)
			}
			return
		}
		if line == 0 {
			return
		}
		// encoding/json must find something there, too.
		for _, token := range strings.Split(pointer, "/")[1:] {
			token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
			switch at := v.(type) {
			case map[string]any:
				below, ok := at[token]
				if !ok {
					t.Fatalf("line %d of %q in %q, which has no key %q", line, pointer, doc, token)
				}
				v = below
			case []any:
				i, err := strconv.Atoi(token)
				if err != nil || i >= len(at) {
					t.Fatalf("line %d of %q in %q, which has no item %q", line, pointer, doc, token)
				}
				v = at[i]
			default:
				return // a key that stands twice may have had two kinds of value
			}
		}
	})
}

// FuzzValidate holds that every finding has a place, and that the order is
// always the same.
func FuzzValidate(f *testing.F) {
	f.Add(1, plan)
	f.Add(3, withFixture(`{"tree": [{"path": "${home}/a", "kind": "symlink", "to": 7}], "listen": "unix:/x", "source": "$"}`))
	f.Add(5, profiles("v0.3", `"a/b": `+profile))
	f.Add(1, template(`"generator": "metadata-runner", "ops": {"file-write*": 1}, "profiles": {"a/b": {"mode": 1e999}}`))
	f.Add(0, `{"profiles": [1, 1], "controls": {"n": 1e400000000}, "a": 1, "a": 2}`)
	versions := schema.Versions()
	f.Fuzz(func(t *testing.T, which int, doc string) {
		version := versions[((which%len(versions))+len(versions))%len(versions)]
		found, err := schema.Validate(version, []byte(doc))
		if err != nil {
			t.Fatal(err)
		}
		isJSON := schema.Line([]byte(doc), "") > 0
		for _, finding := range found {
			if finding.Msg == "" || strings.Contains(finding.Msg, "\n") || strings.Contains(finding.Msg, "urn:") {
				t.Errorf("message %q", finding.Msg)
			}
			if isJSON && finding.Line == 0 {
				t.Errorf("no line for %+v", finding)
			}
		}
		again, err := schema.Validate(version, []byte(doc))
		if one, two := fmt.Sprint(found), fmt.Sprint(again); err != nil || one != two {
			t.Errorf("first %s, then %s, %v", one, two, err)
		}
	})
}
