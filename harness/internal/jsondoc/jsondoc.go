// Package jsondoc reads JSON documents that people write: strictly, with the
// line of every value, and collecting all faults of a file instead of stopping
// at the first.
//
// A reader has no error branches. Parse gives the root Value; a Value that is
// absent, of the wrong type or part of a broken document reads as the zero
// value, and says so at most once:
//
//	var faults jsondoc.Faults
//	o := jsondoc.Parse(data, 1<<20, &faults).Object()
//	plan.ID = o.Need("plan_id").Text()
//	plan.Notes = o.Opt("notes").OrNull().Text()
//	for _, v := range o.Need("profiles").Items() {
//		plan.Profiles = append(plan.Profiles, v.Text())
//	}
//	o.End() // every key that was not asked for is a fault
//	faults.Sort()
//	if len(faults) > 0 { … }
//
// Objects say which keys they have twice when they are read; Raw says it for
// everything beneath.
package jsondoc

import (
	"cmp"
	"fmt"
	"slices"
)

// MaxDepth is how deep a document may nest.
const MaxDepth = 100

// MaxSize bounds a file of plan data, in bytes. A hundred thousand probes,
// written for people, take eighty million.
const MaxSize = 128 << 20

// Fault is one thing wrong with a document.
type Fault struct {
	Line int    // from 1; 0 when no line is to blame
	ID   string // what it is about: the name given by Named, or a path such as "ruleset[0].scoped"; may be empty
	Msg  string // one line, with the fix

	Code    string // the kind of fault; empty when the reader gave it none
	Operand string // the ids it is about, outermost first and joined by ":"; may be empty
}

// The kinds of fault that every document can have.
const (
	CodeText       = "json"            // no JSON document of a size and depth we read
	CodeNoObject   = "not-an-object"   // another type where an object must be
	CodeType       = "bad-type"        // another type than any but an object
	CodeEnum       = "bad-enum"        // none of the words that may stand here
	CodeMissing    = "missing-keys"    // a key that must be there
	CodeUnexpected = "unexpected-keys" // a key that nobody reads
	CodeTwice      = "duplicate-key"   // a key that stands twice
)

// String gives the fault as "line: id: message", leaving out what is empty.
func (f Fault) String() string {
	s := f.Msg
	if f.ID != "" {
		s = f.ID + ": " + s
	}
	if f.Line > 0 {
		s = fmt.Sprintf("%d: %s", f.Line, s)
	}
	return s
}

// Faults collects what is wrong with one document.
type Faults []Fault

// Add appends a fault.
func (fs *Faults) Add(line int, id, format string, args ...any) {
	fs.AddCode("", line, id, format, args...)
}

// AddCode appends a fault of a kind.
func (fs *Faults) AddCode(code string, line int, id, format string, args ...any) {
	*fs = append(*fs, Fault{Code: code, Line: line, ID: id, Msg: fmt.Sprintf(format, args...)})
}

// Sort orders the faults by line, keeping the order they were found in on each.
func (fs Faults) Sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
}

// Kind is the type of a JSON value.
type Kind uint8

// The kinds. None is a value that is absent, or part of a broken document.
const (
	None Kind = iota
	Null
	Bool
	Number
	String
	Array
	Object
)

// String gives the kind as an error message says it: "a string".
func (k Kind) String() string {
	return [...]string{"nothing", "null", "a boolean", "a number", "a string", "an array", "an object"}[k]
}
