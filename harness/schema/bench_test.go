package schema_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/rtgen/rtgen/harness/schema"
)

// manyProbes is a registry of n probes with fixtures, some 700 bytes each.
// The expected decision is nonsense in every probe where broken says so.
func manyProbes(n int, broken func(i int) bool) []byte {
	var b strings.Builder
	for i := range n {
		expected := "allow"
		if broken(i) {
			expected = "perhaps"
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `"workspace:read-%d": {
  "probe_id": "workspace:read-%d", "name": "read-%d", "operation": "fs.read_file", "target": "${workspace}/notes-%d.txt", "expected": %q,
  "fixture": {"tree": [{"path": "${workspace}/notes-%d.txt", "kind": "file", "mode": "0640", "content": "a note\n"}, {"path": "${workspace}/link", "kind": "symlink", "to": "notes-%d.txt"}]},
  "supports_lanes": {"baseline": true, "scenario": true, "oracle": true},
  "expected_primary_ops": ["fs.read_file"], "expected_predicates": ["${workspace}/notes-%d.txt"],
  "capabilities_required": ["landlock.abi>=5"], "controls_supported": ["baseline"]}`, i, i, i, i, expected, i, i, i)
	}
	return []byte(probes("v0.3", b.String()))
}

func BenchmarkValidate(bm *testing.B) {
	for _, n := range []int{1000, 100_000} {
		for name, broken := range map[string]func(int) bool{
			"valid":  func(int) bool { return false },
			"broken": func(int) bool { return true },
		} {
			if testing.Short() && n > 1000 {
				continue
			}
			bm.Run(fmt.Sprintf("%d_%s", n, name), func(bm *testing.B) {
				doc := manyProbes(n, broken)
				bm.SetBytes(int64(len(doc)))
				bm.ReportAllocs()
				peak := heapPeak(func() {
					for bm.Loop() {
						if _, err := schema.Validate(prefix+"probe_registry.v0.3", doc); err != nil {
							bm.Fatal(err)
						}
					}
				})
				bm.ReportMetric(float64(peak)/float64(len(doc)), "heap-bytes/doc-byte")
			})
		}
	}
}

// heapPeak is how far the heap grew while f ran, as sampled. Garbage is collected
// early: how much of it lies about depends on what else the machine does.
func heapPeak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, uint64(0)
	done, finished := make(chan bool), make(chan bool)
	go func() {
		defer close(finished)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				if m.HeapAlloc > before {
					peak = max(peak, m.HeapAlloc-before)
				}
			}
		}
	}()
	f()
	close(done)
	<-finished
	return peak
}

// A large registry is validated in a few times its own size.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	doc := manyProbes(20_000, func(i int) bool { return i%1000 == 0 })
	var found []schema.Finding
	peak := heapPeak(func() {
		var err error
		if found, err = schema.Validate(prefix+"probe_registry.v0.3", doc); err != nil {
			t.Fatal(err)
		}
	})
	if len(found) != 20 {
		t.Errorf("%d findings, want 20", len(found))
	}
	const limit = 4
	ratio := float64(peak) / float64(len(doc))
	t.Logf("heap grew by %.1f times the document's %d bytes", ratio, len(doc))
	if ratio > limit {
		t.Errorf("heap grew by %.1f times the document's size, want at most %d", ratio, limit)
	}
}
