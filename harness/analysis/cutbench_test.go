package analysis_test

import (
	"encoding/json"
	"fmt"
	"runtime"
	"testing"

	"github.com/rtgen/rtgen/harness/analysis"
	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// full is an observation with everything that a run of this host says of one.
func full(i int) *artifact.Event {
	e := row("fs.read_file", fmt.Sprintf("bench:read:file-%06d", i), "deny", "deny")
	e.ProfileID, e.RunID, e.ProbeName = "bench:read", "0197a0f2-1111-7222-8333-444455556666", fmt.Sprintf("file-%06d", i)
	e.Target = fmt.Sprintf("/tmp/workspace/notes-%06d.txt", i)
	e.RuntimeStatus, e.Errno, e.ErrnoName = "errno", new(13), new("EACCES")
	e.FailureStage, e.FailureKind, e.IntendedOpWitnessed = new("probe"), new("probe_errno"), new(true)
	e.PolicyLayers = &artifact.PolicyLayers{
		Attribution: "process_policy", EffectiveDecision: "deny",
		PlatformPolicy: artifact.PlatformPolicy{Decision: "allow", ExitCode: new(0), Source: "baseline", Status: new("allow")},
		ProcessPolicy:  artifact.ProcessPolicy{Decision: "deny", FailureKind: e.FailureKind, FailureStage: e.FailureStage, Status: "errno", Source: "kernel_witness", Blockers: []string{"fs.read_file"}, Layers: []int{0}},
	}
	e.ProbeDetails = json.RawMessage(`{"syscall":"openat","flags":["O_RDONLY"],"post_state":{"exists":true,"kind":"file","size":7}}`)
	e.Command, e.Stdout, e.Stderr = []string{"rtgen-worker", e.Target}, new(""), new("open: permission denied\n")
	return &e
}

// BenchmarkCut cuts observations: n scenarios, each seen so many times.
func BenchmarkCut(b *testing.B) {
	for _, size := range []struct{ scenarios, times int }{{1000, 1}, {1000, 20}, {200_000, 1}, {1000, 200}} {
		if testing.Short() && size.scenarios*size.times > 1000 {
			continue
		}
		b.Run(fmt.Sprintf("%d_scenarios_%d_times", size.scenarios, size.times), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c, err := analysis.NewCutWriter(analysis.CutOptions{Dir: b.TempDir(), WorldID: linuxWorld})
				if err != nil {
					b.Fatal(err)
				}
				for range size.times {
					for i := range size.scenarios {
						if err := c.Add(full(i)); err != nil {
							b.Fatal(err)
						}
					}
				}
				if _, err := c.Close(); err != nil {
					b.Fatal(err)
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapSys)/(1<<20), "heap-MiB")
			}
		})
	}
}
