package worker_test

import (
	"slices"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

// BenchmarkProbe is one observation, there and back. The tenth percentile says
// more than the mean on a machine that does other things as well.
func BenchmarkProbe(b *testing.B) {
	here := file(b, "here", "x")
	allowReads := &worker.Policy{ID: 1, Layers: []landlock.Ruleset{{
		HandledFS: landlock.ReadFile, Paths: []landlock.PathRule{{Parent: "/", Access: landlock.ReadFile}},
	}}}
	for _, bb := range []struct {
		name   string
		policy *worker.Policy
		op     op.Request
	}{
		{"free", nil, op.Request{Op: "fs.read_file", Target: here}},
		{"allowed", allowReads, op.Request{Op: "fs.read_file", Target: here}},
		{"denied", denyReads, op.Request{Op: "fs.read_file", Target: here}},
		{"missing", nil, op.Request{Op: "fs.remove_file", Target: here + "-not"}},
		{"no_path", nil, op.Request{Op: "syscall.socket", Syscall: "netlink", Target: "route"}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			w := start(b)
			var took []time.Duration
			for b.Loop() {
				begin := time.Now()
				do(b, w, worker.Request{Probe: &worker.Probe{Policy: bb.policy, Op: bb.op}})
				took = append(took, time.Since(begin))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/10].Nanoseconds())/1e3, "us/p10")
		})
	}
}
