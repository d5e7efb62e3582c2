package landlock

import (
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// inJSON is the format's keys in JSON.
var inJSON = spelling{
	pathBeneath: "pathBeneath", netPort: "netPort", allowedAccess: "allowedAccess",
	handledFS: "handledAccessFs", handledNet: "handledAccessNet",
}

func readJSON(data []byte, faults *jsondoc.Faults) source {
	return readText(jsonNode{jsondoc.Parse(data, maxText, faults)}, inJSON)
}

type jsonNode struct{ jsondoc.Value }

func (v jsonNode) present() bool                     { return v.Present() }
func (v jsonNode) line() int                         { return v.Line() }
func (v jsonNode) faultf(format string, args ...any) { v.Faultf(format, args...) }
func (v jsonNode) text() (string, bool)              { return v.Text(), v.Kind() == jsondoc.String }

func (v jsonNode) integer() (int, bool) {
	n := v.Int()
	if v.Kind() != jsondoc.Number {
		return 0, false
	}
	// Int has reported a number that is no integer, as zero.
	_, err := strconv.Atoi(string(v.Raw()))
	return n, err == nil
}

func (v jsonNode) items() ([]node, bool) {
	var found []node
	for _, item := range v.Items() {
		found = append(found, jsonNode{item})
	}
	return found, v.Kind() == jsondoc.Array
}

func (v jsonNode) table() (table, bool) {
	return jsonTable{v.Object()}, v.Kind() == jsondoc.Object
}

type jsonTable struct{ *jsondoc.Members }

func (o jsonTable) opt(key string) node  { return jsonNode{o.Opt(key)} }
func (o jsonTable) need(key string) node { return jsonNode{o.Need(key)} }
func (o jsonTable) len() int             { return o.Len() }
func (o jsonTable) end()                 { o.End() }
