package harness

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// Fault is one thing wrong with a data file: its line, the id it is about, and
// a message with the fix.
type Fault = jsondoc.Fault

// DataError is everything wrong with one data file: a plan, a registry, an
// index or a profile that is missing or does not load. When two files have
// faults, the error joins a DataError for each.
type DataError struct {
	File   string // relative to the root, or as it was given
	Faults []Fault
}

// Error gives one line per fault: "file:line: id: message".
func (e *DataError) Error() string {
	var b strings.Builder
	for i, f := range e.Faults {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(e.File)
		b.WriteByte(':')
		if f.Line > 0 {
			b.WriteString(strconv.Itoa(f.Line))
			b.WriteByte(':')
		}
		b.WriteByte(' ')
		if f.ID != "" {
			b.WriteString(f.ID)
			b.WriteString(": ")
		}
		b.WriteString(f.Msg)
	}
	return b.String()
}

// dataError is the faults as an error, nil when there are none.
func dataError(file string, faults jsondoc.Faults) error {
	if len(faults) == 0 {
		return nil
	}
	faults.Sort()
	return &DataError{File: file, Faults: faults}
}

// InputError marks what the caller asked for and can mend: ids and options that
// do not fit the plan.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

func inputErrorf(format string, args ...any) error {
	return &InputError{fmt.Errorf(format, args...)}
}

// IsInputError says whether err is about plan data or options, not about the
// host: nothing was written.
func IsInputError(err error) bool {
	var data *DataError
	var input *InputError
	return errors.As(err, &data) || errors.As(err, &input)
}
