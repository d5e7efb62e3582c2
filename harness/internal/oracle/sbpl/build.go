package sbpl

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/op/seatbelt"
	"github.com/rtgen/rtgen/harness/internal/sandbox/sbpl"
)

// known says whether the language has a filter of that name.
func known(filter string) bool {
	if builders[filter] != nil || missing[filter] != "" || seatbelt.KnownFilter(filter) {
		return true
	}
	return strings.HasPrefix(filter, "entitlement-")
}

// build makes the filter that a profile writes as (name args…). The error says,
// in half a sentence, why the model cannot evaluate it.
func build(name string, at Place, args []Arg) (Filter, error) {
	base, how := name, byValue
	for suffix, h := range map[string]compared{"-prefix": byPrefix, "-regex": byRegex} {
		if stem, ok := strings.CutSuffix(name, suffix); ok {
			base, how = stem, h
		}
	}
	switch {
	case builders[name] != nil:
		return builders[name](leaf{Place: at, name: name}, args)
	case missing[name] != "":
		return nil, errors.New("the model does not know " + missing[name])
	case spaces[base]:
		return each(leaf{Place: at, name: name}, args, func(l leaf, arg Arg) (Filter, error) {
			return newNameFilter(l, base, how, arg)
		})
	}
	return nil, fmt.Errorf("the model has no facts for the filter %s", name)
}

// leaf is a filter without others in it, as the profile writes it.
type leaf struct {
	Place
	name string
	form string
}

func (l *leaf) written() string { return l.form }

// unsure is the doubt of a filter that may hold or not.
func (l *leaf) unsure(why string) *Doubt { return &Doubt{Place: l.Place, Form: l.form, Why: why} }

type builder func(l leaf, args []Arg) (Filter, error)

// builders are the filters that are no names in a name space.
var builders map[string]builder

func init() { // composition refers to all of them
	builders = map[string]builder{
		"literal": paths(newLiteral), "path": paths(newLiteral), "path-literal": paths(newLiteral),
		"subpath": paths(newSubpath), "path-subpath": paths(newSubpath),
		"prefix": paths(newPrefix), "path-prefix": paths(newPrefix),
		"regex": paths(newPathRegex), "path-regex": paths(newPathRegex),
		"vnode-type":   func(l leaf, args []Arg) (Filter, error) { return each(l, args, newVnodeType) },
		"target":       func(l leaf, args []Arg) (Filter, error) { return each(l, args, newTargetFilter) },
		"control-name": func(l leaf, args []Arg) (Filter, error) { return each(l, args, newControlName) },
		"remote":       newEndFilter,
		"local":        newEndFilter,
		"require-any":  newAnyOf, "require-all": newAllOf, "require-not": newNegation,
		"socket-domain":   func(l leaf, args []Arg) (Filter, error) { return each(l, args, newSocketFilter) },
		"socket-type":     func(l leaf, args []Arg) (Filter, error) { return each(l, args, newSocketFilter) },
		"socket-protocol": func(l leaf, args []Arg) (Filter, error) { return each(l, args, newSocketFilter) },
	}
}

// missing are filters that ask for what no question says.
var missing = map[string]string{
	"file-mode":           "what mode the file has",
	"extension":           "which sandbox extensions the process holds",
	"extension-class":     "which class of sandbox extension is issued",
	"signing-identifier":  "how the process is signed",
	"process-name":        "what the process is called",
	"process-path":        "which program the process runs",
	"process-attribute":   "which attributes the process has",
	"uid":                 "as which user the process runs",
	"user":                "as which user the process runs",
	"xattr":               "which extended attribute is meant",
	"debug-mode":          "whether the host has the sandbox's debug mode on",
	"state-flag":          "which state flags of the sandbox are set",
	"system-attribute":    "which attributes the host has",
	"csr":                 "how system integrity protection is configured",
	"mount-relative-path": "where the volume of the file is mounted",
	"mount-root-path":     "where the volume of the file is mounted",
	"filesystem-name":     "which kind of volume the file is on",
	"device-major":        "which device the file is",
	"device-minor":        "which device the file is",
	"file-attribute":      "which attributes the file has",
	"privilege-id":        "which privilege is asked for",
}

// each makes one filter of every argument; several mean any of them.
func each(l leaf, args []Arg, one func(leaf, Arg) (Filter, error)) (Filter, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s says nothing of what to compare with", l.name)
	}
	var filters []Filter
	for _, arg := range args {
		if arg.Kind == ArgDoubt {
			filters = append(filters, arg.Filter)
			continue
		}
		l := l
		l.form = formText(l.name, arg)
		f, err := one(l, arg)
		if err != nil {
			return nil, err
		}
		filters = append(filters, f)
	}
	if len(filters) == 1 {
		return filters[0], nil
	}
	return newAny(filters), nil
}

// filtersOf are the arguments of a composition.
func filtersOf(l leaf, args []Arg) ([]Filter, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("%s without a filter is not documented", l.name)
	}
	var filters []Filter
	for _, arg := range args {
		if arg.Filter == nil {
			return nil, fmt.Errorf("%s takes filters, and %s is none", l.name, argText(arg))
		}
		filters = append(filters, arg.Filter)
	}
	return filters, nil
}

func newAnyOf(l leaf, args []Arg) (Filter, error) {
	filters, err := filtersOf(l, args)
	return newAny(filters), err
}

func newAllOf(l leaf, args []Arg) (Filter, error) {
	filters, err := filtersOf(l, args)
	return &allOf{form: composedText(l.name, filters), filters: filters, size: sizeOf(filters...)}, err
}

func newNegation(l leaf, args []Arg) (Filter, error) {
	filters, err := filtersOf(l, args)
	if err == nil && len(filters) != 1 {
		err = errors.New("require-not of several filters is not documented")
	}
	if err != nil {
		return nil, err
	}
	return &negation{form: composedText(l.name, filters), filter: filters[0], size: sizeOf(filters...)}, nil
}

// formText is the form of a filter that has one argument, or several.
func formText(name string, args ...Arg) string {
	words := []string{name}
	for _, arg := range args {
		words = append(words, argText(arg))
	}
	return brief("(" + strings.Join(words, " ") + ")")
}

func argText(arg Arg) string {
	kinds := map[ArgKind]sbpl.Kind{ArgString: sbpl.String, ArgRegex: sbpl.Regex}
	kind, ok := kinds[arg.Kind]
	switch {
	case ok:
		return strings.ReplaceAll(sbpl.Form{Kind: kind, Text: arg.Text}.String(), "\n", " ")
	case arg.Filter != nil:
		return filterText(arg.Filter)
	}
	return arg.Text
}

func filterText(f Filter) string {
	switch f := f.(type) {
	case *anyOf:
		return composedText("require-any", f.filters)
	case *allOf:
		return f.form
	case *negation:
		return f.form
	case *Doubtful:
		return f.Form
	case interface{ written() string }:
		return f.written()
	}
	return "…"
}

func composedText(name string, filters []Filter) string {
	var b strings.Builder
	b.WriteString("(" + name)
	for _, f := range filters {
		if b.Len() > mostShown {
			break
		}
		b.WriteString(" " + filterText(f))
	}
	b.WriteByte(')')
	return brief(b.String())
}

// mostShown is how many bytes of a form are shown, about.
const mostShown = 100

func brief(text string) string {
	if len(text) <= mostShown {
		return text
	}
	for i := range text {
		if i >= mostShown {
			return text[:i] + "…"
		}
	}
	return text
}
