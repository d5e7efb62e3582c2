package landlock_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

const wholeText = `{
  "abi": 3,
  "variable": [
    {"name": "cache", "literal": ["/var/cache", "/tmp/cache", "/var/cache"]},
    {"name": "cache", "literal": ["/opt/cache"]},
    {"name": "none"}
  ],
  "ruleset": [
    {"handledAccessFs": ["abi.all"], "handledAccessNet": ["bind_tcp"]},
    {"scoped": ["signal", "signal"]}
  ],
  "pathBeneath": [
    {"allowedAccess": ["abi.read_execute"], "parent": ["/usr", "${cache}/x"]},
    {"allowedAccess": ["abi.read_write", "ioctl_dev"], "parent": ["${workspace}"]}
  ],
  "netPort": [
    {"allowedAccess": ["connect_tcp"], "port": [443, 0]},
    {"allowedAccess": ["bind_tcp"], "port": [443]}
  ]
}`

func TestParse(t *testing.T) {
	c, err := Parse("ws.json", []byte(wholeText))
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	fmt.Fprintf(&got, "abi %d fs %v net %v scoped %v\n", c.ABI, c.HandledFS == AllFS(3), c.HandledNet, c.Scoped)
	fmt.Fprintln(&got, c.Variables)
	for _, g := range c.Paths {
		fmt.Fprintln(&got, g.Line, g.Parent, g.Access)
	}
	for _, g := range c.Ports {
		fmt.Fprintln(&got, g.Line, g.Port, g.Access)
	}
	want := `abi 3 fs true net bind_tcp scoped signal
map[cache:[/opt/cache /tmp/cache /var/cache] none:[]]
13 /usr execute,read_file,read_dir,refer
13 ${cache}/x execute,read_file,read_dir,refer
14 ${workspace} write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer,truncate,ioctl_dev
17 443 connect_tcp
17 0 connect_tcp
18 443 bind_tcp
`
	if d := cmp.Diff(want, got.String()); d != "" {
		t.Errorf("config (-want +got):\n%s", d)
	}
	fs, net, scoped := c.Handled()
	if fs != AllFS(3)|IoctlDev || net != BindTCP|ConnectTCP || scoped != ScopeSignal {
		t.Errorf("Handled() = %v, %v, %v: rules do not extend it", fs, net, scoped)
	}
}

