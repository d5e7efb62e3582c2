package landlock_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// sameText ignores where things stand, which is all that may differ between
// two syntaxes.
var sameText = cmp.Options{
	cmpopts.IgnoreFields(Config{}, "File", "Texts", "ABILine", "HandledLine"),
	cmpopts.IgnoreTypes(Place{}),
	cmp.Comparer(func(a, b Template) bool { return a.String() == b.String() }),
	cmpopts.EquateEmpty(),
}

// twins are texts that say the same in both syntaxes.
var twins = []struct{ name, json, toml string }{
	{"whole", wholeText, `
abi = 3
[[variable]]
name = "cache"
literal = ["/var/cache", "/tmp/cache", "/var/cache"]
[[variable]]
name = "cache"
literal = ["/opt/cache"]
[[variable]]
name = "none"
[[ruleset]]
handled_access_fs = ["abi.all"]
handled_access_net = ["bind_tcp"]
[[ruleset]]
scoped = ["signal", "signal"]
[[path_beneath]]
allowed_access = ["abi.read_execute"]
parent = ["/usr", "${cache}/x"]
[[path_beneath]]
allowed_access = ["abi.read_write", "ioctl_dev"]
parent = ["${workspace}"]
[[net_port]]
allowed_access = ["connect_tcp"]
port = [443, 0]
[[net_port]]
allowed_access = ["bind_tcp"]
port = [443]
`},
	{"sections apart, inline and in any order", `{"ruleset": [{"scoped": ["signal"]}, {"handledAccessFs": ["execute"]}],
"netPort": [{"port": [8080, 255, 8, 5], "allowedAccess": ["bind_tcp"]}],
"pathBeneath": [{"parent": ["/a"], "allowedAccess": ["execute"]}, {"parent": ["/b"], "allowedAccess": ["execute"]}]}`, `
ruleset = [{scoped = ["signal"]}, { handled_access_fs = ["execute"] }] # a list of inline tables
[[path_beneath]]
parent = ["/a"]
allowed_access = ["execute"]
[[net_port]]
port = [8_080, 0xff, 0o10, 0b101]
allowed_access = ["bind_tcp"]
[[path_beneath]]
"parent" = ['/b']
allowed_access = ["""execute"""]
`},
	{"characters", `{"variable": [{"name": "v", "literal": ["a\tb", "é", "\\"]}], "pathBeneath": [{"parent": ["/$$/\"${v}\"/😀"], "allowedAccess": ["read_file"]}]}`,
		"[[variable]]\r\nname = 'v'\r\nliteral = [\"a\\tb\", '\u00e9', '\\']\r\n[[path_beneath]]\r\nparent = [\"/$$/\\\"${v}\\\"/\\U0001F600\"]\r\nallowed_access = [\n'read_file', # why\n]\n"},
	{"what does nothing", `{"abi": 1, "ruleset": [{"handledAccessFs": ["execute", "execute"], "handledAccessNet": ["abi.all"]}]}`,
		"abi = +1\n[[ruleset]]\nhandled_access_fs = ['execute', 'execute']\nhandled_access_net = ['abi.all']\n"},
	{"group without abi", `{"ruleset": [{"handledAccessFs": ["abi.all"]}]}`, "[[ruleset]]\nhandled_access_fs = ['abi.all']\n"},
	{"abi alone", `{"abi": 1}`, "abi = 1\n"},
	{"abi zero", `{"abi": 0, "ruleset": [{"scoped": ["signal"]}]}`, "abi = 0\n[[ruleset]]\nscoped = ['signal']\n"},
	{"abi too large", `{"abi": 2147483648, "ruleset": [{"scoped": ["signal"]}]}`, "abi = 2147483648\n[[ruleset]]\nscoped = ['signal']\n"},
	{"abi with a point", `{"abi": 1.0, "ruleset": [{"scoped": ["signal"]}]}`, "abi = 1.0\n[[ruleset]]\nscoped = ['signal']\n"},
	{"port too large", `{"netPort": [{"port": [65536], "allowedAccess": ["bind_tcp"]}]}`, "[[net_port]]\nport = [65536]\nallowed_access = ['bind_tcp']\n"},
	{"empty array", `{"ruleset": []}`, "ruleset = []\n"},
	{"empty item", `{"ruleset": [{}]}`, "[[ruleset]]\n"},
	{"name taken", `{"variable": [{"name": "home"}]}`, "[[variable]]\nname = 'home'\n"},
	{"bad template", `{"pathBeneath": [{"parent": ["${a"], "allowedAccess": ["execute"]}]}`, "[[path_beneath]]\nparent = ['${a']\nallowed_access = ['execute']\n"},
}

