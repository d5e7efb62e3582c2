package harness

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// LintOptions says what lint is to tell.
type LintOptions struct {
	// Strict adds warnings: envelopes that contradict each other, texts that may
	// not do what is meant, probes that no profile refers to.
	Strict bool
	// Schemas, when it is not nil, says how a file is not what the JSON Schema of
	// its schema_version says, each fault with a pointer as its ID. Package schema
	// has one.
	Schemas func(version string, doc []byte) ([]Fault, error)
}

// linter collects findings, each once, file by file.
type linter struct {
	LintOptions
	err   error    // a check that could not be made
	files []string // in the order to tell of them
	found map[string][]Finding
	told  map[findingKey]bool
}

// findingKey is what makes two findings one: reading a file and compiling it may both
// stumble over a reference.
type findingKey struct {
	code, file, about, msg string
	line                   int
}

func newLinter(o LintOptions) *linter {
	return &linter{LintOptions: o, found: make(map[string][]Finding), told: make(map[findingKey]bool)}
}

// list is everything found: by file, then by line.
func (l *linter) list() ([]Finding, error) {
	if l.err != nil {
		return nil, l.err
	}
	all := []Finding{}
	for _, file := range l.files {
		list := l.found[file]
		slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
		all = append(all, list...)
	}
	return all, nil
}

// expect puts a file behind those there are, if it is not among them.
func (l *linter) expect(file string) {
	if _, known := l.found[file]; !known {
		l.found[file] = nil
		l.files = append(l.files, file)
	}
}

func (l *linter) add(f Finding) {
	key := findingKey{code: f.Code, file: f.File, about: f.ID, msg: f.Message, line: f.Line}
	if f.Code == codeUnknownProbe {
		key = findingKey{code: f.Code, file: f.File, about: f.ID + f.Operand}
	}
	if l.told[key] {
		return
	}
	l.told[key] = true
	l.expect(f.File)
	l.found[f.File] = append(l.found[f.File], f)
}

// errs takes in what reading or compiling found. code is for faults that have
// none.
func (l *linter) errs(err error, code string) {
	eachError(err, func(err error) {
		var data *DataError
		if !errors.As(err, &data) {
			l.add(Finding{Code: code, Level: LevelError, Message: err.Error()})
			return
		}
		for _, f := range data.Faults {
			l.add(Finding{
				Code: cmp.Or(f.Code, code), Level: LevelError, File: data.File, Line: f.Line,
				ID: f.ID, Operand: f.Operand, Message: f.Msg,
			})
		}
	})
}

// compiled takes in what compiling found.
func (l *linter) compiled(comp *compiler) {
	l.errs(comp.err(), codeProfileText)
	if l.Strict {
		for _, f := range comp.warnings {
			l.add(f)
		}
	}
}

func (l *linter) warn(code, file string, line int, id, msg string) {
	l.add(Finding{Code: code, Level: LevelWarning, File: file, Line: line, ID: id, Message: msg})
}

// schema holds a file against the JSON Schema of a version. What is wrong on a
// line that has an error already is the same in other words.
func (l *linter) schema(version string, file File) {
	if l.Schemas == nil || l.err != nil || len(file.Data) == 0 {
		return
	}
	var found []Fault
	if found, l.err = l.Schemas(version, file.Data); l.err != nil {
		l.err = fmt.Errorf("%s: %w", file.Name, l.err)
		return
	}
	faulty := make(map[int]bool)
	for _, f := range l.found[file.Name] {
		faulty[f.Line] = true
	}
	for _, f := range found {
		if !faulty[f.Line] {
			l.warn(codeJSONSchema, file.Name, f.Line, f.ID, f.Msg)
		}
	}
}
