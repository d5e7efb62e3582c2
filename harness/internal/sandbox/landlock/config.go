package landlock

import (
	"path/filepath"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// Config is one profile text in the landlockconfig format, checked: its names
// are rights, its groups are resolved, its variables are not yet.
type Config struct {
	File  string   // as given to Parse; of a composition, the first text's
	Texts []string // the files of a composition; nil for one text
	ABI   int      // as declared, 0 when it is not

	// What the text says it handles. Resolve adds what its rules use.
	HandledFS  AccessFS
	HandledNet AccessNet
	Scoped     Scope

	Variables map[string][]string // each a sorted set, empty when the text gives no value
	Paths     []PathGrant         // in the order of the text
	Ports     []PortGrant         // in the order of the text

	// Lines of what a finding may be about; 0 where the text has none.
	ABILine, HandledLine int
	Defined              map[string]Place // each variable's first definition

	// Remarks are words of the text that do nothing.
	Remarks []Finding
}

// Place is where something stands. Texts that are composed keep theirs.
type Place struct {
	File string
	Line int
}

// PathGrant is one parent of a rule.
type PathGrant struct {
	Parent Template
	Access AccessFS
	Place
}

// PortGrant is one port of a rule.
type PortGrant struct {
	Port   uint64
	Access AccessNet
	Place
}

// ObservationVariables are the variables that every observation sets anew: the
// run's scratch folder, and the home and workspace in it. A text may use them
// and may not define them.
var ObservationVariables = []string{"scratch", "home", "workspace"}

// FileError is all the faults of one profile text.
type FileError struct {
	File   string
	Faults jsondoc.Faults
}

// Error has one line per fault, each "file:line: message".
func (e *FileError) Error() string {
	lines := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		if f.Line > 0 {
			lines[i] = e.File + ":" + f.String()
		} else {
			lines[i] = e.File + ": " + f.String()
		}
	}
	return strings.Join(lines, "\n")
}

// maxText is far more than any policy a person wrote.
const maxText = 1 << 20

// Parse reads a profile text; file names it in errors and its extension tells
// the syntax: TOML for .toml, JSON for any other. The error is a [FileError] with every fault.
func Parse(file string, data []byte) (*Config, error) {
	return ParseAs(file, data, strings.EqualFold(filepath.Ext(file), ".toml"))
}

// ParseAs is Parse of a text whose syntax is known: TOML, or else JSON.
func ParseAs(file string, data []byte, toml bool) (*Config, error) {
	var faults jsondoc.Faults
	var src source
	if toml {
		src = readTOML(data, &faults)
	} else {
		src = readJSON(data, &faults)
	}
	c := src.config(file)
	if len(faults) > 0 {
		faults.Sort()
		return nil, &FileError{File: file, Faults: faults}
	}
	return c, nil
}