var parseFaults = []struct {
	name, text, want string
}{
	{"empty file", ``, "p.json: empty; want a JSON object"},
	{"not an object", `[]`, "p.json:1: want an object, got an array"},
	{"no section", "{\n}", "p.json:1: empty configuration; want ruleset, pathBeneath, netPort or variable"},
	{"abi alone", `{"abi": 1}`, "p.json:1: empty configuration; want ruleset, pathBeneath, netPort or variable"},
	{"schema key", `{"$schema": "x", "ruleset": [{"scoped": ["signal"]}]}`,
		"p.json:1: $schema: unknown key; remove it, the keys here are abi, variable, ruleset, pathBeneath, netPort"},
	{"unknown keys at every level", `{
"variabel": [],
"variable": [{"name": "a", "value": 1}],
"ruleset": [{"scoped": ["signal"], "handledAccessFS": ["execute"]}],
"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["/"], "optional": true}],
"netPort": [{"allowedAccess": ["bind_tcp"], "port": [1], "proto": "tcp"}]
}`, `p.json:2: variabel: unknown key; did you mean "variable"?
p.json:3: variable[0].value: unknown key; remove it, the keys here are name, literal
p.json:4: ruleset[0].handledAccessFS: unknown key; did you mean "handledAccessFs"?
p.json:5: pathBeneath[0].optional: unknown key; remove it, the keys here are allowedAccess, parent
p.json:6: netPort[0].proto: unknown key; remove it, the keys here are allowedAccess, port`},
	{"empty arrays", `{
"variable": [],
"ruleset": [{"handledAccessFs": []},
{}],
"pathBeneath": [{"allowedAccess": [],
"parent": []}],
"netPort": []
}`, `p.json:2: variable: empty array; add an item or remove the key
p.json:3: ruleset[0].handledAccessFs: empty array; add an item or remove the key
p.json:4: ruleset[1]: empty ruleset; want handledAccessFs, handledAccessNet or scoped
p.json:5: pathBeneath[0].allowedAccess: empty array; add an item or remove the key
p.json:6: pathBeneath[0].parent: empty array; add an item or remove the key
p.json:7: netPort: empty array; add an item or remove the key`},
	{"missing keys", `{
"variable": [{}],
"pathBeneath": [{}],
"netPort": [{"port": [1]}]
}`, `p.json:2: variable[0]: key "name" is missing; add it
p.json:3: pathBeneath[0]: key "allowedAccess" is missing; add it
p.json:3: pathBeneath[0]: key "parent" is missing; add it
p.json:4: netPort[0]: key "allowedAccess" is missing; add it`},
	{"wrong types", `{
"abi": "5",
"variable": [{"name": 1, "literal": "x"}, 2],
"ruleset": [{"handledAccessFs": ["abi.all", null]}],
"pathBeneath": null,
"netPort": [{"allowedAccess": ["bind_tcp"], "port": ["80", 1.5]}]
}`, `p.json:2: abi: want a number, got a string
p.json:3: variable[0].name: want a string, got a number
p.json:3: variable[0].literal: want an array, got a string
p.json:3: variable[1]: want an object, got a number
p.json:4: ruleset[0].handledAccessFs[1]: want a string, got null
p.json:5: pathBeneath: want an array, got null
p.json:6: netPort[0].port[0]: want a number, got a string
p.json:6: netPort[0].port[1]: want an integer of at most 64 bits, got 1.5`},
	{"unknown rights", `{
"ruleset": [{"handledAccessFs": ["readfile", "fs.read_file", "banana"],
"handledAccessNet": ["connect", "abi.read_write"],
"scoped": ["signals"]}]
}`, `p.json:2: ruleset[0].handledAccessFs[0]: unknown file-system right "readfile"; did you mean "read_file"?
p.json:2: ruleset[0].handledAccessFs[1]: unknown file-system right "fs.read_file"; did you mean "read_file"?
p.json:2: ruleset[0].handledAccessFs[2]: unknown file-system right "banana"; want abi.all, abi.read_execute, abi.read_write, execute, write_file, read_file, read_dir, remove_dir, remove_file, make_char, make_dir, make_reg, make_sock, make_fifo, make_block, make_sym, refer, truncate, ioctl_dev
p.json:3: ruleset[0].handledAccessNet[0]: unknown network right "connect"; want abi.all, bind_tcp, connect_tcp
p.json:3: ruleset[0].handledAccessNet[1]: unknown network right "abi.read_write"; want abi.all, bind_tcp, connect_tcp
p.json:4: ruleset[0].scoped[0]: unknown scope "signals"; did you mean "signal"?`},
	{"group without abi", `{"ruleset": [{"scoped": ["abi.all"]}]}`,
		`p.json:1: ruleset[0].scoped[0]: "abi.all" depends on the ABI; add "abi" with the version the policy was written for`},
	{"group of an abi not known here", `{"abi": 9, "ruleset": [{"handledAccessFs": ["abi.all"]}]}`,
		`p.json:1: ruleset[0].handledAccessFs[0]: "abi.all" at abi 9 holds rights that are not known here; name the rights, or lower abi to 8`},
	{"abi too low", `{"abi": 0, "ruleset": [{"handledAccessFs": ["abi.all"]}]}`,
		"p.json:1: abi: want a Landlock ABI version from 1, got 0"},
	{"ports", `{"netPort": [{"allowedAccess": ["bind_tcp"], "port": [65535, 65536, -1]}]}`,
		"p.json:1: netPort[0].port[1]: port 65536: want 0 to 65535\np.json:1: netPort[0].port[2]: port -1: want 0 to 65535"},
	{"variable names", `{"variable": [{"name": ""}, {"name": "_a"}, {"name": "a-b"}, {"name": "home", "literal": ["/root"]}, {"name": "à"}]}`,
		`p.json:1: variable[0].name: a variable name is empty
p.json:1: variable[1].name: "_a" is no variable name: want ASCII letters, digits and _, a letter first
p.json:1: variable[2].name: "a-b" is no variable name: want ASCII letters, digits and _, a letter first
p.json:1: variable[3].name: variable "home" is set by every observation; use another name
p.json:1: variable[4].name: "à" is no variable name: want ASCII letters, digits and _, a letter first`},
	{"templates", `{"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["/${a", "${}", "${a b}"]}]}`,
		`p.json:1: pathBeneath[0].parent[0]: "/${a": ${ without }; close it, or write $$ for a dollar sign
p.json:1: pathBeneath[0].parent[1]: "${}": a variable name is empty
p.json:1: pathBeneath[0].parent[2]: "${a b}": "a b" is no variable name: want ASCII letters, digits and _, a letter first`},
	{"duplicate key", "{\n\"abi\": 1,\n\"abi\": 2, \"ruleset\": [{\"scoped\": [\"signal\"]}]}",
		"p.json:3: abi: key stands twice, first on line 2; keep one"},
}

