package landlock_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/fixture"
	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestFixturePeers(t *testing.T) {
	vars := fixture.Described("/s")
	for listen, want := range map[string]*oracle.Listener{
		"":                        nil,
		"${loopback}:8443":        {Network: "tcp", Address: "127.0.0.1:8443"},
		"[::1]:8443":              {Network: "tcp", Address: "[::1]:8443"},
		"tcp:[::1]:8443":          {Network: "tcp", Address: "[::1]:8443"},
		"udp:${loopback}:53":      {Network: "udp", Address: "127.0.0.1:53"},
		"mptcp:${loopback}:53":    {Network: "mptcp", Address: "127.0.0.1:53"},
		"unix:@rtgen-${unique}":   {Network: "unix", Address: "@rtgen-" + vars["unique"]},
		"unixgram:${workspace}/s": {Network: "unixgram", Address: "/s/home/project/s"},
	} {
		got, err := oracle.FixturePeers(fixture.Spec{Listen: listen}, vars)
		expect := oracle.Peers{Unique: vars["unique"]}
		if want != nil {
			expect.Listening = []oracle.Listener{*want}
		}
		if diff := cmp.Diff(expect, got); diff != "" || err != nil {
			t.Errorf("peers of %q: %v (-want +got):\n%s", listen, err, diff)
		}
	}
	got, err := oracle.FixturePeers(fixture.Spec{Outside: true}, vars)
	if err != nil || len(got.Outside) != 1 {
		t.Errorf("peers with a process outside: %+v, %v", got, err)
	}
	delete(vars, "outside_pid")
	if _, err := oracle.FixturePeers(fixture.Spec{Outside: true}, vars); err == nil {
		t.Error("a process without an id is taken")
	}
}

// TestFixtureNodes asks about what a fixture with sockets and devices would
// make, before it is made.
func TestFixtureNodes(t *testing.T) {
	spec := fixture.Spec{
		Listen: "unix:${workspace}/answers", Outside: true,
		Tree: []fixture.Node{
			{Path: "${workspace}/silent", Kind: fixture.Socket},
			{Path: "${workspace}/null", Kind: fixture.Char, Dev: "1:3"},
			{Path: "${workspace}/disk", Kind: fixture.Block, Dev: "7:0"},
		},
	}
	vars := fixture.Described("/s")
	tree, err := oracle.FromFixture(spec, vars, nil)
	if err != nil {
		t.Fatal(err)
	}
	peers, err := oracle.FixturePeers(spec, vars)
	if err != nil {
		t.Fatal(err)
	}
	workspace := vars[fixture.VarWorkspace]
	user := &oracle.Cred{UID: 1000, GID: 1000}
	for _, r := range []struct {
		op, syscall, target string
		want                oracle.Decision
		errno               int
	}{
		{"syscall.connect", "unix", workspace + "/answers", oracle.Allow, 0},
		{"syscall.sendto", "unix", workspace + "/answers", oracle.Unknown, 91},
		{"syscall.connect", "unix", workspace + "/silent", oracle.Unknown, 0},
		{"fs.read_file", "", workspace + "/silent", oracle.Deny, 13},
		{"fs.ioctl_dev", "", workspace + "/null", oracle.Deny, 13},
		{"fs.ioctl_dev", "ioctl_held", workspace + "/disk", oracle.Allow, 0},
		{"scope.signal", "kill", vars[fixture.VarOutsidePID], oracle.Deny, 1},
		{"scope.signal", "kill", "1", oracle.Unknown, 1},
		{"scope.abstract_unix_socket", "connect", "@rtgen-" + vars[fixture.VarUnique], oracle.Unknown, 111},
	} {
		l := layer()
		l.Scoped = sandbox.ScopeSignal | sandbox.ScopeAbstractUnixSocket
		a := oracle.Ask(oracle.Question{Layers: rulesets(l), Op: r.op, Syscall: r.syscall, Target: r.target, Tree: tree, Peers: peers, Cred: user})
		if a.Decision != r.want || a.Errno != r.errno {
			t.Errorf("%s %s of %q = %+v, want %s, errno %d", r.op, r.syscall, r.target, a, r.want, r.errno)
		}
	}
}
