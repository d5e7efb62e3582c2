package schema

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// validate adds a finding for each cause of a value not being what a schema
// says; d.at is where the value stands.
func (d *document) validate(s *jsonschema.Schema, v any) {
	var e *jsonschema.ValidationError
	if errors.As(s.Validate(v), &e) {
		d.causes(e, v)
	}
}

// validateKey is validate for a key, which stands where its value does.
func (d *document) validateKey(s *jsonschema.Schema, key string) {
	var e *jsonschema.ValidationError
	if !errors.As(s.Validate(key), &e) {
		return
	}
	for _, msg := range keyMessages(e, key) {
		d.add(pointer(d.at), msg)
	}
}

func keyMessages(e *jsonschema.ValidationError, key string) []string {
	var about document
	about.causes(e, key)
	msgs := make([]string, len(about.found))
	for i, f := range about.found {
		msgs[i] = "key " + f.Msg
	}
	return msgs
}

// causes walks down to what is wrong: what is above only says which rule led
// there.
func (d *document) causes(e *jsonschema.ValidationError, root any) {
	at := pointer(d.at) + pointer(e.InstanceLocation)
	switch k := e.ErrorKind.(type) {
	case *kind.PropertyNames:
		if isLost(e) {
			return
		}
		for _, cause := range e.Causes {
			for _, msg := range keyMessages(cause, k.Property) {
				d.add(at+pointer([]string{k.Property}), msg)
			}
		}
		return
	case *kind.Required:
		for _, key := range k.Missing {
			d.add(at, fmt.Sprintf("key %q is missing; add it", key))
		}
		return
	case *kind.AdditionalProperties:
		known, _ := rule(e.SchemaURL)["properties"].(map[string]any)
		for _, key := range k.Properties {
			d.add(at+pointer([]string{key}), unknownKey(key, slices.Sorted(maps.Keys(known))))
		}
		return
	case *kind.UniqueItems:
		d.add(at+"/"+strconv.Itoa(k.Duplicates[1]), fmt.Sprintf("stands twice, first as item %d; keep one", k.Duplicates[0]))
		return
	}
	if len(e.Causes) == 0 {
		d.add(at, message(e, lookup(root, pointer(e.InstanceLocation))))
	}
	for _, cause := range e.Causes {
		d.causes(cause, root)
	}
}

// message says what is wrong with a value. A rule with a $comment has its own
// words for it.
func message(e *jsonschema.ValidationError, value any) string {
	if words, ok := rule(e.SchemaURL)["$comment"].(string); ok {
		if text, ok := value.(string); ok {
			return fmt.Sprintf("%q %s", text, words)
		}
		return words
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Type:
		return "want " + orList(typeNames(k.Want)) + ", got " + typeName(k.Got)
	case *kind.Enum:
		return "want " + orList(quoted(k.Want)) + ", got " + shown(value)
	case *kind.Const:
		return "want " + shown(k.Want) + ", got " + shown(value)
	case *kind.MinLength:
		return `"" is empty; fill it in`
	}
	return fmt.Sprintf("is not what the schema says at %s", e.SchemaURL)
}

func unknownKey(key string, known []string) string {
	if near := nearest.Within(key, known, min(2, len(key)/2)); near != "" {
		return fmt.Sprintf("unknown key; did you mean %q?", near)
	}
	return "unknown key; remove it, the keys here are " + strings.Join(known, ", ")
}

// typeNames puts null last, where a reader expects the exception.
func typeNames(types []string) []string {
	names := make([]string, 0, len(types))
	for _, t := range types {
		if t != "null" {
			names = append(names, typeName(t))
		}
	}
	if len(names) < len(types) {
		names = append(names, "null")
	}
	return names
}

func typeName(t string) string {
	switch t {
	case "null":
		return t
	case "array", "object", "integer":
		return "an " + t
	}
	return "a " + t
}

func quoted(values []any) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = shown(v)
	}
	return list
}

// shown is a value as a message says it.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(v)
	case bool:
		return "a boolean"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	}
	return "a number"
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
