package harness

import "github.com/rtgen/rtgen/harness/internal/sandbox/seatbelt"

// hostCompiler is macOS's own compiler of profiles.
func hostCompiler() SBPLCompiler { return libraryCompiler{} }

type libraryCompiler struct{}

// CompileSBPL compiles the bytes that were read, not what the file holds by now; so
// a text is found that it imports from among macOS's own, and none beside it.
func (libraryCompiler) CompileSBPL(_ string, text []byte) ([]byte, error) {
	return seatbelt.Compile(string(text), nil)
}
