package analysis

import (
	"bytes"
	"cmp"
	"encoding/json"
	"testing"
)

// Whatever matrix is taken, what was read of its golden profiles is what a reader
// that holds the whole document finds.
func FuzzGoldenMatrix(f *testing.F) {
	for _, doc := range []string{
		`{"world_id": "w", "profiles": {"a": {"blob": "sb/a.sb", "mode": "sbpl", "family": null, "probes": [{"name": "x"}, {"name": "y"}]}, "b": {"blob": "b.bin", "mode": "blob", "probes": []}}}`,
		`{"profiles": {"other": {"blob": "o"}, "b": {"probes": [], "blob": "b.sb", "mode": null}, "a": {}}}`,
		`{"world_id": "v", "profiles": {}}`, `{"profiles": {"a": {"blob": 1}}}`, `{"profiles": {"a": {}, "a": {}}}`, `{"profiles": {"a": {}, "b": {}}} {}`, `{}`, `[]`, ``,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		g := &Golden{o: GoldenOptions{Keys: []string{"a", "b"}}, worldID: "w"}
		if err := g.keys(); err != nil {
			t.Fatal(err)
		}
		if g.readMatrix(bytes.NewReader(doc)) != nil {
			return
		}
		var plain struct {
			World    string `json:"world_id"`
			Profiles map[string]struct {
				Blob string `json:"blob"`
				Mode string `json:"mode"`
			} `json:"profiles"`
		}
		if err := json.Unmarshal(doc, &plain); err != nil {
			t.Fatalf("read, and is no matrix: %v", err)
		}
		if plain.World != "" && plain.World != "w" {
			t.Errorf("a matrix of world %q was taken", plain.World)
		}
		for _, p := range g.profiles {
			want, ok := plain.Profiles[p.key]
			if !ok || p.blob != want.Blob || p.mode != cmp.Or(want.Mode, modeSBPL) {
				t.Errorf("%s: blob %q, mode %q; want %+v, %t", p.key, p.blob, p.mode, want, ok)
			}
		}
	})
}
