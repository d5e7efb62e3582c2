package schema

import (
	"encoding/json"
	"iter"
	"math"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// tree is a value as the validator takes it.
func (d *document) tree(v jsondoc.Value) any {
	switch v.Kind() {
	case jsondoc.Bool:
		return v.Bool()
	case jsondoc.Number:
		return number(v.Source())
	case jsondoc.String:
		return v.Text()
	case jsondoc.Array:
		items := v.Items()
		list := make([]any, len(items))
		for i, item := range items {
			d.at = append(d.at, strconv.Itoa(i))
			list[i] = d.tree(item)
			d.at = d.at[:len(d.at)-1]
		}
		return list
	case jsondoc.Object:
		object := map[string]any{}
		for key, member := range d.members(v) {
			d.at = append(d.at, key)
			object[key] = d.tree(member)
			d.at = d.at[:len(d.at)-1]
		}
		return object
	}
	return nil
}

// members are an object's. A key that stands twice is a finding: as a map, the
// object would hide it.
func (d *document) members(v jsondoc.Value) iter.Seq2[string, jsondoc.Value] {
	before := len(*d.faults)
	o := v.Object()
	for _, fault := range (*d.faults)[before:] {
		d.found = append(d.found, Finding{ID: pointer(d.at), Line: fault.Line, Msg: fault.ID + ": " + fault.Msg})
	}
	*d.faults = (*d.faults)[:before]
	return o.All()
}

// number keeps short integers exact. The validator would work with all digits
// of any other number, and an exponent makes many.
func number(text string) any {
	if len(text) <= 64 && !strings.ContainsAny(text, ".eE") {
		return json.Number(text)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		f = math.Copysign(math.MaxFloat64, f)
	}
	return f
}
