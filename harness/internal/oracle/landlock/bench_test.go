package landlock_test

import (
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
