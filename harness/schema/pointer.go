package schema

import (
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// pointer writes tokens as RFC 6901 does.
func pointer(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteByte('/')
		b.WriteString(escaper.Replace(token))
	}
	return b.String()
}

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// tokens takes a pointer apart; ok is false for a text that is none.
func tokens(pointer string) (list []string, ok bool) {
	if pointer == "" {
		return nil, true
	}
	if pointer[0] != '/' {
		return nil, false
	}
	for token := range strings.SplitSeq(pointer[1:], "/") {
		if strings.Count(token, "~") != strings.Count(token, "~0")+strings.Count(token, "~1") {
			return nil, false
		}
		list = append(list, unescaper.Replace(token))
	}
	return list, true
}

// Line is the line that the key or the item a pointer names stands on, from 1.
// It is 0 when the document has none, or is no JSON.
func Line(doc []byte, pointer string) int {
	var faults jsondoc.Faults
	root := jsondoc.Parse(doc, jsondoc.MaxSize, &faults)
	return lines(root, []string{pointer})[0]
}

// lines finds the lines of many pointers in one pass.
func lines(root jsondoc.Value, pointers []string) []int {
	found := make([]int, len(pointers))
	var top wanted
	for i, p := range pointers {
		list, ok := tokens(p)
		if !ok {
			continue
		}
		at := &top
		for _, token := range list {
			at = at.below(token)
		}
		at.here = append(at.here, i)
	}
	top.find(root, found)
	return found
}

// wanted is a place in a document that pointers name or lead through.
type wanted struct {
	here []int // the pointers that name it
	next map[string]*wanted
}

func (w *wanted) below(token string) *wanted {
	if w.next == nil {
		w.next = map[string]*wanted{}
	}
	if w.next[token] == nil {
		w.next[token] = new(wanted)
	}
	return w.next[token]
}

func (w *wanted) find(v jsondoc.Value, found []int) {
	for _, i := range w.here {
		found[i] = v.Line()
	}
	if len(w.next) == 0 {
		return
	}
	switch v.Kind() {
	case jsondoc.Object:
		for key, member := range v.Object().All() {
			if next := w.next[key]; next != nil {
				next.find(member, found)
			}
		}
	case jsondoc.Array:
		for i, item := range v.Items() {
			if next := w.next[strconv.Itoa(i)]; next != nil {
				next.find(item, found)
			}
		}
	}
}

// place gives every finding that has no line its own.
func (d *document) place(root jsondoc.Value) {
	pointers := make([]string, len(d.found))
	for i, f := range d.found {
		pointers[i] = f.ID
	}
	for i, line := range lines(root, pointers) {
		if d.found[i].Line == 0 {
			d.found[i].Line = line
		}
	}
}
