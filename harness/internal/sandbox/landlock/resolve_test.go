package landlock_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse("p.json", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResolve(t *testing.T) {
	c := parse(t, `{
"variable": [{"name": "tool", "literal": ["git", "ssh"]}, {"name": "root", "literal": ["/usr", "/opt"]}],
"pathBeneath": [
 {"allowedAccess": ["read_file"], "parent": ["${root}/${tool}", "/z$$/$x", "${workspace}"]},
 {"allowedAccess": ["execute"], "parent": ["/opt/git", "${home}/.cache", "/opt/ssh"]},
 {"allowedAccess": ["write_file"], "parent": ["${workspace}", "${root}/ssh"]}],
"netPort": [
 {"allowedAccess": ["connect_tcp"], "port": [443, 80]},
 {"allowedAccess": ["bind_tcp"], "port": [80]}]}`)
	vars := map[string][]string{"workspace": {"/s/w"}, "home": {"/s/h"}, "scratch": {"/s"}}
	optional := func(template string) bool {
		return template == "${root}/${tool}" || template == "/opt/git" || template == "${root}/ssh" || template == "${home}/.cache"
	}
	got, err := c.Resolve(vars, optional)
	if err != nil {
		t.Fatal(err)
	}
	want := Ruleset{
		HandledFS:  ReadFile | Execute | WriteFile,
		HandledNet: BindTCP | ConnectTCP,
		Paths: []PathRule{
			{Parent: "/opt/git", Access: ReadFile | Execute, Optional: true},
			{Parent: "/opt/ssh", Access: ReadFile | Execute | WriteFile}, // wanted by one rule that is not optional
			{Parent: "/s/h/.cache", Access: Execute, Optional: true},
			{Parent: "/s/w", Access: ReadFile | WriteFile},
			{Parent: "/usr/git", Access: ReadFile, Optional: true},
			{Parent: "/usr/ssh", Access: ReadFile | WriteFile, Optional: true},
			{Parent: "/z$/$x", Access: ReadFile},
		},
		Ports: []PortRule{{Port: 80, Access: BindTCP | ConnectTCP}, {Port: 443, Access: ConnectTCP}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("ruleset (-want +got):\n%s", d)
	}
}

func TestResolveFaults(t *testing.T) {
	long := strings.Repeat("x", 3000)
	for _, c := range []struct {
		name, text string
		vars       map[string][]string
		want       string
	}{
		{"undefined", `{"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["/${a}/${b}",
"${workspace}"]}]}`, nil, `p.json:1: parent "/${a}/${b}": variable "a" is not defined
p.json:1: parent "/${a}/${b}": variable "b" is not defined
p.json:2: parent "${workspace}": variable "workspace" is not defined`},
		{"no value", `{"variable": [{"name": "a"}], "pathBeneath": [{"allowedAccess": ["execute"], "parent": ["${a}"]}]}`, nil,
			`p.json:1: parent "${a}": variable "a" has no value`},
		{"defined twice", `{"variable": [{"name": "loopback"}], "ruleset": [{"scoped": ["signal"]}]}`,
			map[string][]string{"loopback": {"127.0.0.1"}},
			`p.json:1: variable "loopback" is set from outside; use another name in the text`},
		{"relative", `{"pathBeneath": [{"allowedAccess": ["execute"], "parent": [".", "", "${workspace}/x"]}]}`,
			map[string][]string{"workspace": {"w"}},
			`p.json:1: parent ".": expands to a relative path; start it with / or ${workspace}
p.json:1: parent "": expands to the empty path
p.json:1: parent "${workspace}/x": expands to a relative path; start it with / or ${workspace}`},
		{"nul", `{"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["${workspace}"]}]}`,
			map[string][]string{"workspace": {"/w\x00"}},
			`p.json:1: parent "${workspace}": expands to a path with a NUL byte`},
		{"restricts nothing", `{"variable": [{"name": "a"}]}`, nil,
			"p.json: the policy restricts nothing; add a ruleset that handles rights or scopes"},
		{"too many", `{"variable": [{"name": "a", "literal": ["/a", "/b", "/c", "/d", "/e"]}],
"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["${a}${a}${a}${a}${a}${a}${a}"]}]}`, nil,
			`p.json:2: parent "${a}${a}${a}${a}${a}${a}${a}": variables multiply out to more than 16384 paths`},
		{"too long", `{"variable": [{"name": "a", "literal": ["/` + long + `"]}], "pathBeneath": [{"allowedAccess": ["execute"], "parent": ["${workspace}${a}"]}]}`,
			map[string][]string{"workspace": {"/" + long}},
			`p.json:1: parent "${workspace}${a}": expands to a path of 4096 bytes or more`},
		{"in the middle", `{"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["/proc/self/root${workspace}/x"]}]}`,
			map[string][]string{"workspace": {"/w"}},
			`p.json:1: parent "/proc/self/root${workspace}/x": ${workspace} is a whole path; start the parent with it`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parse(t, c.text).Resolve(c.vars, nil)
			if err == nil {
				t.Fatalf("Resolve = %v, want an error", got)
			}
			if d := cmp.Diff(c.want, err.Error()); d != "" {
				t.Errorf("error (-want +got):\n%s", d)
			}
		})
	}
}

func TestHostParents(t *testing.T) {
	got := parse(t, `{"variable": [{"name": "lib", "literal": ["/lib64", "/lib"]}, {"name": "none"}],
"pathBeneath": [{"allowedAccess": ["execute"], "parent": ["/usr", "${lib}/x", "${home}/y", "${lib}${scratch}", "${none}"]}]}`).HostParents()
	want := []HostParent{
		{Path: "/usr", Template: "/usr", Place: Place{File: "p.json", Line: 2}},
		{Path: "/lib/x", Template: "${lib}/x", Place: Place{File: "p.json", Line: 2}},
		{Path: "/lib64/x", Template: "${lib}/x", Place: Place{File: "p.json", Line: 2}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("host parents (-want +got):\n%s", d)
	}
}

var templates = []struct {
	text string
	want []string
}{
	{"", []string{""}},
	{"/plain", []string{"/plain"}},
	{"${a}", []string{"1", "2"}},
	{"${a}/${b}", []string{"1/x", "1/y", "2/x", "2/y"}},
	{"${a}${a}", []string{"11", "12", "21", "22"}},
	{"$${a}", []string{"${a}"}},
	{"$$$${a}", []string{"$${a}"}},
	{"$$${a}", []string{"$1", "$2"}},
	{"/$x$", []string{"/$x$"}},
	{"é${a}ü", []string{"é1ü", "é2ü"}},
}

func TestTemplateExpand(t *testing.T) {
	vars := map[string][]string{"a": {"1", "2"}, "b": {"x", "y"}}
	for _, c := range templates {
		tmpl, err := ParseTemplate(c.text)
		if err != nil {
			t.Errorf("ParseTemplate(%q): %v", c.text, err)
			continue
		}
		got, err := tmpl.Expand(vars, 100)
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("Expand(%q): %v (-want +got):\n%s", c.text, err, d)
		}
	}
}

// FuzzTemplate holds two laws: the escaped form of any text expands to that
// text alone, and expanding gives one path per combination of values.
func FuzzTemplate(f *testing.F) {
	for _, c := range templates {
		f.Add(c.text)
	}
	f.Add("${unclosed")
	f.Add("${1}")
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 300 {
			return
		}
		escaped, err := ParseTemplate(strings.ReplaceAll(s, "$", "$$"))
		if err != nil {
			t.Fatalf("escaped %q: %v", s, err)
		}
		got, err := escaped.Expand(nil, 1)
		if d := cmp.Diff([]string{s}, got); d != "" || err != nil {
			t.Fatalf("escaped %q: %v (-want +got):\n%s", s, err, d)
		}

		tmpl, err := ParseTemplate(s)
		if err != nil {
			return
		}
		vars := map[string][]string{}
		for _, name := range tmpl.Variables() {
			vars[name] = []string{"/", "//"}
			if _, err := ParseTemplate("${" + name + "}"); err != nil {
				t.Fatalf("variable %q was read and cannot be written: %v", name, err)
			}
		}
		paths, err := tmpl.Expand(vars, 1<<10)
		if err != nil {
			return
		}
		uses := 0
		for n := len(paths); n > 1; n /= 2 {
			if n%2 != 0 {
				t.Fatalf("%q gives %d paths, want a power of two", s, len(paths))
			}
			uses++
		}
		if uses < len(tmpl.Variables()) {
			t.Fatalf("%q gives %d paths for variables %v", s, len(paths), tmpl.Variables())
		}
	})
}