// Equal texts mean the same in both syntaxes, and faulty ones are refused in
// both, for the same.
func TestTwins(t *testing.T) {
	for _, c := range twins {
		t.Run(c.name, func(t *testing.T) {
			fromJSON, jsonErr := Parse("p.json", []byte(c.json))
			fromTOML, tomlErr := Parse("p.toml", []byte(c.toml))
			if d := cmp.Diff(messages(jsonErr), messages(tomlErr)); d != "" {
				t.Errorf("faults (-json +toml):\n%s", d)
			}
			if d := cmp.Diff(fromJSON, fromTOML, sameText); d != "" {
				t.Errorf("config (-json +toml):\n%s", d)
			}
		})
	}
}

// messages are the faults without places, keys spelled as JSON has them.
func messages(err error) []string {
	var file *FileError
	if !errors.As(err, &file) {
		return nil
	}
	var list []string
	for _, f := range file.Faults {
		list = append(list, strings.NewReplacer(
			"path_beneath", "pathBeneath", "net_port", "netPort", "allowed_access", "allowedAccess",
			"handled_access_fs", "handledAccessFs", "handled_access_net", "handledAccessNet",
		).Replace(f.ID+": "+f.Msg))
	}
	return list
}

func TestTOMLFaults(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "  \n", "p.toml: empty; want a TOML document"},
		{"syntax", "abi = 1\n[[ruleset]\n", "p.toml:2: not valid TOML at column 10: "},
		{"key twice", "abi = 1\nabi = 2\n", "p.toml:2: not valid TOML at column 1: "},
		{"array redefined", "ruleset = []\n[[ruleset]]\n", "p.toml:2: not valid TOML at column "},
		{"too large an integer", "abi = 99999999999999999999\n", "p.toml:1: not valid TOML at column "},
		{"byte order mark", "\xef\xbb\xbfabi = 1\n", "p.toml:1: starts with a byte order mark; save it as UTF-8 without one"},
		{"not UTF-8", "abi = '\xff'\n", "p.toml: not UTF-8; save the file as UTF-8"},
		{"json keys", "[[pathBeneath]]\nallowedAccess = ['execute']\n", "p.toml:1: pathBeneath: unknown key; did you mean \"path_beneath\"?\n" +
			"p.toml:1: empty configuration; want ruleset, path_beneath, net_port or variable"},
		{"unknown key", "[[ruleset]]\nscoped = ['signal']\n\n[what.else]\nx = 1\n", "p.toml:4: what: unknown key; remove it, the keys here are abi, variable, ruleset, path_beneath, net_port"},
		{"a table for an array", "[ruleset]\nscoped = ['signal']\n", "p.toml:1: ruleset: want an array, got an object"},
		{"kinds", "abi = 1979-05-27\n[[net_port]]\nallowed_access = [true]\nport = ['x', 1.5, 1]\n",
			"p.toml:1: abi: want a number, got a date or time\n" +
				"p.toml:3: net_port[0].allowed_access[0]: want a string, got a boolean\n" +
				"p.toml:4: net_port[0].port[0]: want a number, got a string\n" +
				"p.toml:4: net_port[0].port[1]: want an integer of at most 64 bits, got 1.5"},
		{"lines inside an array", "[[ruleset]]\nhandled_access_fs = [\n  'execute',\n  'raed_file',\n]\n",
			"p.toml:4: ruleset[0].handled_access_fs[1]: unknown file-system right \"raed_file\"; did you mean \"read_file\"?"},
		{"missing key", "[[ruleset]]\nscoped = ['signal']\n[[path_beneath]]\nparent = ['/']\n", "p.toml:3: path_beneath[0]: key \"allowed_access\" is missing; add it"},
		{"NUL", "[[variable]]\nname = 'a'\nliteral = [\"\\u0000\"]\n", "p.toml:3: variable[0].literal[0]: string with \\u0000, which no name can hold; remove it"},
		{"deep", "abi = " + strings.Repeat("[", 101) + strings.Repeat("]", 101), "p.toml:1: nested deeper than 100; flatten it"},
		{"deep key", strings.Repeat("a.", 200) + "b = 1", "p.toml:1: nested deeper than 100; flatten it"},
		{"large", "#" + strings.Repeat(" ", 1<<20), "p.toml: larger than 1048576 bytes; split it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config, err := Parse("p.toml", []byte(c.text))
			if config != nil || err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("Parse = %v, %v\nwant %s", config, err, c.want)
			}
		})
	}
}

