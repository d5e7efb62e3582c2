package artifact

import (
	"io"

	"github.com/rtgen/rtgen/harness/internal/canon"
)

// Style is one of the byte layouts of the wire formats: ASCII only, `<`, `>`,
// `&` and `/` left alone.
type Style = canon.Style

// The styles that documents made from bundles are in.
const (
	Indented       = canon.Indented       // indent 2, keys in the order they are in, no newline at the end
	IndentedSorted = canon.IndentedSorted // the same, keys sorted
	Line           = canon.Line           // one line, keys in the order they are in, a newline at the end
	TightSorted    = canon.TightSorted    // one line without spaces, keys sorted, no newline
)

// Float is a number that is written with its point, 1.0 and not 1.
type Float = canon.Float

// Writer streams one document in a style; see NewWriter.
type Writer = canon.Writer

// Encode lays a value out in a style.
func Encode(v any, style Style) ([]byte, error) { return canon.Marshal(v, style) }

// NewWriter starts a document on w that is too large to be held whole: values
// are written at their place as Encode would write them. The first error sticks,
// and Close returns it. In a sorted style keys must come in order.
func NewWriter(w io.Writer, style Style) *Writer { return canon.NewWriter(w, style) }
