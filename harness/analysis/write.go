package analysis

import (
	"io"
	"reflect"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// writeDocument writes an indented document to a file, which is replaced as a
// whole or not at all.
func writeDocument(file string, write func(*artifact.Writer)) error {
	return replaceFile(file, func(out io.Writer) error {
		w := artifact.NewWriter(out, artifact.Indented)
		write(w)
		return w.Close()
	})
}

// writeObject writes a large object entry by entry.
func writeObject[T any](w *artifact.Writer, o artifact.Ordered[T]) {
	w.BeginObject()
	for _, m := range o {
		w.Key(m.Key)
		w.Value(m.Value)
	}
	w.End()
}

// writeOps writes a document that is operations, whose records have long lists.
func writeOps[T any](file string, meta Meta, ops artifact.Ordered[*T]) error {
	return writeDocument(file, func(w *artifact.Writer) {
		w.BeginObject()
		w.Key("meta")
		w.Value(meta)
		w.Key("ops")
		w.BeginObject()
		for _, m := range ops {
			w.Key(m.Key)
			writeRecord(w, m.Value)
		}
		w.End()
		w.End()
	})
}

// writeRecord writes a struct as Value does, and its lists element by element:
// an operation may have as many scenarios as there are.
func writeRecord[T any](w *artifact.Writer, record *T) {
	v := reflect.ValueOf(record).Elem()
	w.BeginObject()
	for i := range v.NumField() {
		field := v.Field(i)
		key, option, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		list := field.Kind() == reflect.Slice && field.Type().Elem().Kind() != reflect.Uint8
		if option == "omitempty" && (field.IsZero() || list && field.Len() == 0) {
			continue
		}
		w.Key(key)
		if !list || field.IsNil() {
			w.Value(field.Interface())
			continue
		}
		w.BeginArray()
		for j := range field.Len() {
			w.Value(field.Index(j).Interface())
		}
		w.End()
	}
	w.End()
}
