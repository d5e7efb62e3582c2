package artifact

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Decode reads the one JSON document in data into v, a pointer. Keys that v does not know are a newer minor
// version's and pass. What encoding/json would read one way and another reader
// another is refused: a key that comes twice or differs from a known one in case
// only, text that is not UTF-8, half a surrogate pair, data after the document,
// and for a struct, a map or a slice whatever is no object or array, null among
// them.
func Decode(data []byte, v any) error {
	t := reflect.TypeOf(v).Elem()
	if err := canon.Check(data, shapeOf(t)); err != nil {
		return err
	}
	text := bytes.TrimLeft(data, " \t\r\n")
	switch reflect.Zero(t).Interface().(type) {
	case json.RawMessage, value:
	case members:
		if text[0] != '{' {
			return fmt.Errorf("want an object, not %.20q", text)
		}
	default:
		switch k := t.Kind(); {
		case (k == reflect.Struct || k == reflect.Map) && text[0] != '{':
			return fmt.Errorf("want an object, not %.20q", text)
		case k == reflect.Slice && text[0] != '[':
			return fmt.Errorf("want an array, not %.20q", text)
		}
	}
	err := json.Unmarshal(data, v)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		// What an Ordered holds has no field, and its key stands before the error.
		where := cmp.Or(wrong.Field, strings.TrimSuffix(strings.TrimSuffix(err.Error(), wrong.Error()), ": "))
		return fmt.Errorf("%s is %.80s, want %s", where, wrong.Value, kindOf(wrong.Type))
	}
	return err
}

// kindOf is what JSON calls the type.
func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return "a whole number that fits"
}

// members is what tells an Ordered from other slices.
type members interface{ memberType() reflect.Type }

func (Ordered[T]) memberType() reflect.Type { return reflect.TypeFor[T]() }

// value is what tells an Opt from other structs.
type value interface{ valueType() reflect.Type }

func (Opt[T]) valueType() reflect.Type { return reflect.TypeFor[T]() }

var shapes sync.Map // reflect.Type to *canon.Shape

// shapeOf gives the keys that decoding into t knows. Types are trees: none of a
// document holds itself.
func shapeOf(t reflect.Type) *canon.Shape {
	if known, ok := shapes.Load(t); ok {
		return known.(*canon.Shape)
	}
	shape := makeShape(t)
	shapes.Store(t, shape)
	return shape
}

func makeShape(t reflect.Type) *canon.Shape {
	switch zero := reflect.Zero(t).Interface().(type) {
	case members:
		return &canon.Shape{Each: shapeOf(zero.memberType())}
	case value:
		return shapeOf(zero.valueType())
	case json.RawMessage:
		return nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shapeOf(t.Elem())
	case reflect.Slice, reflect.Map:
		return &canon.Shape{Each: shapeOf(t.Elem())}
	case reflect.Struct:
		keys := map[string]*canon.Shape{}
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
				continue
			}
			if name == "" {
				name = f.Name
			}
			keys[name] = shapeOf(f.Type)
		}
		return canon.NewShape(keys)
	}
	return nil
}

// maxID is longer than any id and any path the kernel takes.
const maxID = 4096

// CheckID refuses text that may not be used as a key or shown to people: empty,
// without end, or with characters that do not print. What names the id in the
// error.
func CheckID(what, id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%s is empty", what)
	case len(id) > maxID:
		return fmt.Errorf("%s %.40q… has %d bytes, more than %d", what, id, len(id), maxID)
	case !Clean(id):
		return fmt.Errorf("%s %.140q has characters that do not print", what, id)
	}
	return nil
}

// Clean reports whether all of text prints on one line and is itself: U+FFFD may
// stand for anything.
func Clean(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
