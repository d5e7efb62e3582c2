package landlock_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// The cases follow the reference library's own tests of its compose.
func TestCompose(t *testing.T) {
	const all = `"ruleset": [{"handledAccessFs": ["abi.all"], "handledAccessNet": ["abi.all"]}]`
	rule := func(access, parents string) string {
		return fmt.Sprintf(`{"allowedAccess": [%s], "parent": [%s]}`, access, parents)
	}
	for _, c := range []struct {
		name  string
		texts []string
		want  Ruleset // of both orders; the zero Ruleset: nothing is restricted
	}{
		{"the smaller abi", []string{
			`{"abi": 4, "ruleset": [{"handledAccessFs": ["abi.all"], "handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}]}`,
			`{"abi": 6, "pathBeneath": [` + rule(`"abi.all"`, `"/a"`) + `], "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`,
		}, Ruleset{
			HandledFS: AllFS(4), HandledNet: AllNet(4),
			Paths: []PathRule{{Parent: "/a", Access: AllFS(4)}}, Ports: []PortRule{{Port: 1, Access: AllNet(4)}},
		}},
		{"scopes", []string{`{"ruleset": [{"scoped": ["abstract_unix_socket"]}]}`, `{"abi": 6, "ruleset": [{"scoped": ["abi.all"]}]}`},
			Ruleset{Scoped: ScopeAbstractUnixSocket}},
		{"nothing in common", []string{`{"pathBeneath": [` + rule(`"execute"`, `"/a"`) + `]}`, `{"pathBeneath": [` + rule(`"read_file"`, `"/a", "/b"`) + `]}`},
			Ruleset{}},
		{"variables alone handle nothing", []string{`{"variable": [{"name": "a", "literal": ["/a"]}]}`, `{"pathBeneath": [` + rule(`"read_file"`, `"${a}"`) + `]}`},
			Ruleset{}},
		{"a rule loses what the other does not handle", []string{
			`{"ruleset": [{"handledAccessFs": ["read_file"]}], "pathBeneath": [` + rule(`"execute"`, `"/a"`) + `]}`,
			`{"pathBeneath": [` + rule(`"read_file"`, `"/a", "/b"`) + `]}`,
		}, Ruleset{HandledFS: ReadFile, Paths: []PathRule{{Parent: "/a", Access: ReadFile}, {Parent: "/b", Access: ReadFile}}}},
		{"variables of both", []string{
			`{"ruleset": [{"handledAccessFs": ["read_file"]}], "variable": [{"name": "foo", "literal": ["/a", "/b"]}], "pathBeneath": [` + rule(`"execute"`, `"${foo}"`) + `]}`,
			`{"ruleset": [{"handledAccessFs": ["execute"]}], "variable": [{"name": "foo", "literal": ["/c"]}], "pathBeneath": [` + rule(`"read_file"`, `"${foo}", "/x${foo}"`) + `]}`,
		}, Ruleset{HandledFS: Execute | ReadFile, Paths: []PathRule{
			{Parent: "/a", Access: Execute | ReadFile}, {Parent: "/b", Access: Execute | ReadFile}, {Parent: "/c", Access: Execute | ReadFile},
			{Parent: "/x/a", Access: ReadFile}, {Parent: "/x/b", Access: ReadFile}, {Parent: "/x/c", Access: ReadFile},
		}}},
		{"abi 1 and 2", []string{
			`{"abi": 1, ` + all + `, "pathBeneath": [` + rule(`"abi.read_execute"`, `"/"`) + `], "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`,
			`{"abi": 2, ` + all + `, "pathBeneath": [` + rule(`"abi.read_write"`, `"/"`) + `], "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`,
		}, Ruleset{HandledFS: AllFS(1), Paths: []PathRule{{Parent: "/", Access: AllFS(1)}}}},
		{"a rule handles what its ruleset does not name", []string{
			`{"abi": 4, ` + all + `, "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`,
			`{"abi": 6, "ruleset": [{"handledAccessNet": ["bind_tcp"]}], "netPort": [{"allowedAccess": ["abi.all"], "port": [1]}]}`,
		}, Ruleset{HandledNet: AllNet(4), Ports: []PortRule{{Port: 1, Access: AllNet(4)}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 2 {
				var configs []*Config
				for i, text := range c.texts {
					config, err := Parse(fmt.Sprintf("%d.json", i), []byte(text))
					if err != nil {
						t.Fatal(err)
					}
					configs = append(configs, config)
				}
				got, err := Compose(configs[0], configs[1:]...).Resolve(nil, nil)
				if nothing := cmp.Equal(c.want, Ruleset{}); nothing != (err != nil) {
					t.Errorf("Resolve = %v, want an error: %v", err, nothing)
				}
				if d := cmp.Diff(c.want, got); d != "" {
					t.Errorf("ruleset (-want +got):\n%s", d)
				}
				slices.Reverse(c.texts)
			}
		})
	}
}

// Faults and findings of a composition name the text they are in.
func TestComposeFaults(t *testing.T) {
	a, err := Parse("a.json", []byte("{\"ruleset\": [{\"handledAccessFs\": [\"execute\"]}],\n\"pathBeneath\": [{\"allowedAccess\": [\"execute\"], \"parent\": [\"${x}\"]}]}"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("b.toml", []byte("[[variable]]\nname = 'cell'\n[[path_beneath]]\nallowed_access = ['execute']\nparent = ['rel']\n"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Compose(a, b).Resolve(map[string][]string{"cell": {"/"}}, nil)
	want := "b.toml:2: variable \"cell\" is set from outside; use another name in the text\n" +
		"b.toml:5: parent \"rel\": expands to a relative path; start it with / or ${workspace}\n" +
		"a.json:2: parent \"${x}\": variable \"x\" is not defined"
	if err == nil || err.Error() != want {
		t.Errorf("Resolve = %v\nwant %s", err, want)
	}
	if abi := Compose(&Config{ABI: 4}, &Config{}, &Config{ABI: 2}).ABI; abi != 2 {
		t.Errorf("abi = %d, want the smallest that is declared", abi)
	}
}

// Composing is the same in any order, grouping and number: each text handles a
// right or not, and what one grants of the common rights stays granted.
func TestComposeLaws(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	text := func() *Config {
		c := &Config{File: "x", ABI: rng.IntN(4), HandledFS: AccessFS(rng.Uint64()) & AllFS(LatestABI), HandledNet: AccessNet(rng.Uint64()) & AllNet(LatestABI)}
		for range rng.IntN(4) {
			parent, err := ParseTemplate("/" + string(rune('a'+rng.IntN(3))))
			if err != nil {
				t.Fatal(err)
			}
			c.Paths = append(c.Paths, PathGrant{Parent: parent, Access: ReadFile | AccessFS(rng.Uint64())&AllFS(LatestABI)})
		}
		for range rng.IntN(4) {
			c.Ports = append(c.Ports, PortGrant{Port: uint64(rng.IntN(3)), Access: BindTCP | AccessNet(rng.Uint64())&AllNet(LatestABI)})
		}
		return c
	}
	meaning := func(c *Config) string {
		r, err := c.Resolve(nil, nil)
		if err != nil {
			return "nothing"
		}
		return fmt.Sprintf("%d %+v", c.ABI, r)
	}
	for range 500 {
		a, b, c := text(), text(), text()
		want := meaning(Compose(a, b, c))
		for name, got := range map[string]string{
			"order": meaning(Compose(c, a, b)), "left": meaning(Compose(Compose(a, b), c)),
			"right": meaning(Compose(a, Compose(b, c))), "twice": meaning(Compose(a, b, c, b, a)),
		} {
			if got != want {
				t.Fatalf("%s: %s\nwant %s", name, got, want)
			}
		}
		if strings.Contains(want, "nothing") {
			continue
		}
		one := Compose(a, a)
		if got, want := meaning(one), meaning(a); got != want {
			t.Fatalf("with itself: %s\nwant %s", got, want)
		}
	}
}
