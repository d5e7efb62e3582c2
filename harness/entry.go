package harness

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// What probes and profiles, the entries of a registry, have in common.

// readKey checks the key an entry stands under.
func readKey(id string, v jsondoc.Value, problem func(string) string) {
	if problem := problem(id); problem != "" {
		v.FaultAs(codeBadID, "id %s", problem)
	}
}

// readSchema reads the schema_version of a file; code is for one we do not read.
func readSchema(v jsondoc.Value, code string, versions ...string) string {
	text := v.Text()
	if v.Kind() == jsondoc.String && !slices.Contains(versions, text) {
		hint := ""
		if strings.HasSuffix(text, ".v0.1") {
			hint = "; rtgen registry-upgrade makes it " + versions[0]
		}
		v.FaultAs(code, "want \"%s\", got %q%s", strings.Join(versions, `" or "`), text, hint)
	}
	return text
}

// readOwnID reads the id an entry gives itself, which must be its key, and gives
// the key: it is what others refer to.
func readOwnID(key string, v jsondoc.Value) string {
	id := v.Text()
	if v.Kind() == jsondoc.String && id != key {
		v.FaultAs(codeIDMismatch, "is %q, but its key is %q; make them equal", id, key)
	}
	return key
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
	v.FaultAs(codeNeedsV03, "needs schema_version %q; change it on line %d", g.needed, g.schema.Line())
}

// envelope is where a file of a registry says what it is part of: the lines of
// its registry_id and its world_id.
type envelope struct {
	file            string
	registry, world int
}

// unread says whether a file is of a version that we do not read: what it has
// and lacks is then not worth saying.
func unread(schema jsondoc.Value, versions ...string) bool {
	return schema.Kind() == jsondoc.String && !slices.Contains(versions, schema.Text())
}

// completeOperands of an entry's faults: each starts with the registry and the
// entry.
func completeOperands(faults jsondoc.Faults, registry, entry string) {
	for i := range faults {
		f := &faults[i]
		if f.Operand != "" {
			f.Operand = ":" + f.Operand
		}
		f.Operand = registry + ":" + entry + f.Operand
	}
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
