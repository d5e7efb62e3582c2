package harness

import "github.com/rtgen/rtgen/harness/analysis"

// The nouns of golden artifacts; see WriteGolden.
type (
	GoldenOptions = analysis.GoldenOptions
	GoldenFiles   = analysis.GoldenFiles
	SBPLCompiler  = analysis.SBPLCompiler
	BlobDecoder   = analysis.BlobDecoder
	DecodedBlob   = analysis.DecodedBlob
	NoToolError   = analysis.NoToolError
)

// WriteGolden writes what Seatbelt profiles that are known for what they hold are
// compiled, decoded, and seen to do. Without a compiler that of the host is taken,
// which macOS has. What is wrong with the inputs is an input error; after it comes a
// *NoToolError where a compiler or decoder is needed and there is none. Nothing is
// written in either case.
func WriteGolden(o GoldenOptions) (*GoldenFiles, error) {
	if o.Compiler == nil {
		o.Compiler = hostCompiler()
	}
	g, err := analysis.LoadGolden(o)
	if err != nil {
		return nil, &InputError{err}
	}
	return g.Write()
}
