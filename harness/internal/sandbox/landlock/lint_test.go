package landlock_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// whole handles every right of ABI 6, and of 7, so that only what a case adds
// is found.
const whole = `"abi": 7, "ruleset": [{"handledAccessFs": ["abi.all"], "handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}]`

// realOf is a host on which the folders are those named, and "/link" leads to
// "/other".
func realOf(path string) (string, bool, error) {
	real := path
	if rest, ok := strings.CutPrefix(path, "/usr/link"); ok {
		real = "/other" + rest
	}
	switch {
	case strings.HasPrefix(path, "/no"):
		return "", false, fs.ErrNotExist
	case strings.HasSuffix(path, ".txt"):
		return real, false, nil
	}
	return real, true, nil
}

func layer(t *testing.T, texts ...string) Layer {
	t.Helper()
	var l Layer
	for i, text := range texts {
		c, err := Parse(fmt.Sprintf("%c.json", 'a'+i), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		l.Texts = append(l.Texts, c)
	}
	return l
}

func rule(access, parents string) string {
	return fmt.Sprintf("\n"+`{"allowedAccess": [%s], "parent": [%s]}`, access, parents)
}

func paths(rules ...string) string {
	return "{" + whole + `, "pathBeneath": [` + strings.Join(rules, ",") + "]}"
}

func TestLint(t *testing.T) {
	optional := func(l Layer, templates ...string) Layer {
		l.Optional = templates
		return l
	}
	for _, c := range []struct {
		name   string
		layers []Layer
		want   []string
	}{
		{"nothing", []Layer{layer(t, paths(rule(`"abi.read_execute"`, `"/usr", "/etc"`), rule(`"abi.read_write"`, `"${workspace}"`)))}, nil},
		{"writes are open", []Layer{layer(t, `{"abi": 1, "pathBeneath": [`+rule(`"abi.read_execute"`, `"/usr"`)+`]}`)}, []string{
			"a.json LL001 warning 0: not handled, so allowed everywhere: fs.write_file, fs.remove_dir, fs.remove_file, fs.make_char, fs.make_dir, fs.make_reg, fs.make_sock, fs.make_fifo, fs.make_block, fs.make_sym; handle them in a ruleset",
			"a.json:1 LL004 note 0: written for abi 1: this kernel has abi 7 and does not restrict fs.truncate, fs.ioctl_dev, net.bind_tcp, net.connect_tcp, scope.abstract_unix_socket, scope.signal either",
		}},
		{"no abi, judged by what it uses", []Layer{layer(t, `{"ruleset": [{"handledAccessFs": ["read_file", "truncate"]}]}`)}, []string{
			"a.json LL004 note 0: written for abi 3: this kernel has abi 7 and does not restrict fs.ioctl_dev, net.bind_tcp, net.connect_tcp, scope.abstract_unix_socket, scope.signal either",
			"a.json:1 LL001 warning 0: not handled, so allowed everywhere: fs.execute, fs.write_file, fs.read_dir, fs.remove_dir, fs.remove_file, fs.make_char, fs.make_dir, fs.make_reg, fs.make_sock, fs.make_fifo, fs.make_block, fs.make_sym; handle them in a ruleset",
		}},
		{"files alone", []Layer{layer(t, `{"abi": 7, "ruleset": [{"handledAccessFs": ["abi.all"]}]}`)}, []string{
			"a.json:1 LL002 note 0: no network right is handled: nothing of the kind is restricted",
			"a.json:1 LL003 note 0: no scope is handled: nothing of the kind is restricted",
		}},
		{"half of the others", []Layer{layer(t, `{"abi": 6, "ruleset": [{"handledAccessNet": ["bind_tcp"], "scoped": ["signal"]}]}`)}, []string{
			"a.json:1 LL001 note 0: no file-system right is handled: nothing of the kind is restricted",
			"a.json:1 LL002 warning 0: not handled, so allowed everywhere: net.connect_tcp; handle them in a ruleset",
			"a.json:1 LL003 warning 0: not handled, so allowed everywhere: scope.abstract_unix_socket; handle them in a ruleset",
		}},
		{"a second layer handles the rest", []Layer{
			layer(t, `{"abi": 7, "ruleset": [{"handledAccessFs": ["abi.all"]}]}`),
			layer(t, `{"abi": 7, "ruleset": [{"handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}]}`),
		}, nil},
		{"newer than the kernel", []Layer{layer(t, `{"abi": 8, "ruleset": [{"handledAccessFs": ["abi.all"], "handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}]}`)}, nil},
		{"flags newer than the kernel", []Layer{func() Layer {
			l := layer(t, "{"+whole+"}")
			l.Flags = 1 << 20
			return l
		}()}, []string{"a.json:1 LL013 warning 0: landlock abi 7, want 9 for [1<<20]: scenarios under it are blocked on this kernel"}},
		{"more than it declares", []Layer{layer(t, "{\"abi\": 1,\n\"ruleset\": [{\"handledAccessFs\": [\"abi.all\", \"truncate\", \"ioctl_dev\"], \"handledAccessNet\": [\"bind_tcp\", \"connect_tcp\"], \"scoped\": [\"signal\", \"abstract_unix_socket\"]}]}")}, []string{
			"a.json:1 LL014 warning 0: declares abi 1 and uses fs.truncate, fs.ioctl_dev, net.bind_tcp, net.connect_tcp, scope.abstract_unix_socket, scope.signal of abi 6; raise abi",
		}},
		{"beneath another", []Layer{layer(t, paths(
			rule(`"abi.read_execute"`, `"/usr", "/etc"`), rule(`"read_file"`, `"/usr/lib", "/usr/./share/", "/usr/link", "/usrlocal"`), rule(`"write_file"`, `"/etc/x"`)))}, []string{
			`a.json:3 LL006 warning 0: parent "/usr/./share/": lies beneath "/usr", and the rules up there grant as much; remove it`,
			`a.json:3 LL006 warning 0: parent "/usr/lib": lies beneath "/usr", and the rules up there grant as much; remove it`,
		}},
		{"beneath two others together", []Layer{layer(t, paths(rule(`"read_file"`, `"/"`), rule(`"execute"`, `"/usr"`), rule(`"read_file", "execute"`, `"/usr/bin"`)))}, []string{
			`a.json:4 LL006 warning 0: parent "/usr/bin": lies beneath "/usr", and the rules up there grant as much; remove it`,
		}},
		{"beneath another in the scratch folder", []Layer{layer(t, paths(rule(`"read_file"`, `"${scratch}"`), rule(`"read_file"`, `"${workspace}"`)))}, []string{
			`a.json:3 LL006 warning 0: parent "${workspace}": lies beneath "${scratch}", and the rules up there grant as much; remove it`,
		}},
		{"twice", []Layer{layer(t, "{"+whole+`, "pathBeneath": [`+rule(`"read_file"`, `"/a", "/a/"`)+","+rule(`"read_file", "execute"`, `"/b"`)+","+rule(`"execute"`, `"/b"`)+
			`], "netPort": [`+"\n"+`{"allowedAccess": ["bind_tcp", "bind_tcp"], "port": [1, 2]},`+"\n"+`{"allowedAccess": ["abi.all"], "port": [1]}]}`)}, []string{
			`a.json:2 LL009 warning 0: parent "/a/": another rule for "/a" grants as much; remove it`,
			`a.json:4 LL009 warning 0: parent "/b": another rule for "/b" grants as much; remove it`,
			`a.json:5 LL008 warning 0: "bind_tcp" adds nothing to the words before it; remove it`,
			`a.json:5 LL009 warning 0: port 1: another rule grants as much; remove one`,
		}},
		{"some values of a variable are no repetition", []Layer{layer(t, "{"+whole+`, "variable": [{"name": "v", "literal": ["/a", "/b"]}], "pathBeneath": [`+
			rule(`"read_file"`, `"${v}"`)+","+rule(`"read_file", "execute"`, `"/a"`)+`]}`)}, nil},
		{"words", []Layer{layer(t, `{"abi": 7, "variable": [`+"\n"+`{"name": "used", "literal": ["/a"]},`+"\n"+`{"name": "idle", "literal": ["/b"]}],
"ruleset": [{"handledAccessFs": ["abi.all", "execute"], "handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}],
"pathBeneath": [{"allowedAccess": ["read_file"], "parent": ["${used}"]}]}`)}, []string{
			`a.json:3 LL018 warning 0: variable "idle" is used by no parent; remove it`,
			`a.json:4 LL008 warning 0: "execute" adds nothing to the words before it; remove it`,
		}},
		{"a group for nothing", []Layer{layer(t, `{"abi": 3, "ruleset": [{"handledAccessFs": ["abi.all", "ioctl_dev"], "scoped": ["abi.all"]}, {"handledAccessNet": ["bind_tcp", "connect_tcp"], "scoped": ["signal", "abstract_unix_socket"]}]}`)}, []string{
			`a.json:1 LL012 warning 0: "abi.all" stands for nothing at abi 3; raise abi, or remove it`,
			`a.json:1 LL014 warning 0: declares abi 3 and uses fs.ioctl_dev, net.bind_tcp, net.connect_tcp, scope.abstract_unix_socket, scope.signal of abi 6; raise abi`,
		}},
		{"parents", []Layer{optional(layer(t, paths(
			rule(`"abi.read_write"`, `"/no", "/nor", "/x.txt"`), rule(`"read_dir"`, `"/y.txt"`), rule(`"read_file"`, `"/z.txt"`))), "/nor", "/never")}, []string{
			` LL017 warning 0: landlock.optional_parents names "/never", which is no parent of its texts; remove it or spell it as the text does`,
			`a.json:2 LL010 warning 0: parent "/no" does not exist on this host; remove its rule, or list it in the profile's landlock.optional_parents`,
			`a.json:2 LL011 note 0: parent "/x.txt" is no folder: fs.read_dir, fs.remove_dir, fs.remove_file, fs.make_char, fs.make_dir, fs.make_reg, fs.make_sock, fs.make_fifo, fs.make_block, fs.make_sym, fs.refer are left out of its rule`,
			`a.json:3 LL011 warning 0: parent "/y.txt" is no folder, and the rule grants what only folders have: fs.read_dir`,
		}},
		{"refer on one side", []Layer{layer(t, paths(rule(`"abi.read_write"`, `"${workspace}"`), rule(`"make_reg", "remove_file"`, `"${home}", "${workspace}/x"`), rule(`"read_file"`, `"/usr"`)))}, []string{
			`a.json:3 LL005 warning 0: parent "${home}": refer is not granted here and is for "${workspace}": a file cannot be moved or linked from the one to the other (EXDEV)`,
			`a.json:3 LL006 warning 0: parent "${workspace}/x": lies beneath "${workspace}", and the rules up there grant as much; remove it`,
		}},
		{"refer in one layer", []Layer{layer(t, paths(rule(`"abi.read_write"`, `"${workspace}"`))), layer(t, `{"ruleset": [{"handledAccessFs": ["execute"]}]}`)}, []string{
			`a.json:1 LL005 warning 1: layer 1 handles file-system rights and not refer, so it denies every move and link between folders, which layer 0 grants`,
		}},
		{"composition", []Layer{layer(t, "{"+whole+`, "netPort": [`+"\n"+`{"allowedAccess": ["abi.all"], "port": [1]}]}`,
			`{"abi": 7, "ruleset": [`+"\n"+`{"handledAccessFs": ["abi.all"], "scoped": ["abi.all"]}], "pathBeneath": [`+rule(`"read_file"`, `"/"`)+`]}`)}, []string{
			`a.json:1 LL002 note 0: no network right is handled: nothing of the kind is restricted`,
			`a.json:1 LL019 warning 0: handles net.bind_tcp, net.connect_tcp, and a text it is composed with does not: the layer leaves them allowed`,
			`a.json:2 LL007 warning 0: port 1: the rule has no effect, the layer handles none of its rights`,
		}},
		{"a composed rule loses a right", []Layer{layer(t, paths(rule(`"read_file", "execute"`, `"/"`)),
			`{"abi": 7, "ruleset": [{"handledAccessFs": ["abi.read_write"], "handledAccessNet": ["abi.all"], "scoped": ["abi.all"]}]}`)}, []string{
			`a.json:1 LL001 warning 0: not handled, so allowed everywhere: fs.execute; handle them in a ruleset`,
			`a.json:1 LL019 warning 0: handles fs.execute, and a text it is composed with does not: the layer leaves them allowed`,
			`a.json:2 LL007 warning 0: parent "/": the rule grants fs.execute, which the layer does not handle`,
		}},
		{"idle layers", []Layer{
			layer(t, paths(rule(`"read_file"`, `"/usr"`))),
			layer(t, `{"abi": 7, "ruleset": [{"handledAccessFs": ["abi.read_execute"]}], "pathBeneath": [`+rule(`"abi.read_execute"`, `"/"`)+`]}`),
			layer(t, `{"ruleset": [{"handledAccessNet": ["bind_tcp"]}]}`),
			layer(t, `{"ruleset": [{"handledAccessNet": ["bind_tcp"]}]}`),
			layer(t, `{"ruleset": [{"scoped": ["signal"]}]}`),
			layer(t, `{"ruleset": [{"scoped": ["signal"]}]}`),
		}, []string{
			"a.json:1 LL016 warning 1: layer 1 grants everything it handles for /: it denies changes of the mount table and nothing else",
			"a.json:1 LL016 warning 3: layer 3 restricts what layer 2 does and grants the same; remove it",
			"a.json:1 LL016 warning 4: layer 4 restricts what layer 5 does and grants the same; remove it",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lint(t, c.layers, Host{ABI: 7, Real: realOf})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("findings (-want +got):\n%s", d)
			}
		})
	}
}

