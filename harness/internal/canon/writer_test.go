package canon_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rtgen/rtgen/harness/internal/canon"
)

// replay writes a decoded document through the Writer, member by member.
func replay(w *canon.Writer, raw json.RawMessage, levels int) {
	var list []json.RawMessage
	switch {
	case levels > 0 && json.Unmarshal(raw, &list) == nil && list != nil:
		w.BeginArray()
		for _, v := range list {
			replay(w, v, levels-1)
		}
		w.End()
	case levels > 0 && raw[0] == '{':
		w.BeginObject()
		dec := json.NewDecoder(bytes.NewReader(raw))
		_, _ = dec.Token()
		for dec.More() {
			key, _ := dec.Token()
			w.Key(key.(string))
			var v json.RawMessage
			_ = dec.Decode(&v)
			replay(w, v, levels-1)
		}
		w.End()
	default:
		w.Value(raw)
	}
}

func TestWriterWritesWhatMarshalWrites(t *testing.T) {
	docs := []string{
		`{}`, `[]`, `1`, `[[],{},[{"a":[1,2]}]]`,
		`{"a":{"b":{"c":[1,{"d":[]}]}},"results":[{"x":1},{"x":2,"y":[true]}],"w":"<é>"}`,
	}
	for _, doc := range docs {
		for style := canon.Indented; style <= canon.TightSorted; style++ {
			for levels := range 5 {
				var got bytes.Buffer
				w := canon.NewWriter(&got, style)
				replay(w, json.RawMessage(doc), levels)
				if err := w.Close(); err != nil {
					t.Fatalf("%s: %v", doc, err)
				}
				want, err := canon.Transcode([]byte(doc), style)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), got.String()); diff != "" {
					t.Errorf("style %d, %d levels streamed (-Transcode +Writer):\n%s", style, levels, diff)
				}
			}
		}
	}
}

func TestWriterRefuses(t *testing.T) {
	tests := map[string]func(w *canon.Writer){
		"nothing":           func(w *canon.Writer) {},
		"open_array":        func(w *canon.Writer) { w.BeginArray() },
		"two_documents":     func(w *canon.Writer) { w.Value(1); w.Value(2) },
		"end_without_begin": func(w *canon.Writer) { w.End() },
		"key_in_array":      func(w *canon.Writer) { w.BeginArray(); w.Key("a") },
		"key_at_top":        func(w *canon.Writer) { w.Key("a") },
		"value_without_key": func(w *canon.Writer) { w.BeginObject(); w.Value(1); w.End() },
		"key_without_value": func(w *canon.Writer) { w.BeginObject(); w.Key("a"); w.End() },
		"two_keys":          func(w *canon.Writer) { w.BeginObject(); w.Key("a"); w.Key("b") },
		"keys_out_of_order": func(w *canon.Writer) {
			w.BeginObject()
			w.Key("é")
			w.Value(1)
			w.Key("z")
			w.Value(1)
			w.End()
		},
		"key_twice": func(w *canon.Writer) {
			w.BeginObject()
			w.Key("a")
			w.Value(1)
			w.Key("a")
			w.Value(1)
			w.End()
		},
		"unmarshalable": func(w *canon.Writer) { w.Value(func() {}) },
	}
	for name, use := range tests {
		t.Run(name, func(t *testing.T) {
			w := canon.NewWriter(new(bytes.Buffer), canon.LineSorted)
			use(w)
			if err := w.Close(); err == nil {
				t.Error("Close gave no error")
			}
		})
	}
}

type failingWriter struct{ err error }

func (f failingWriter) Write([]byte) (int, error) { return 0, f.err }

func TestWriterReportsWriteErrors(t *testing.T) {
	full := errors.New("no space left")
	w := canon.NewWriter(failingWriter{full}, canon.Indented)
	w.BeginArray()
	for i := range 100_000 {
		w.Value(fmt.Sprint("row ", i))
	}
	w.End()
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("Close = %v, want %v", err, full)
	}
}