func FuzzTOML(f *testing.F) {
	for _, c := range twins {
		f.Add([]byte(c.toml))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.toml", data)
		if err != nil {
			var file *FileError
			if !errors.As(err, &file) || len(file.Faults) == 0 {
				t.Fatalf("Parse gave %T %v", err, err)
			}
			return
		}
		again, err := Parse("f.json", toJSON(t, c))
		if err != nil {
			t.Fatalf("%q\nin JSON: %v", data, err)
		}
		if d := cmp.Diff(c, again, sameText, cmpopts.IgnoreFields(Config{}, "Remarks")); d != "" {
			t.Errorf("%q (-toml +json):\n%s", data, d)
		}
	})
}

// FuzzSyntaxes writes what a JSON text means in TOML, and reads it again.
func FuzzSyntaxes(f *testing.F) {
	for _, c := range twins {
		f.Add([]byte(c.json))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.json", data)
		if err != nil {
			return
		}
		text := toTOML(c)
		again, err := Parse("f.toml", []byte(text))
		if err != nil {
			t.Fatalf("%q\nin TOML: %v\n%s", data, err, text)
		}
		if d := cmp.Diff(c, again, sameText, cmpopts.IgnoreFields(Config{}, "Remarks")); d != "" {
			t.Errorf("%q (-json +toml):\n%s", data, d)
		}
	})
}

// rights are the words for a set, which is what a text without groups says.
func rights[T fmt.Stringer](set T) []string {
	if text := set.String(); text != "none" {
		return strings.Split(text, ",")
	}
	return nil
}

func toTOML(c *Config) string {
	var b strings.Builder
	array := func(words []string) string {
		quoted := make([]string, len(words))
		for i, w := range words {
			quoted[i] = tomlString(w)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	}
	if c.ABI != 0 {
		fmt.Fprintf(&b, "abi = %d\n", c.ABI)
	}
	for name, values := range c.Variables {
		fmt.Fprintf(&b, "[[variable]]\nname = %s\n", tomlString(name))
		if len(values) > 0 {
			fmt.Fprintf(&b, "literal = %s\n", array(values))
		}
	}
	for _, r := range []struct {
		key   string
		words []string
	}{{"handled_access_fs", rights(c.HandledFS)}, {"handled_access_net", rights(c.HandledNet)}, {"scoped", rights(c.Scoped)}} {
		if len(r.words) > 0 {
			fmt.Fprintf(&b, "[[ruleset]]\n%s = %s\n", r.key, array(r.words))
		}
	}
	for _, g := range c.Paths {
		fmt.Fprintf(&b, "[[path_beneath]]\nallowed_access = %s\nparent = %s\n", array(rights(g.Access)), array([]string{g.Parent.String()}))
	}
	for _, g := range c.Ports {
		fmt.Fprintf(&b, "[[net_port]]\nallowed_access = %s\nport = [%d]\n", array(rights(g.Access)), g.Port)
	}
	if b.Len() == 0 || !strings.Contains(b.String(), "[[") {
		// A text whose only words stand for nothing has no other way to say so.
		b.WriteString("[[ruleset]]\nhandled_access_net = [\"abi.all\"]\n")
	}
	return b.String()
}

func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < 0x20 || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func toJSON(t *testing.T, c *Config) []byte {
	t.Helper()
	doc := map[string]any{}
	if c.ABI != 0 {
		doc["abi"] = c.ABI
	}
	var variables, rulesets, paths, ports []any
	for name, values := range c.Variables {
		v := map[string]any{"name": name}
		if len(values) > 0 {
			v["literal"] = values
		}
		variables = append(variables, v)
	}
	for key, words := range map[string][]string{"handledAccessFs": rights(c.HandledFS), "handledAccessNet": rights(c.HandledNet), "scoped": rights(c.Scoped)} {
		if len(words) > 0 {
			rulesets = append(rulesets, map[string]any{key: words})
		}
	}
	for _, g := range c.Paths {
		paths = append(paths, map[string]any{"allowedAccess": rights(g.Access), "parent": []string{g.Parent.String()}})
	}
	for _, g := range c.Ports {
		ports = append(ports, map[string]any{"allowedAccess": rights(g.Access), "port": []uint64{g.Port}})
	}
	if len(variables)+len(rulesets)+len(paths)+len(ports) == 0 {
		rulesets = append(rulesets, map[string]any{"handledAccessNet": []string{"abi.all"}})
	}
	for key, list := range map[string][]any{"variable": variables, "ruleset": rulesets, "pathBeneath": paths, "netPort": ports} {
		if len(list) > 0 {
			doc[key] = list
		}
	}
	data, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
