package harness

import (
	"bytes"
	"encoding/json"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// What probes and profiles, the entries of a registry, have in common.

// readKey checks the key an entry stands under.
func readKey(id string, v jsondoc.Value) {
	if problem := idProblem(id); problem != "" {
		v.Faultf("id %s", problem)
	}
}

// readOwnID reads the id an entry gives itself, which must be its key.
func readOwnID(key string, v jsondoc.Value) string {
	id := v.Text()
	if v.Kind() == jsondoc.String && id != key {
		v.Faultf("is %q, but its key is %q; make them equal", id, key)
	}
	return id
}

// readWorld reads an envelope's world_id; empty when there is none.
func readWorld(v jsondoc.Value) string {
	if v = v.OrNull(); !v.Present() {
		return ""
	}
	return readID(v)
}

// readTexts reads a list of strings; an absent one is empty.
func readTexts(v jsondoc.Value) []string {
	if texts := v.Texts(); texts != nil {
		return texts
	}
	return []string{}
}

// schemaGate refuses what a file's schema does not have yet. It says so once:
// one changed line settles it for the whole file.
type schemaGate struct {
	schema      jsondoc.Value
	old, needed string
	told        bool
}

func (g *schemaGate) needs(v jsondoc.Value) {
	if g.told || g.schema.Kind() != jsondoc.String || g.schema.Text() != g.old {
		return
	}
	g.told = true
	v.Faultf("needs schema_version %q; change it on line %d", g.needed, g.schema.Line())
}

// marshalByID writes entries as an object keyed by id, in order.
func marshalByID[T any](entries []*T, id func(*T) string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, e := range entries {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(id(e))
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
