package analysis

import (
	"io"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

var (
	ReplaceFile = replaceFile
	TraceKeys   = traceKeys
	ParseLinks  = parseLinks
	TraceLine   = traceLine
	ReadTrace   = readTrace
)

// reader reads a document from a stream that no file is behind.
func reader[T any](read func(*T, *artifact.Reader) error) func(io.Reader) (*T, error) {
	return func(r io.Reader) (*T, error) {
		doc := new(T)
		return doc, readDocument(r, func(d *artifact.Reader) error { return read(doc, d) })
	}
}

var (
	ReadScenarios   = reader((*Scenarios).read)
	ReadOps         = reader((*OpSummary).read)
	ReadStory       = reader((*Story).read)
	ReadEventsIndex = reader((*EventsIndex).read)
	ReadIndexes     = reader((*Indexes).read)
	ReadManifest    = reader((*CutManifest).read)
	ReadDivergences = reader((*Divergences).read)
)
