package landlock_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// TestResolved holds what an answer says the call is about.
func TestResolved(t *testing.T) {
	tree := data(t,
		file("/w/src/a"), dir("/w/dst"), file("/home/key"), symlink("/w/abs", "/home/key"), symlink("/w/up", ".."),
		symlink("/w/dangling", "nowhere"), dir("/proc"), oracle.Entry{Path: "/w/sock", Kind: oracle.Socket},
		oracle.Entry{Path: "/w/script", Kind: oracle.File, Content: "#!/home/key\n"},
	)
	for _, r := range []struct {
		op, syscall, target, source string
		want                        string
	}{
		{"fs.read_file", "", "/w/./src//a", "", "/w/src/a"},
		{"fs.read_file", "", "/w/abs", "", "/home/key"},
		{"fs.read_file", "", "/w/up/home/key", "", "/home/key"},
		{"fs.read_file", "", "/w/dangling", "", ""},
		{"fs.read_file", "", "/w/none", "", ""},
		{"fs.execute", "", "/w/up/w/script", "", "/w/script"},
		{"fs.truncate", "ftruncate", "/w/abs", "", "/home/key"},
		{"fs.make_reg", "", "/w/up/new", "", "/new"},
		{"fs.make_reg", "open_creat", "/w/up/new", "", "/new"},
		{"fs.make_reg", "tmpfile", "/w/up/new", "", "/new"},
		{"fs.make_reg", "", "/w/dangling", "", "/w/dangling"},
		{"fs.make_reg", "", "/w/none/new", "", ""},
		{"fs.make_dir", "", "/w/src/..", "", ""},
		{"fs.remove_file", "unlink", "/w/up/w/abs", "", "/w/abs"},
		{"fs.refer", "", "/w/up/w/dst/a", "/w/src/a", "/w/dst/a"},
		{"fs.refer", "link", "/w/up/w/dst/a", "/w/src/a", "/w/dst/a"},
		{"fs.change_topology", "mount", "/w/up/w", "", "/w"},
		{"syscall.stat", "stat", "/w/abs", "", "/home/key"},
		{"syscall.stat", "lstat", "/w/abs", "", "/w/abs"},
		{"syscall.readlink", "", "/w/abs", "", "/w/abs"},
		{"syscall.connect", "unix", "/w/up/w/sock", "", "/w/sock"},
		{"net.connect_tcp", "", "localhost:443", "", "127.0.0.1:443"},
		{"net.connect_tcp", "", "example.org:443", "", ""},
		{"scope.signal", "", "child", "", "child"},
		{"scope.abstract_unix_socket", "", "@name", "", "@name"},
		{"fs.teleport", "", "/w", "", ""},
	} {
		a := oracle.Ask(oracle.Question{Layers: rulesets(layer()), Op: r.op, Syscall: r.syscall, Target: r.target, Source: r.source, Tree: tree})
		if a.Resolved != r.want {
			t.Errorf("%s %s of %q resolves to %q, want %q: %+v", r.op, r.syscall, r.target, a.Resolved, r.want, a)
		}
	}
}

// TestGrantingIndex holds that a grant points at its rule, also where two rules
// are spelled alike or name one file.
func TestGrantingIndex(t *testing.T) {
	tree := data(t, file("/w/src/a"), file("/w/src/b"), symlink("/w/link", "src"))
	layers := rulesets(
		layer(grant("/w/src/b", allFS), grant("/w", sandbox.ReadFile), grant("/w", sandbox.ReadFile), grant("/w/link", sandbox.ReadFile)),
		layer(grant("/", sandbox.ReadFile)),
	)
	read := []string{"fs.read_file"}
	want := []oracle.Grant{
		{Layer: 0, Index: 3, Rule: "/w/link", Rights: read},
		{Layer: 0, Index: 1, Rule: "/w", Rights: read},
		{Layer: 0, Index: 2, Rule: "/w", Rights: read},
		{Layer: 1, Index: 0, Rule: "/", Rights: read},
	}
	a := oracle.Ask(oracle.Question{Layers: layers, Op: "fs.read_file", Target: "/w/src/a", Tree: tree})
	if diff := cmp.Diff(want, a.Granting); diff != "" {
		t.Errorf("granting (-want +got):\n%s", diff)
	}
	ports := sandbox.Ruleset{HandledNet: sandbox.ConnectTCP, Ports: []sandbox.PortRule{{Port: 80, Access: sandbox.ConnectTCP}, {Port: 443, Access: sandbox.ConnectTCP}}}
	a = oracle.Ask(oracle.Question{Layers: rulesets(ports), Op: "net.connect_tcp", Target: "127.0.0.1:443"})
	if diff := cmp.Diff([]oracle.Grant{{Layer: 0, Index: 1, Rule: "443", Rights: []string{"net.connect_tcp"}}}, a.Granting); diff != "" {
		t.Errorf("granting port (-want +got):\n%s", diff)
	}
}
