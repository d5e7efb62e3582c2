package zzw

import (
	"context"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/internal/channel"
	"github.com/rtgen/rtgen/harness/internal/op"
	"github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
	"github.com/rtgen/rtgen/harness/internal/worker"
)

func ruleset() landlock.Ruleset {
	read := landlock.Execute | landlock.ReadFile | landlock.ReadDir
	r := landlock.Ruleset{HandledFS: landlock.AllFS(5)}
	for _, p := range []string{"/usr", "/bin", "/sbin", "/lib", "/etc", "/proc", "/dev", "/opt", "/var"} {
		r.Paths = append(r.Paths, landlock.PathRule{Parent: p, Access: read})
	}
	return r
}

func BenchmarkZZ(b *testing.B) {
	w := worker.New(channel.SpawnClean, func(worker.Hello) error { return nil })
	defer w.Close()
	for _, c := range []struct {
		name string
		p    *worker.Policy
	}{{"none", nil}, {"ten", &worker.Policy{ID: 1, Layers: []landlock.Ruleset{ruleset()}, Base: "/nix", Scratch: "/nix"}}} {
		b.Run(c.name, func(b *testing.B) {
			in := 0.0
			for b.Loop() {
				ans, err := w.Do(context.Background(), worker.Request{Probe: &worker.Probe{Policy: c.p, Op: op.Request{Op: "fs.read_file", Target: "/etc/passwd"}}}, 5*time.Second)
				if err != nil || ans.Result.Errno != 0 {
					b.Fatal(ans, err)
				}
				in += ans.Finished - ans.Started
			}
			b.ReportMetric(in*1e6/float64(b.N), "us-in-worker")
		})
	}
}

func BenchmarkZZApply(b *testing.B) {
	h, _, _ := landlock.Hold([]landlock.Ruleset{ruleset()}, "/nix")
	var t time.Duration
	for b.Loop() {
		landlock.Throwaway(func() { s := time.Now(); h.Apply("/nix"); t += time.Since(s) })
	}
	b.ReportMetric(float64(t.Microseconds())/float64(b.N), "us-apply")
}
