package harness

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// idProblem says what keeps s from being the id of a plan, a registry, a profile
// or a world, "" when nothing does. They end up in labels and, escaped, in file
// names, so whatever reads as a path or cannot be seen is refused.
func idProblem(s string) string {
	switch {
	case strings.Contains(s, "/"):
		return `contains "/"; use ":" or "-" instead`
	case slices.Contains(strings.Split(s, `\`), ".."):
		return "reads as a path; give it a name"
	case len(s) > maxNameID:
		return fmt.Sprintf("is longer than %d bytes; shorten it", maxNameID)
	}
	return probeIDProblem(s)
}

// probeIDProblem says the same of the id of a probe or an expectation. It may
// have a path in it, as those made from paths do: it names no file.
func probeIDProblem(s string) string {
	switch {
	case s == "":
		return "is empty; give it a name"
	case s == "." || s == "..":
		return "reads as a path; give it a name"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "contains a control character; remove it"
	case strings.TrimSpace(s) != s:
		return "starts or ends with a space; remove it"
	case len(s) > maxProbeID:
		return fmt.Sprintf("is longer than %d bytes; shorten it", maxProbeID)
	}
	return ""
}

// How long ids may be, in bytes. Those of plans become names of folders.
const (
	maxNameID  = 200
	maxProbeID = 4 << 10
)

// shortQuote quotes an id for a message, which need not have all of a long one.
func shortQuote(id string) string {
	if len(id) > maxNameID {
		id = strings.ToValidUTF8(id[:maxNameID], "") + "…"
	}
	return strconv.Quote(id)
}

// readID reads a string that must be an id.
func readID(v jsondoc.Value) string { return readIDAs(v, idProblem) }

func readIDAs(v jsondoc.Value, problem func(string) string) string {
	id := v.Text()
	if v.Kind() == jsondoc.String {
		if problem := problem(id); problem != "" {
			v.FaultAs(codeBadID, "%q %s", id, problem)
		}
	}
	return id
}

// readIDs reads a list of ids without repetition; an empty list is a fault of
// kind none that names what the list must have.
func readIDs(v jsondoc.Value, what, none string, problem func(string) string) []string {
	items := v.Items()
	if len(items) == 0 && v.Kind() == jsondoc.Array {
		v.FaultAs(none, "is empty; name at least one %s", what)
	}
	ids := make([]string, 0, len(items))
	lines := make(map[string]int, len(items))
	for _, item := range items {
		id := readIDAs(item, problem)
		if item.Kind() != jsondoc.String {
			continue
		}
		if first, twice := lines[id]; twice {
			item.FaultAs(codeBadID, "%q stands twice, first on line %d; keep one", id, first)
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
		v.FaultAs(codeBadValue, "is empty; fill it in")
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
	case strings.ContainsFunc(s, unicode.IsControl):
		return "contains a control character; remove it"
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
			code := codeBadPath
			if s == "" {
				code = codeProfileNoPath
			}
			v.FaultAs(code, "%q %s", s, problem)
		}
	}
	return s
}
