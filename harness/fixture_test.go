package harness_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/harnesstest"
	"github.com/rtgen/rtgen/harness/internal/fixture"
)

// What a fixture says comes through the registry and the compiled plan whole.
func TestFixtureRoundTrip(t *testing.T) {
	spec := &fixture.Spec{
		Listen:  "unixgram:@rtgen-${unique}",
		Outside: true,
		Tree: []fixture.Node{
			{Path: "${home}/null", Kind: fixture.Char, Dev: "1:3", Mode: "0666"},
			{Path: "${home}/loop", Kind: fixture.Block, Dev: "7:0"},
			{Path: "${home}/s", Kind: fixture.Socket},
			{Path: "${home}/pid", Kind: fixture.File, Content: "${outside_pid}"},
		},
	}
	path := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{
		{Operation: "scope.signal", Target: "${outside_pid}", Fixture: spec},
	}}}})
	compiled, err := harness.CompilePlan(harness.Source{}, path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(spec, compiled.Profiles[0].Scenarios[0].Fixture); diff != "" {
		t.Error(diff)
	}
}

// What an allowed attempt changes must be the probe's own.
func TestFixtureFaults(t *testing.T) {
	outside := &fixture.Spec{Outside: true}
	source := func(text string) *fixture.Spec { return &fixture.Spec{Source: text} }
	link := func(to string) *fixture.Spec {
		return &fixture.Spec{Tree: []fixture.Node{{Path: "${workspace}/l", Kind: fixture.Symlink, To: to}}}
	}
	node := func(kind fixture.Kind, dev string) *fixture.Spec {
		return &fixture.Spec{Tree: []fixture.Node{{Path: "${home}/d", Kind: kind, Dev: dev}}}
	}
	for _, tt := range []struct {
		name  string
		probe harnesstest.Probe
		fault string // empty: none
	}{
		{"link text", harnesstest.Probe{Operation: "fs.make_sym", Target: "${home}/l", Fixture: source("../../etc/passwd")}, ""},
		{"text as a path", harnesstest.Probe{Operation: "fs.refer", Target: "${home}/l", Fixture: source("../../etc/passwd")},
			`fixture.source "../../etc/passwd" is no path of the fixture, which fs.refer would take it for: start it with ${scratch}, ${home} or ${workspace}`},
		{"host's path as a path", harnesstest.Probe{Operation: "fs.refer", Target: "${home}/l", Fixture: source("/etc/passwd")}, `fixture.source "/etc/passwd" is no path of the fixture`},
		{"path", harnesstest.Probe{Operation: "fs.refer", Target: "${home}/l", Fixture: source("${home}/k")}, ""},
		{"host's file", harnesstest.Probe{Operation: "fs.remove_file", Target: "/etc/passwd"}, `"/etc/passwd" must start with ${scratch}/`},
		{"outside process", harnesstest.Probe{Operation: "scope.signal", Target: "${outside_pid}", Fixture: outside}, ""},
		{"no outside process", harnesstest.Probe{Operation: "scope.signal", Target: "${outside_pid}"}, `target "${outside_pid}" names a process that the fixture does not make: give it "outside": true`},
		{"no outside process but a fixture", harnesstest.Probe{Operation: "scope.signal", Target: "${outside_pid}", Fixture: &fixture.Spec{}}, `give it "outside": true`},
		{"ending the outside process", harnesstest.Probe{Operation: "scope.signal", Syscall: "kill_term", Target: "${outside_pid}", Fixture: outside}, ""},
		{"ending a child", harnesstest.Probe{Operation: "scope.signal", Syscall: "kill_term", Target: "child"}, ""},
		{"ending another", harnesstest.Probe{Operation: "scope.signal", Syscall: "kill_term", Target: "1"}, `scope.signal kill_term ends its target, and the baseline lane really does: "1" must be ${outside_pid} or child`},
		{"a host's process", harnesstest.Probe{Operation: "scope.signal", Target: "4711"}, `target "4711" is a process of whatever host the plan runs on: use ${outside_pid}, self, child or parent`},
		{"no process", harnesstest.Probe{Operation: "ptrace", Target: "cousin"}, `ptrace needs a process as its target: self, child, parent or a process id, not "cousin"`},
		{"no abstract socket", harnesstest.Probe{Operation: "scope.abstract_unix_socket", Target: "/run/s"}, `needs an abstract unix socket as its target, such as @name, not "/run/s"`},
		{"no source", harnesstest.Probe{Operation: "fs.refer", Syscall: "link", Target: "${home}/l"}, `fs.refer link takes two paths: give the other one as fixture.source`},
		{"ending the parent", harnesstest.Probe{Operation: "scope.signal", Syscall: "kill_term", Target: "parent"}, `"parent" must be ${outside_pid} or child`},
		{"held write through a link", harnesstest.Probe{Operation: "fs.write_file", Syscall: "held", Target: "${workspace}/l", Fixture: link("/host/v1")},
			`fs.write_file changes its target, and the baseline lane really does: "${workspace}/l" leaves the site by the symlink "${scratch}/home/project/l" to "/host/v1"; use what the fixture itself makes`},
		{"cutting below a link", harnesstest.Probe{Operation: "fs.truncate", Target: "${workspace}/l/x", Fixture: link("/host")}, `leaves the site by the symlink`},
		{"removing below a link", harnesstest.Probe{Operation: "fs.remove_file", Target: "${workspace}/l/x", Fixture: link("/host")}, `leaves the site by the symlink`},
		{"creating below a link", harnesstest.Probe{Operation: "fs.make_reg", Target: "${workspace}/l/x", Fixture: link("../../../host")}, `climbs out of the site by .. by the symlink`},
		{"renaming below a link", harnesstest.Probe{Operation: "syscall.rename", Target: "${workspace}/l/x", Fixture: &fixture.Spec{Source: "${home}/k", Tree: link("/host").Tree}}, `leaves the site by the symlink`},
		{"removing a link", harnesstest.Probe{Operation: "fs.remove_file", Target: "${workspace}/l", Fixture: link("/host/v1")}, ""},
		{"creating by a link", harnesstest.Probe{Operation: "fs.write_file", Syscall: "open_creat", Target: "${workspace}/l", Fixture: link("/host/v1")}, `leaves the site by the symlink`},
		{"reading through a link", harnesstest.Probe{Operation: "fs.read_file", Target: "${workspace}/l", Fixture: link("/host/v1")}, ""},
		{"cutting through a link within", harnesstest.Probe{Operation: "fs.truncate", Target: "${workspace}/l", Fixture: link("${home}/k")}, ""},
		{"climbing out and back in", harnesstest.Probe{Operation: "fs.truncate", Target: "${home}/../../site/x"}, `"${home}/../../site/x" climbs out of the site by ..`},
		{"cutting the null device", harnesstest.Probe{Operation: "fs.truncate", Target: "/dev/null"}, ""},
		{"removing the null device", harnesstest.Probe{Operation: "fs.remove_file", Target: "/dev/null"}, `"/dev/null" must start with ${scratch}/`},
		{"renaming over the null device", harnesstest.Probe{Operation: "fs.refer", Target: "/dev/null", Fixture: source("${home}/k")}, `"/dev/null" must start with ${scratch}/`},
		{"writing to a disk", harnesstest.Probe{Operation: "fs.write_file", Syscall: "held", Target: "${home}/d", Fixture: node(fixture.Block, "8:0")}, `"${home}/d" is device block 8:0, which is the host's; use what`},
		{"writing to null", harnesstest.Probe{Operation: "fs.write_file", Syscall: "held", Target: "${home}/d", Fixture: node(fixture.Char, "1:3")}, ""},
		{"removing a disk's node", harnesstest.Probe{Operation: "fs.remove_file", Target: "${home}/d", Fixture: node(fixture.Block, "8:0")}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := harnesstest.PlanFile(t, harnesstest.Plan{Profiles: []harnesstest.Profile{{Probes: []harnesstest.Probe{tt.probe}}}})
			_, err := harness.CompilePlan(harness.Source{}, path)
			if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("error %v, want %q in it", err, tt.fault)
			}
		})
	}
}
