package witness

import (
	"context"
	"testing"
	"time"
)

// The cost of the witness: from the denied call to the finding, with the thread
// and its policy, and without.
func BenchmarkAwait(b *testing.B)   { bench(b, (*Reader).Await) }
func BenchmarkCollect(b *testing.B) { bench(b, (*Reader).Collect) }

type asking func(*Reader, context.Context, string, time.Duration) (Finding, error)

func bench(b *testing.B, ask asking) {
	r := open(b)
	plain := file(b, "plain")
	if err := r.Settle(b.Context(), plenty); err != nil {
		b.Fatal(err)
	}
	var latency time.Duration
	for b.Loop() {
		tag := newTag()
		r.Watch(tag)
		var denied time.Time
		_ = under(b, tag, []layer{noReads}, func() error {
			denied = time.Now()
			return opens(plain)()
		})
		if _, err := ask(r, b.Context(), tag, plenty); err != nil {
			b.Fatal(err)
		}
		latency += time.Since(denied)
		r.Forget(tag)
	}
	b.ReportMetric(float64(latency.Nanoseconds())/float64(b.N), "ns/denial")
}
