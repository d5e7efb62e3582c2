package analysis

import (
	"encoding/json"
	"testing"

	"github.com/rtgen/rtgen/registries"
)

// A vocabulary that is read has every operation it lists, once: each by its name,
// with the id that its entry has.
func FuzzVocabulary(f *testing.F) {
	for _, file := range []string{"vocab/linux_ops.json", "vocab/seatbelt_ops.json"} {
		data, err := registries.FS.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, doc := range []string{
		`{"metadata": {"status": "ok"}, "ops": [{"id": 7, "name": "signal", "source": "there"}, {"id": 0, "name": "default"}]}`,
		`{"ops": [{"name": "a", "id": 0, "aliases": ["b"]}, {"name": "b", "id": 1}]}`,
		`{"ops": [{"name": "a", "id": 1e0}]}`, `{"ops": [{"name": "a", "id": -0}]}`, `{"ops": null}`, `{"schema_version": "x.v1.0", "ops": []}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := readVocabulary("ops.json", doc)
		if err != nil {
			return
		}
		var plain struct {
			Ops []struct {
				Name string `json:"name"`
				ID   int    `json:"id"`
			} `json:"ops"`
		}
		if err := json.Unmarshal(doc, &plain); err != nil {
			t.Fatalf("read, and is no vocabulary: %v", err)
		}
		ids := map[int]bool{}
		for _, o := range plain.Ops {
			id, ok := v.ID(o.Name)
			if !ok || id != o.ID || ids[id] || v.Check(o.Name) != nil || !json.Valid(v.Entry(o.Name)) {
				t.Errorf("%q: id %d, %t, entry %s; want %d once", o.Name, id, ok, v.Entry(o.Name), o.ID)
			}
			ids[id] = true
		}
		if len(ids) == 0 {
			t.Error("read, and has no operation")
		}
	})
}
