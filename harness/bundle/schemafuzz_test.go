package bundle

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// FuzzTwins holds the keys found by scanning against those that encoding/json
// finds.
func FuzzTwins(f *testing.F) {
	for _, doc := range []string{
		`{}`, `[]`, `7`, `"{"`, `{"a": 1, "A": 2}`, `{"a": {"b": 1, "B": 2}, "c": [1, {"a": ","}]}`, `{"a\"}": "{,]", "A\u0022}": 1}`,
		`{"\\": "\\", "x\\": 1}`, `{"ſ": 1, "S": 2}`, `{"\ud800": 1, "\udc00": 2}`, `{"é": [], "É": {}}`, `{"a": "", "": "a"}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		tight, err := canon.Transcode(doc, canon.TightSorted)
		if err != nil {
			return
		}
		var keys map[string]json.RawMessage
		twins := json.Unmarshal(doc, &keys) != nil || keys == nil // no object is refused too
		seen := map[string]bool{}
		for dec := json.NewDecoder(bytes.NewReader(tight)); !twins; {
			token, err := dec.Token()
			if err != nil {
				break
			}
			if token == json.Delim('{') || token == json.Delim('}') {
				continue
			}
			key := strings.ToLower(strings.ToUpper(token.(string)))
			twins = seen[key]
			seen[key] = true
			var skip json.RawMessage
			if err := dec.Decode(&skip); err != nil {
				t.Fatal(err)
			}
		}
		if err := refuseTwins(tight); (err != nil) != twins {
			t.Errorf("%q: %v, want refused %v", doc, err, twins)
		}
	})
}
