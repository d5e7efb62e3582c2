// Package schema holds plan data against its JSON Schemas, the same files that
// editors read. It says what an editor would say, with the place of everything;
// what only a reader can know, such as an id that names nothing, it leaves to
// the reader.
//
// Give [Validate] to lint as harness.LintOptions.Schemas. It is a package of its
// own because what it needs costs ten milliseconds whenever a program starts,
// and suites and workers hold nothing against a schema.
package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// maxFindings is where a document is given up. Whoever made so many faults
// made them all in one way.
const maxFindings = 1000

// Finding is one place where a document is not what its schema says: a
// harness.Fault whose ID is a pointer (RFC 6901) to the value, or to the object
// that lacks a key.
type Finding = jsondoc.Fault

// Versions are the schema_versions there are schemas for, sorted.
func Versions() []string {
	all, err := schemas()
	if err != nil {
		return nil
	}
	list := make([]string, 0, len(all))
	for version := range all {
		list = append(list, version)
	}
	slices.Sort(list)
	return list
}

// Validate holds a document against the schema of a schema_version. What is
// wrong comes in the order of the document's lines. A document that is no JSON
// has findings too; an error is only for a version without a schema.
func Validate(version string, doc []byte) ([]Finding, error) {
	all, err := schemas()
	if err != nil {
		return nil, err
	}
	s, known := all[version]
	if !known {
		return nil, fmt.Errorf("no schema for schema_version %q; there are %s", version, strings.Join(Versions(), ", "))
	}
	var faults jsondoc.Faults
	root := jsondoc.Parse(doc, jsondoc.MaxSize, &faults)
	if !root.Present() {
		return textFindings(faults), nil
	}
	d := document{faults: &faults}
	d.check(s, root)
	return d.sorted(root), nil
}

// sorted are the findings, each once, in the order of their lines.
func (d *document) sorted(root jsondoc.Value) []Finding {
	d.place(root)
	slices.SortFunc(d.found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), strings.Compare(a.ID, b.ID), strings.Compare(a.Msg, b.Msg))
	})
	found := slices.Compact(d.found) // two rules may say the same
	if len(found) > maxFindings {
		more := fmt.Sprintf("more than %d faults; correct those above first", maxFindings)
		found = append(found[:maxFindings:maxFindings], Finding{Line: found[maxFindings].Line, Msg: more})
	}
	return found
}

func textFindings(faults jsondoc.Faults) []Finding {
	found := make([]Finding, len(faults))
	for i, f := range faults {
		found[i] = Finding{Line: f.Line, Msg: f.Msg}
	}
	return found
}

// document is one being validated.
type document struct {
	faults *jsondoc.Faults // of reading
	found  []Finding
	at     []string // the tokens of the value being read
}

// check validates a registry entry by entry: as maps, all of its entries at
// once would take many times the size of its text.
func (d *document) check(s *schema, root jsondoc.Value) {
	if s.entries == "" || root.Kind() != jsondoc.Object {
		d.validate(s.root, d.tree(root))
		return
	}
	envelope := map[string]any{}
	var entries jsondoc.Value
	for key, v := range d.members(root) {
		d.at = append(d.at, key)
		if key == s.entries && v.Kind() == jsondoc.Object {
			entries, envelope[key] = v, map[string]any{}
		} else {
			envelope[key] = d.tree(v)
		}
		d.at = d.at[:len(d.at)-1]
	}
	d.validate(s.root, envelope)
	if !entries.Present() {
		return
	}
	d.at = append(d.at, s.entries)
	for key, v := range d.members(entries) {
		d.at = append(d.at, key)
		d.validateKey(s.key, key)
		d.validate(s.entry, d.tree(v))
		d.at = d.at[:len(d.at)-1]
		if len(d.found) > maxFindings {
			break
		}
	}
	d.at = d.at[:len(d.at)-1]
}

func (d *document) add(pointer, msg string) {
	d.found = append(d.found, Finding{ID: pointer, Msg: msg})
}
