package harness

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// idProblem says what keeps s from being an id, "" when nothing does. Ids end
// up in labels, spec names and, escaped, in file names, so whatever reads as a
// path or cannot be seen is refused.
func idProblem(s string) string {
	switch {
	case s == "":
		return "is empty; give it a name"
	case strings.Contains(s, "/"):
		return `contains "/"; use ":" or "-" instead`
	case slices.Contains(strings.Split(s, `\`), ".."), s == ".":
		return "reads as a path; give it a name"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "contains a control character; remove it"
	case strings.TrimSpace(s) != s:
		return "starts or ends with a space; remove it"
	}
	return ""
}

// readID reads a string that must be an id.
func readID(v jsondoc.Value) string {
	id := v.Text()
	if v.Kind() == jsondoc.String {
		if problem := idProblem(id); problem != "" {
			v.Faultf("%q %s", id, problem)
		}
	}
	return id
}

// readIDs reads a list of ids without repetition; an empty list is a fault
// that names what the list must have.
func readIDs(v jsondoc.Value, what string) []string {
	items := v.Items()
	if len(items) == 0 && v.Kind() == jsondoc.Array {
		v.Faultf("is empty; name at least one %s", what)
	}
	ids := make([]string, 0, len(items))
	lines := make(map[string]int, len(items))
	for _, item := range items {
		id := readID(item)
		if first, twice := lines[id]; twice && item.Kind() == jsondoc.String {
			item.Faultf("%q stands twice, first on line %d; keep one", id, first)
			continue
		}
		lines[id] = item.Line()
		ids = append(ids, id)
	}
	return ids
}

// readName reads a string that must not be empty.
func readName(v jsondoc.Value) string {
	s := v.Text()
	if s == "" && v.Kind() == jsondoc.String {
		v.Faultf("is empty; fill it in")
	}
	return s
}

// What paths in data are relative to.
const (
	planOrRoot = "the plan's folder or the root"
	onlyRoot   = "the root"
)

// pathProblem says what keeps s from naming a file under a folder.
// base says what it is relative to.
func pathProblem(s, base string) string {
	switch {
	case s == "":
		return "is empty; name a file"
	case path.IsAbs(s):
		return "is absolute; write it relative to " + base
	case slices.Contains(strings.Split(s, "/"), ".."):
		return `contains ".."; write it relative to ` + base
	case strings.ContainsAny(s, "\\\x00"):
		return `contains a backslash or NUL; use "/"`
	case path.Clean(s) == ".":
		return "names a folder; name a file"
	}
	return ""
}

// readPath reads the path of a file that belongs to the data.
func readPath(v jsondoc.Value, base string) string {
	s := v.Text()
	if v.Kind() == jsondoc.String {
		if problem := pathProblem(s, base); problem != "" {
			v.Faultf("%q %s", s, problem)
		}
	}
	return s
}
