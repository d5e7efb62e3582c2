package schema

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/rtgen/rtgen/registries"
)

// schema is one, compiled.
type schema struct {
	root *jsonschema.Schema
	// Of a registry: the key its entries stand under, and the schemas of their
	// keys and of themselves.
	entries    string
	key, entry *jsonschema.Schema
}

const (
	versionPrefix = "runtime-tools."
	idPrefix      = "urn:rtgen:schema:"
	fileSuffix    = ".schema.json"
)

// schemas are all of them by schema_version.
var schemas = sync.OnceValues(func() (map[string]*schema, error) {
	docs, err := sources()
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(nowhere{})
	c.RegisterVocabulary(keyNames)
	c.AssertVocabs()
	for id, doc := range docs {
		if err := c.AddResource(id, doc); err != nil {
			return nil, err
		}
	}
	all := map[string]*schema{}
	for id, doc := range docs {
		s := new(schema)
		if s.root, err = c.Compile(id); err != nil {
			return nil, err
		}
		for _, key := range []string{"probes", "profiles"} {
			part, _ := lookup(doc, "/properties/"+key).(map[string]any)
			if part["propertyNames"] == nil {
				continue
			}
			s.entries = key
			at := id + "#/properties/" + key
			if s.key, err = c.Compile(at + "/propertyNames"); err != nil {
				return nil, err
			}
			if s.entry, err = c.Compile(at + "/additionalProperties"); err != nil {
				return nil, err
			}
		}
		all[version(id, doc)] = s
	}
	return all, nil
})

// version is the schema_version of the documents that a schema is for. Documents
// that have none go by the schema's own name.
func version(id string, doc any) string {
	if rule, ok := lookup(doc, "/properties/schema_version").(map[string]any); ok {
		if version, ok := rule["const"].(string); ok {
			return version
		}
	}
	return versionPrefix + strings.TrimPrefix(id, idPrefix)
}

// sources are the schema documents by $id.
var sources = sync.OnceValues(func() (map[string]any, error) {
	files, err := fs.Glob(registries.FS, "schemas/*"+fileSuffix)
	if err != nil {
		return nil, err
	}
	docs := map[string]any{}
	for _, file := range files {
		data, err := registries.FS.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var doc map[string]any
		if err := json.Unmarshal(data, &doc); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		id, _ := doc["$id"].(string)
		docs[id] = doc
	}
	return docs, nil
})

// nowhere loads nothing: the schemas are all in the program.
type nowhere struct{}

func (nowhere) Load(url string) (any, error) {
	return nil, fmt.Errorf("schema %s is not one of the program's, and none is fetched", url)
}

// rule is the part of a schema document that a location names, such as
// "urn:rtgen:schema:plan.v0.1#/$defs/id".
func rule(location string) map[string]any {
	docs, err := sources()
	if err != nil {
		return nil
	}
	id, fragment, _ := strings.Cut(location, "#")
	if fragment, err = url.PathUnescape(fragment); err != nil {
		return nil
	}
	found, _ := lookup(docs[id], fragment).(map[string]any)
	return found
}

// lookup is what a pointer through objects and arrays leads to; nil is nothing.
func lookup(v any, pointer string) any {
	list, _ := tokens(pointer)
	for _, token := range list {
		switch at := v.(type) {
		case map[string]any:
			v = at[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	return v
}
