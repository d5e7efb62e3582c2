package landlock

import (
	"bytes"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"

	"github.com/rtgen/rtgen/harness/internal/jsondoc"
)

// inTOML is the format's keys in TOML.
var inTOML = spelling{
	pathBeneath: "path_beneath", netPort: "net_port", allowedAccess: "allowed_access",
	handledFS: "handled_access_fs", handledNet: "handled_access_net",
}

func readTOML(data []byte, faults *jsondoc.Faults) source {
	d := &tomlDocument{data: data, faults: faults}
	if !d.prove() {
		return source{}
	}
	root := d.parse()
	if d.deep {
		return source{}
	}
	return readText(root, inTOML)
}

// tomlDocument is what the nodes of one text share.
type tomlDocument struct {
	data   []byte
	lines  []int // offset of each line's first byte
	faults *jsondoc.Faults
	deep   bool // nested deeper than a reader wants to follow
}

// prove checks that the text is TOML, keys that stand twice included: the
// parser that knows where things stand does not look at what they mean.
func (d *tomlDocument) prove() bool {
	switch {
	case len(d.data) > maxText:
		d.faults.Add(0, "", "larger than %d bytes; split it", maxText)
		return false
	case len(bytes.TrimSpace(d.data)) == 0:
		d.faults.Add(0, "", "empty; want a TOML document")
		return false
	case bytes.HasPrefix(d.data, []byte("\xef\xbb\xbf")):
		d.faults.Add(1, "", "starts with a byte order mark; save it as UTF-8 without one")
		return false
	case !utf8.Valid(d.data):
		d.faults.Add(0, "", "not UTF-8; save the file as UTF-8")
		return false
	}
	d.lines = []int{0}
	for i, c := range d.data {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	var meaning map[string]any
	err := toml.Unmarshal(d.data, &meaning)
	if err == nil {
		return true
	}
	line, column := 0, 0
	var at *toml.DecodeError
	if errors.As(err, &at) {
		line, column = at.Position()
	}
	why := strings.TrimPrefix(err.Error(), "toml: ")
	if line > 0 {
		d.faults.Add(line, "", "not valid TOML at column %d: %s", column, oneLine(why))
	} else {
		d.faults.Add(0, "", "not valid TOML: %s", oneLine(why))
	}
	return false
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (d *tomlDocument) line(offset uint32) int {
	i, found := slices.BinarySearch(d.lines, int(offset))
	if found {
		i++
	}
	return i
}

// tomlValue is one value and where it stands.
type tomlValue struct {
	doc     *tomlDocument
	kind    jsondoc.Kind
	what    string // for kinds the format has no use for: "a date"
	at      int    // line of the value, or of its key
	depth   int    // from the root
	where   string // path from the root, empty for the root
	str     string // of a String, or of a Number as written
	list    []*tomlValue
	members []tomlMember
	index   map[string]int // key to place in members
	asked   []string
}

type tomlMember struct {
	key   string
	value *tomlValue
	asked bool
}

// parse makes the tree of a text that prove has seen, so headers and dotted
// keys lead where they may.
func (d *tomlDocument) parse() *tomlValue {
	root := &tomlValue{doc: d, kind: jsondoc.Object, at: 1}
	current := root
	var p unstable.Parser
	p.Reset(d.data)
	for p.NextExpression() {
		e := p.Expression()
		switch e.Kind {
		case unstable.Table:
			current = root.walk(e.Key(), false)
		case unstable.ArrayTable:
			current = root.walk(e.Key(), true)
		case unstable.KeyValue:
			current.set(e)
		}
	}
	return root
}

// walk follows a header's key from the root, making the tables that are not
// there yet; item makes another item of the array at its end.
func (v *tomlValue) walk(key unstable.Iterator, item bool) *tomlValue {
	for key.Next() {
		k := key.Node()
		at := v.doc.line(k.Raw.Offset)
		if item && key.IsLast() {
			array := v.member(string(k.Data), at, jsondoc.Array)
			return array.add(at, jsondoc.Object)
		}
		v = v.member(string(k.Data), at, jsondoc.Object)
		if v.kind == jsondoc.Array && len(v.list) > 0 {
			v = v.list[len(v.list)-1]
		}
	}
	return v
}

func (v *tomlValue) set(e *unstable.Node) {
	key := e.Key()
	for key.Next() {
		k := key.Node()
		at := v.doc.line(k.Raw.Offset)
		if key.IsLast() {
			v.member(string(k.Data), at, jsondoc.None).fill(e.Value())
			return
		}
		v = v.member(string(k.Data), at, jsondoc.Object)
	}
}

// member is the value of a key, made of kind if there is none.
func (v *tomlValue) member(key string, line int, kind jsondoc.Kind) *tomlValue {
	if i, ok := v.index[key]; ok {
		return v.members[i].value
	}
	where := key
	if !isBare(key) {
		where = strconv.Quote(key)
	}
	if v.where != "" {
		where = v.where + "." + where
	}
	m := v.child(where, line, kind)
	if v.index == nil {
		v.index = make(map[string]int)
	}
	v.index[key] = len(v.members)
	v.members = append(v.members, tomlMember{key: key, value: m})
	return m
}

func (v *tomlValue) add(line int, kind jsondoc.Kind) *tomlValue {
	item := v.child(v.where+"["+strconv.Itoa(len(v.list))+"]", line, kind)
	v.list = append(v.list, item)
	return item
}

// child is a value beneath v. Those nested too deeply have no place in the
// tree: their paths alone would outgrow the text.
func (v *tomlValue) child(where string, line int, kind jsondoc.Kind) *tomlValue {
	c := &tomlValue{doc: v.doc, kind: kind, at: line, depth: v.depth + 1, where: where}
	if c.depth > jsondoc.MaxDepth {
		if !v.doc.deep {
			v.doc.deep = true
			v.doc.faults.Add(line, "", "nested deeper than %d; flatten it", jsondoc.MaxDepth)
		}
		c.depth, c.where = v.depth, ""
	}
	return c
}

// fill gives the value what the text says.
func (v *tomlValue) fill(n *unstable.Node) {
	switch n.Kind {
	case unstable.String:
		v.kind, v.str = jsondoc.String, string(n.Data)
		if strings.ContainsRune(v.str, 0) {
			v.faultf(`string with \u0000, which no name can hold; remove it`)
		}
	case unstable.Bool:
		v.kind = jsondoc.Bool
	case unstable.Integer, unstable.Float:
		v.kind, v.str = jsondoc.Number, string(n.Data)
	case unstable.Array:
		v.kind = jsondoc.Array
		for it := n.Children(); it.Next(); {
			line := v.at
			if raw := it.Node().Raw; raw.Length > 0 {
				line = v.doc.line(raw.Offset)
			}
			v.add(line, jsondoc.None).fill(it.Node())
		}
	case unstable.InlineTable:
		v.kind = jsondoc.Object
		for it := n.Children(); it.Next(); {
			v.set(it.Node())
		}
	default:
		v.what = "a date or time"
	}
}

// isBare reports whether a key can stand in a path without quotes.
func isBare(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && r != '-' && (r < '0' || '9' < r) && (r|0x20 < 'a' || 'z' < r|0x20)
	})
}
