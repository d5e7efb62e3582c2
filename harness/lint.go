package harness

import (
	"cmp"
	"errors"
	"slices"

	"github.com/rtgen/rtgen/harness/internal/schema"
)

// LintOptions says what lint is to tell.
type LintOptions struct {
	// Strict adds warnings: envelopes that contradict each other, files that are
	// not what their JSON Schema says, probes that no profile refers to.
	Strict bool
}

// linter collects findings, each once, in the order of the files they are in.
type linter struct {
	files []string // in the order of their first finding
	found map[string][]Finding
	told  map[same]bool
}

// same is what makes two findings one: reading a file and compiling it may both
// stumble over a reference.
type same struct {
	code, file, about, msg string
	line                   int
}

func newLinter() *linter {
	return &linter{found: make(map[string][]Finding), told: make(map[same]bool)}
}

// list is everything found: by file, then by line.
func (l *linter) list() []Finding {
	all := []Finding{}
	for _, file := range l.files {
		list := l.found[file]
		slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
		all = append(all, list...)
	}
	return all
}

func (l *linter) add(f Finding) {
	key := same{code: f.Code, file: f.File, about: f.ID, msg: f.Message, line: f.Line}
	if f.Code == codeUnknownProbe {
		key = same{code: f.Code, file: f.File, about: f.Operand}
	}
	if l.told[key] {
		return
	}
	l.told[key] = true
	list, known := l.found[f.File]
	if !known {
		l.files = append(l.files, f.File)
	}
	l.found[f.File] = append(list, f)
}

// errs takes in what reading or compiling found. code is for faults that have
// none.
func (l *linter) errs(err error, code string) {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range several.Unwrap() {
			l.errs(err, code)
		}
		return
	}
	var data *DataError
	switch {
	case err == nil:
	case errors.As(err, &data):
		for _, f := range data.Faults {
			l.add(Finding{
				Code: cmp.Or(f.Code, code), Level: LevelError, File: data.File, Line: f.Line,
				ID: f.ID, Operand: f.Operand, Message: f.Msg,
			})
		}
	default:
		l.add(Finding{Code: code, Level: LevelError, Message: err.Error()})
	}
}

// compiled takes in what compiling found.
func (l *linter) compiled(comp *compiler) {
	l.errs(comp.err(), codeProfileText)
	for _, f := range comp.warnings {
		l.add(f)
	}
}

func (l *linter) warn(code, file string, line int, id, msg string) {
	l.add(Finding{Code: code, Level: LevelWarning, File: file, Line: line, ID: id, Message: msg})
}

// schema holds a file against the JSON Schema of its kind. What is wrong on a
// line that has an error already is the same in other words.
func (l *linter) schema(kind string, file File) {
	findings, err := schema.Validate(kind, file.Data)
	if err != nil {
		return // no JSON document, as reading it has said
	}
	faulty := make(map[int]bool)
	for _, f := range l.found[file.Name] {
		faulty[f.Line] = true
	}
	for _, f := range findings {
		if !faulty[f.Line] {
			l.warn(codeJSONSchema, file.Name, f.Line, f.Pointer, f.Msg)
		}
	}
}