func TestParseFaults(t *testing.T) {
	for _, c := range parseFaults {
		t.Run(c.name, func(t *testing.T) {
			cfg, err := Parse("p.json", []byte(c.text))
			var fileErr *FileError
			if !errors.As(err, &fileErr) || cfg != nil {
				t.Fatalf("Parse = %v, %v, want a FileError", cfg, err)
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("error (-want +got):\n%s", d)
			}
		})
	}
}

// A group that stands for nothing at a low ABI grants and handles nothing, as
// in the reference library.
func TestParseEmptyGroup(t *testing.T) {
	c, err := Parse("p.json", []byte(`{"abi": 3, "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if _, net, _ := c.Handled(); net != 0 || len(c.Ports) != 0 {
		t.Errorf("handles %v with ports %v, want neither", net, c.Ports)
	}
	want := []Finding{{Code: CodeEmptyGroup, Level: Warning, Place: Place{"p.json", 1}, Msg: `"abi.all" stands for nothing at abi 3; raise abi, or remove it`}}
	if d := cmp.Diff(want, c.Remarks); d != "" {
		t.Errorf("remarks (-want +got):\n%s", d)
	}
	_, err = c.Resolve(nil, nil)
	if err == nil || !strings.Contains(err.Error(), "restricts nothing") {
		t.Errorf("Resolve = %v, want an error: it restricts nothing", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(wholeText))
	for _, c := range parseFaults {
		f.Add([]byte(c.text))
	}
	vars := map[string][]string{"scratch": {"/s"}, "home": {"/s/h"}, "workspace": {"/s/w", "/s/v"}}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse("f.json", data)
		if err != nil {
			var fileErr *FileError
			if !errors.As(err, &fileErr) || len(fileErr.Faults) == 0 || c != nil {
				t.Fatalf("Parse = %v, %#v, want a FileError with faults and no config", c, err)
			}
			return
		}
		r, err := c.Resolve(vars, nil)
		if err != nil {
			return
		}
		for i, p := range r.Paths {
			if p.Access == 0 || p.Access&^r.HandledFS != 0 {
				t.Errorf("rule on %q grants %v, handled are %v", p.Parent, p.Access, r.HandledFS)
			}
			if !strings.HasPrefix(p.Parent, "/") || i > 0 && r.Paths[i-1].Parent >= p.Parent {
				t.Errorf("parents not absolute, sorted and unique: %q", p.Parent)
			}
		}
		for i, p := range r.Ports {
			if p.Access == 0 || p.Access&^r.HandledNet != 0 || p.Port > 65535 || i > 0 && r.Ports[i-1].Port >= p.Port {
				t.Errorf("bad port rule %v", p)
			}
		}
		if abi := MinABI(r); abi > LatestABI {
			t.Errorf("MinABI = %d, the text can only name rights up to %d", abi, LatestABI)
		}
		again, err := c.Resolve(vars, nil)
		if d := cmp.Diff(r, again); d != "" || err != nil {
			t.Errorf("Resolve twice differs: %v\n%s", err, d)
		}
	})
}