func lint(t *testing.T, layers []Layer, host Host) []string {
	t.Helper()
	var got []string
	for _, f := range Lint(layers, site, host) {
		at := f.File
		if f.Line > 0 {
			at += fmt.Sprint(":", f.Line)
		}
		got = append(got, fmt.Sprintf("%s %s %s %d: %s", at, f.Code, f.Level, f.Layer, f.Msg))
	}
	return got
}

var site = map[string][]string{"scratch": {"/site"}, "home": {"/site/home"}, "workspace": {"/site/workspace"}}

func TestLintHosts(t *testing.T) {
	text := layer(t, paths(rule(`"read_file"`, `"/no"`)))
	for _, c := range []struct {
		host Host
		want []Code
	}{
		{Host{}, nil},
		{Host{ABI: 7}, nil},
		{Host{ABI: 5}, []Code{CodeNewABI}},
		{Host{Real: realOf}, []Code{CodeMissingParent}},
		{Host{ABI: 9}, nil}, // newer than this package knows: nothing to say
	} {
		var got []Code
		for _, f := range Lint([]Layer{text}, site, c.host) {
			got = append(got, f.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("abi %d: %v, want %v", c.host.ABI, got, c.want)
		}
	}
}

func TestLintTooManyLayers(t *testing.T) {
	var layers []Layer
	for i := range MaxLayers + 1 {
		layers = append(layers, layer(t, paths(rule(`"read_file"`, fmt.Sprintf(`"/%d"`, i)))))
	}
	if got := lint(t, layers[:MaxLayers], Host{}); got != nil {
		t.Errorf("%d layers: %q, want nothing", MaxLayers, got)
	}
	want := []string{" LL015 warning 16: has 17 layers, and the kernel takes 16: applying the next gives E2BIG"}
	if d := cmp.Diff(want, lint(t, layers, Host{})); d != "" {
		t.Errorf("findings (-want +got):\n%s", d)
	}
}

// Whatever loads can be linted and explained, and every finding has a code, a
// level and words.
func FuzzLint(f *testing.F) {
	for _, c := range twins {
		f.Add([]byte(c.json), []byte(wholeText))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		l := Layer{Flags: LogNewExecOn}
		for _, text := range [][]byte{a, b} {
			if c, err := Parse("f.json", text); err == nil {
				l.Texts = append(l.Texts, c)
			}
		}
		if len(l.Texts) == 0 {
			return
		}
		r, err := l.Resolve(site)
		var file *FileError
		if err != nil {
			if !errors.As(err, &file) {
				t.Fatalf("Resolve gave %T %v", err, err)
			}
			return
		}
		for _, f := range Lint([]Layer{l, l}, site, Host{ABI: 5, Real: realOf}) {
			if f.Code == "" || f.Level == "" || f.Msg == "" || strings.Contains(f.Msg, "%!") {
				t.Errorf("finding %+v", f)
			}
		}
		alone, twice := Explain([]Ruleset{r}), Explain([]Ruleset{r, r})
		for i := range alone {
			if d := cmp.Diff(alone[i].All, twice[i].All); d != "" {
				t.Errorf("%s: a layer twice is not the layer (-once +twice):\n%s", alone[i].Right, d)
			}
		}
	})
}
