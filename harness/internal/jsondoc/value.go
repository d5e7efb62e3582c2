package jsondoc

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Value is one JSON value and where it stands. The zero Value is absent: it
// reads as zero and reports nothing.
type Value struct {
	doc   *document
	res   token
	at    int    // offset of the value, or of its key
	id    string // given by Named
	path  string // of the parent, below id
	key   string // in the parent object
	index int    // in the parent array, or isMember or isRoot
}

// token is the part of a gjson.Result that reading needs, which is a third of
// it: what a string stands for is read from its text again.
type token struct {
	Raw   string
	Index int
	Kind  Kind
}

func tokenOf(r gjson.Result) token {
	kind := Null
	switch r.Type {
	case gjson.False, gjson.True:
		kind = Bool
	case gjson.Number:
		kind = Number
	case gjson.String:
		kind = String
	case gjson.JSON:
		kind = Object
		if r.Raw[0] == '[' {
			kind = Array
		}
	}
	return token{r.Raw, r.Index, kind}
}

// text is what the text of a string stands for.
func (t token) text() string {
	if strings.IndexByte(t.Raw, '\\') < 0 {
		return t.Raw[1 : len(t.Raw)-1]
	}
	return gjson.Parse(t.Raw).Str
}

// forEach calls f with the members of an object or the items of an array.
func (t token) forEach(f func(key, value gjson.Result)) {
	r := gjson.Result{Type: gjson.JSON, Raw: t.Raw, Index: t.Index}
	r.ForEach(func(key, value gjson.Result) bool {
		f(key, value)
		return true
	})
}

const (
	isRoot   = -1 // no parent, or one that no longer matters since Named
	isMember = -2
)

// Kind is the value's type, None when it is absent.
func (v Value) Kind() Kind {
	if v.doc == nil {
		return None
	}
	return v.res.Kind
}

// Present reports whether there is a value.
func (v Value) Present() bool { return v.doc != nil }

// Line is the line the value, or the key before it, stands on; 0 when absent.
func (v Value) Line() int {
	if v.doc == nil {
		return 0
	}
	return v.doc.line(v.at)
}

// Named gives the value a name for faults in it and beneath it, such as
// `probe "x"`; paths in faults start anew from here.
func (v Value) Named(id string) Value {
	v.id, v.path, v.index = id, "", isRoot
	return v
}

// OrNull makes null count as absent.
func (v Value) OrNull() Value {
	if v.Kind() == Null {
		return Value{}
	}
	return v
}

// Faultf reports that something is wrong with the value.
func (v Value) Faultf(format string, args ...any) { v.FaultAs("", format, args...) }

// FaultAs reports a fault of a kind.
func (v Value) FaultAs(code, format string, args ...any) { v.FaultOf(code, "", format, args...) }

// FaultOf reports a fault of a kind about an operand.
func (v Value) FaultOf(code, operand, format string, args ...any) {
	if v.doc == nil {
		return
	}
	id, where := v.id, v.where()
	switch {
	case id == "":
		id = where
	case where != "":
		format = "%s: " + format
		args = append([]any{where}, args...)
	}
	v.doc.faults.AddCode(code, v.Line(), id, format, args...)
	(*v.doc.faults)[len(*v.doc.faults)-1].Operand = operand
}

// where is the path from the name, or from the root, to the value.
func (v Value) where() string {
	switch {
	case v.index == isRoot:
		return ""
	case v.index >= 0:
		return v.path + "[" + strconv.Itoa(v.index) + "]"
	case !isWord(v.key):
		return v.path + "[" + strconv.Quote(v.key) + "]"
	case v.path != "":
		return v.path + "." + v.key
	}
	return v.key
}

// isWord reports whether a key can stand in a path without quotes.
func isWord(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && c != '-' && c != '$' && !('0' <= c && c <= '9') && !('a' <= c|0x20 && c|0x20 <= 'z') {
			return false
		}
	}
	return true
}

// is reports whether the value is of kind k; a value of another kind is a fault.
func (v Value) is(k Kind) bool {
	got := v.Kind()
	if got != k && got != None {
		code := CodeType
		if k == Object {
			code = CodeNoObject
		}
		v.FaultAs(code, "want %v, got %v", k, got)
	}
	return got == k
}

// Text reads a string.
func (v Value) Text() string {
	if !v.is(String) {
		return ""
	}
	return v.res.text()
}

// Bool reads a boolean.
func (v Value) Bool() bool { return v.is(Bool) && v.res.Raw == "true" }

// Int reads an integer written without point or exponent.
func (v Value) Int() int {
	if !v.is(Number) {
		return 0
	}
	n, err := strconv.Atoi(v.res.Raw)
	if err != nil {
		v.FaultAs(CodeType, "want an integer of at most 64 bits, got %s", v.res.Raw)
		return 0
	}
	return n
}

// Items reads an array.
func (v Value) Items() []Value {
	if !v.is(Array) {
		return nil
	}
	path := v.where()
	var items []Value
	v.res.forEach(func(_, item gjson.Result) {
		items = append(items, Value{doc: v.doc, res: tokenOf(item), at: item.Index, id: v.id, path: path, index: len(items)})
	})
	return items
}

// Texts reads an array of strings; the result is nil only when the value is
// absent or no array.
func (v Value) Texts() []string {
	if !v.is(Array) {
		return nil
	}
	texts := []string{}
	i := 0
	v.res.forEach(func(_, item gjson.Result) {
		if item.Type == gjson.String {
			texts = append(texts, item.Str)
		} else {
			Value{doc: v.doc, res: tokenOf(item), at: item.Index, id: v.id, path: v.where(), index: i}.is(String)
		}
		i++
	})
	return texts
}

// Enum reads a string that is one of words.
func Enum[T ~string](v Value, words ...T) T {
	text := v.Text()
	if v.Kind() != String {
		return ""
	}
	quoted := make([]string, len(words))
	for i, w := range words {
		if text == string(w) {
			return w
		}
		quoted[i] = strconv.Quote(string(w))
	}
	v.FaultAs(CodeEnum, "want %s, got %q", orList(quoted), text)
	return ""
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Source is the value's text as it stands in the document.
func (v Value) Source() string { return strings.TrimSpace(v.res.Raw) }

// Raw is the value's text, as written. Keys that stand twice anywhere beneath
// are faults.
func (v Value) Raw() json.RawMessage {
	if v.doc == nil {
		return nil
	}
	v.proveKeys()
	return json.RawMessage(strings.TrimSpace(v.res.Raw))
}

func (v Value) proveKeys() {
	switch v.Kind() {
	case Array:
		for _, item := range v.Items() {
			item.proveKeys()
		}
	case Object:
		for _, member := range v.Object().All() {
			member.proveKeys()
		}
	}
}
