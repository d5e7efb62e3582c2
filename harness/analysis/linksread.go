package analysis

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// LinksFile is where a mapping set keeps its links.
const LinksFile = "runtime_links.json"

// maxLinks is more than the links of a million expectations take.
const maxLinks = 2 << 30 // bytes

// Links are a runtime_links.json as it was read. Entries are kept as they stand:
// who wrote them may know more keys than this program does.
type Links struct {
	File    string // as it was given
	WorldID string // of the meta; empty where that says none

	profiles, expectations map[string]json.RawMessage
}

// LinkEntry is an entry of links.
type LinkEntry[T any] struct {
	Link T               // what it says of the keys that T knows, where it is of their types
	Raw  json.RawMessage // the entry as it stands in the file
}

// LoadLinks reads links. It asks little of them: that they are one JSON object
// whose profiles and expectations, where there are any, are objects, and that a
// schema string in the meta is of some minor version of runtime-links.v0.
func LoadLinks(file string) (*Links, error) {
	data, err := readLinks(file)
	if err != nil {
		return nil, err
	}
	l, err := parseLinks(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	l.File = file
	return l, nil
}

// readLinks gives a file's bytes. A FIFO would hang, and a device never end.
func readLinks(file string) ([]byte, error) {
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s: not a regular file", file)
	case info.Size() > maxLinks:
		return nil, fmt.Errorf("%s: larger than %d bytes", file, maxLinks)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxLinks))
}

func parseLinks(data []byte) (*Links, error) {
	var doc struct {
		Meta struct {
			WorldID       *string `json:"world_id"`
			SchemaVersion *string `json:"schema_version"`
		} `json:"meta"`
		Profiles     map[string]json.RawMessage `json:"profiles"`
		Expectations map[string]json.RawMessage `json:"expectations"`
	}
	if err := artifact.Decode(data, &doc); err != nil {
		return nil, err
	}
	if s := doc.Meta.SchemaVersion; s != nil {
		if err := checkLinksSchema(*s); err != nil {
			return nil, err
		}
	}
	l := &Links{profiles: doc.Profiles, expectations: doc.Expectations}
	if w := doc.Meta.WorldID; w != nil {
		l.WorldID = *w
	}
	return l, nil
}

func checkLinksSchema(schema string) error {
	if err := artifact.CheckMajor(schema); err != nil {
		return fmt.Errorf("meta: %w", err)
	}
	family := SchemaLinks[:strings.LastIndexByte(SchemaLinks, '.')+1]
	if !strings.HasPrefix(schema, family) {
		return fmt.Errorf("meta: schema_version %q is of another document, want %s*", schema, family)
	}
	return nil
}

// Profiles are the ids of the linked profiles, sorted.
func (l *Links) Profiles() []string { return sortedKeys(l.profiles) }

// Expectations are the ids of the linked expectations, sorted.
func (l *Links) Expectations() []string { return sortedKeys(l.expectations) }

// Profile is the entry of a profile; nil when there is none, or it is no object.
func (l *Links) Profile(id string) *LinkEntry[ProfileLink] {
	return linkEntry[ProfileLink](l.profiles[id])
}

// Expectation is the entry of an expectation; nil when there is none, or it is
// no object.
func (l *Links) Expectation(id string) *LinkEntry[ExpectationLink] {
	return linkEntry[ExpectationLink](l.expectations[id])
}

// UnknownProfile says that Profile has nothing for an id, and which id was most
// likely meant.
func (l *Links) UnknownProfile(id string) error { return l.unknown("profile", id, l.profiles) }

// UnknownExpectation is UnknownProfile for Expectation.
func (l *Links) UnknownExpectation(id string) error {
	return l.unknown("expectation", id, l.expectations)
}

func (l *Links) unknown(kind, id string, entries map[string]json.RawMessage) error {
	if _, ok := entries[id]; ok {
		return fmt.Errorf("%s %q in %s is no object", kind, id, l.File)
	}
	return fmt.Errorf("%s %q is not in %s%s; rtgen list-links shows what is", kind, id, l.File, nearest.Meant(nearest.Word(id, sortedKeys(entries))))
}

func linkEntry[T any](raw json.RawMessage) *LinkEntry[T] {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	e := &LinkEntry[T]{Raw: slices.Clone(raw)}
	// What is of another type than this program writes stays zero, and stands in
	// Raw: the rest of the entry is read all the same.
	var wrong *json.UnmarshalTypeError
	if err := json.Unmarshal(raw, &e.Link); err != nil && !errors.As(err, &wrong) {
		return nil
	}
	return e
}

func sortedKeys[V any](m map[string]V) []string {
	keys := slices.AppendSeq(make([]string, 0, len(m)), maps.Keys(m))
	slices.Sort(keys)
	return keys
}
