package canon

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Writer streams one document in a style, so that a document of many rows is
// never held whole, neither as Go values nor as bytes. Rows are laid out as
// Marshal would lay them out at their place. The first error sticks; Close
// returns it, and a caller that ignores Close has no document.
//
// Writer cannot sort what it has already written: in sorted styles the keys
// given to Key must come in code point order, and it refuses them otherwise.
type Writer struct {
	w     io.Writer
	lay   layout
	t     transcoder
	open  []level
	keyed bool // a key waits for its value
	done  bool // the top value is complete
	err   error
}

type level struct {
	object bool
	count  int
	last   []byte // previous key, decoded
}

// flushAt bounds how much is held before it is handed to the io.Writer.
const flushAt = 64 << 10

// NewWriter starts a document on w.
func NewWriter(w io.Writer, style Style) *Writer {
	lay, err := style.layout()
	return &Writer{w: w, lay: lay, t: transcoder{layout: lay}, err: err}
}

// BeginObject opens an object, as the document or as the next value.
func (w *Writer) BeginObject() { w.begin(true) }

// BeginArray opens an array, as the document or as the next value.
func (w *Writer) BeginArray() { w.begin(false) }

func (w *Writer) begin(object bool) {
	if !w.place() {
		return
	}
	c := byte('[')
	if object {
		c = '{'
	}
	w.t.dst = append(w.t.dst, c)
	w.open = append(w.open, level{object: object})
}

// Key writes the name of the next value; it is only legal in an object.
func (w *Writer) Key(name string) {
	if w.err != nil {
		return
	}
	if len(w.open) == 0 || !w.open[len(w.open)-1].object || w.keyed {
		w.err = fmt.Errorf("canon: key %q has no place here", name)
		return
	}
	top := &w.open[len(w.open)-1]
	w.separate(top)
	at := len(w.t.dst)
	if !w.append(name) {
		return
	}
	if w.lay.sorted {
		key := unescape(w.t.dst[at+1 : len(w.t.dst)-1])
		if top.count > 1 && bytes.Compare(top.last, key) >= 0 {
			w.err = fmt.Errorf("canon: key %q does not come after %q", key, top.last)
			return
		}
		top.last = key
	}
	w.t.dst = append(w.t.dst, w.lay.colon...)
	w.keyed = true
}

// Value writes v as the document, the value of the last key, or the next
// element.
func (w *Writer) Value(v any) {
	if !w.place() || !w.append(v) {
		return
	}
	w.done = len(w.open) == 0
	if len(w.t.dst) >= flushAt {
		w.flush()
	}
}

// End closes the innermost object or array.
func (w *Writer) End() {
	if w.err != nil {
		return
	}
	if len(w.open) == 0 || w.keyed {
		w.err = errors.New("canon: nothing to end here")
		return
	}
	top := w.open[len(w.open)-1]
	w.open = w.open[:len(w.open)-1]
	if w.lay.indent && top.count > 0 {
		w.t.dst = appendIndent(w.t.dst, len(w.open))
	}
	if top.object {
		w.t.dst = append(w.t.dst, '}')
	} else {
		w.t.dst = append(w.t.dst, ']')
	}
	w.done = len(w.open) == 0
}

// Close finishes the document. It does not close the io.Writer.
func (w *Writer) Close() error {
	if w.err == nil && !w.done {
		w.err = errors.New("canon: document closed before it was complete")
	}
	if w.err == nil && w.lay.newline {
		w.t.dst = append(w.t.dst, '\n')
	}
	w.flush()
	return w.err
}

// place readies the output for a value and reports whether there may be one.
func (w *Writer) place() bool {
	switch {
	case w.err != nil:
	case w.done:
		w.err = errors.New("canon: a document has one value")
	case len(w.open) == 0:
	case w.open[len(w.open)-1].object:
		if !w.keyed {
			w.err = errors.New("canon: value in an object without a key")
		}
		w.keyed = false
	default:
		w.separate(&w.open[len(w.open)-1])
	}
	return w.err == nil
}

func (w *Writer) separate(top *level) {
	if top.count > 0 {
		w.t.dst = append(w.t.dst, w.lay.comma...)
	}
	if w.lay.indent {
		w.t.dst = appendIndent(w.t.dst, len(w.open))
	}
	top.count++
}

func (w *Writer) append(v any) bool {
	buf := scratch.Get().(*bytes.Buffer)
	defer putScratch(buf)
	if w.err = encode(buf, v); w.err != nil {
		return false
	}
	w.t.src, w.t.pos, w.t.depth, w.t.base = buf.Bytes(), 0, 0, len(w.open)
	w.t.members = w.t.members[:0]
	w.err = w.t.document()
	return w.err == nil
}

func (w *Writer) flush() {
	if w.err == nil {
		_, w.err = w.w.Write(w.t.dst)
	}
	w.t.dst = w.t.dst[:0]
}
