package artifact_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// Whatever a reader accepts, writing it and reading that again changes nothing
// more: what was understood is what is written.
func FuzzReaders(f *testing.F) {
	dir, err := repository()
	if err != nil {
		f.Fatal(err)
	}
	for i, c := range codecs {
		for _, doc := range testdata(f, c.file) {
			f.Add(byte(i), doc)
		}
		files, err := filepath.Glob(filepath.Join(dir, "..", "shared", "reference-bundles", "*", "*", c.file))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			if doc, err := os.ReadFile(file); err == nil {
				f.Add(byte(i), doc)
			}
		}
		f.Add(byte(i), []byte(`{}`))
		f.Add(byte(i), []byte(`null`))
		f.Add(byte(i), []byte("{\"counts\": {\"a\": 1, \"a\": 2}, \"results\": [null]}\n"))
	}
	f.Fuzz(func(t *testing.T, which byte, doc []byte) {
		c := codecs[int(which)%len(codecs)]
		once, err := c.redo(doc)
		if err != nil {
			return
		}
		twice, err := c.redo(once)
		if err != nil {
			t.Fatalf("%s: what was written is refused: %v\n%s", c.file, err, once)
		}
		if !bytes.Equal(once, twice) {
			t.Errorf("%s: not stable\nonce  %s\ntwice %s", c.file, once, twice)
		}
	})
}

// Reading row by row takes what reading whole takes, and refuses what it
// refuses; and what both take, encoding/json has always taken.
func FuzzRows(f *testing.F) {
	for _, doc := range testdata(f, artifact.RuntimeEventsFile) {
		f.Add(doc)
	}
	for _, doc := range []string{
		`[]`, `[{}]`, `[{"actual": "allow", "Actual": "deny"}]`, `[{"errno": 1, "errno": 2}]`, `[{"expectation_id": "\ud800"}]`, "[{\"target\": \"\xff\"}]",
		`[{"errno": 1.5}]`, `[{"errno": 1e3}]`, `[null]`, `[{}]{}`, `[{},]`, `null`, `{}`, "\xef\xbb\xbf[]", `[{"preflight": {"Tool": 1}}]`, `[{"probe_details": {"a": 1, "a": 2}}]`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		var whole, streamed, loose []artifact.Event
		refused := artifact.Decode(doc, &whole)
		err := artifact.ReadEvents(iotest.OneByteReader(bytes.NewReader(doc)), func(e *artifact.Event) error {
			streamed = append(streamed, *e)
			return nil
		})
		if (err == nil) != (refused == nil) {
			// One level of the nesting that is allowed is the array's own, and a
			// row is no null.
			if err == nil && strings.Contains(refused.Error(), "deeper") || err != nil && strings.Contains(err.Error(), "not \"null") {
				return
			}
			t.Fatalf("%q: by row %v, whole %v", doc, err, refused)
		}
		if err != nil {
			return
		}
		if err := json.Unmarshal(doc, &loose); err != nil {
			t.Fatal(err)
		}
		a, _ := json.Marshal(whole)
		for _, other := range [][]artifact.Event{streamed, loose} {
			if b, _ := json.Marshal(append([]artifact.Event{}, other...)); string(a) != string(b) {
				t.Fatalf("%q: whole and otherwise:\n%s", doc, cmp.Diff(string(a), string(b)))
			}
		}
	})
}
