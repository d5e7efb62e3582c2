package landlock_test

import (
	"fmt"
	"testing"

	oracle "github.com/rtgen/rtgen/harness/internal/oracle/landlock"
	sandbox "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// BenchmarkAsk is one question of the oracle lane: a fixture of its own over a
// host that is read once.
func BenchmarkAsk(b *testing.B) {
	host := oracle.NewCached(oracle.NewHost())
	read := sandbox.Execute | sandbox.ReadFile | sandbox.ReadDir
	optional := func(parent string) sandbox.PathRule {
		return sandbox.PathRule{Parent: parent, Access: read, Optional: true}
	}
	vars := siteVars("/tmp/benchmark/7")
	layers := rulesets(layer(optional("/usr"), optional("/bin"), optional("/lib"), optional("/etc"), grant(vars["workspace"], allFS)))
	for b.Loop() {
		tree, err := oracle.FromFixture(site, vars, host)
		if err != nil {
			b.Fatal(err)
		}
		a := oracle.Ask(oracle.Question{Layers: layers, Op: "fs.write_file", Target: vars["home"] + "/.ssh/id", Tree: tree})
		if a.Decision == oracle.Allow {
			b.Fatalf("allowed: %+v", a)
		}
	}
}

// BenchmarkPolicy is one question of many under one policy over a tree that is
// data: the time must not grow with the rules.
func BenchmarkPolicy(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 5000} {
		var entries []oracle.Entry
		var rules []sandbox.PathRule
		var calls []oracle.Call
		for i := range n {
			dir := fmt.Sprintf("/srv/team%d/project%d", i%50, i)
			entries = append(entries, file(dir+"/src/main"))
			rules = append(rules, grant(dir, sandbox.Execute|sandbox.ReadFile|sandbox.ReadDir))
			calls = append(calls,
				oracle.Call{Op: "fs.read_file", Target: dir + "/src/main"},
				oracle.Call{Op: "fs.write_file", Target: dir + "/src/main"},
				oracle.Call{Op: "fs.make_reg", Target: dir + "/src/new"},
				oracle.Call{Op: "fs.refer", Target: dir + "/main", Source: dir + "/src/main"})
		}
		p, err := oracle.Prepare(oracle.Setting{Layers: rulesets(layer(rules...)), Tree: data(b, entries...)})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rules=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				p.Ask(calls[i%len(calls)])
			}
		})
	}
}
