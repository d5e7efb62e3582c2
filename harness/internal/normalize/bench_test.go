package normalize_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/normalize"
)

// manyRows is one profile with n rows, a baseline row for each, and markers.
func manyRows(t testing.TB, n int) normalize.Documents {
	t.Helper()
	var matrix, rows, baseline []keys
	for i := range n {
		name, path := fmt.Sprintf("probe-%d", i), fmt.Sprintf("/tmp/dir/file-%d", i)
		id := "demo:p:" + name
		matrix = append(matrix, usualMatrix.with(keys{"name": name, "target": path, "expectation_id": id}))
		rows = append(rows, usualRow.with(keys{
			"name": name, "path": path, "expectation_id": id, "match": i%20 != 0,
			"stderr": applyOK + "\n" + appliedOK + "\nopen target: denied\n", "runtime_result": usualResult.with(keys{"runner_info": runner}),
		}))
		baseline = append(baseline, usualBaseline.with(keys{"name": "baseline:demo:p:" + name, "probe_name": name, "target": path}))
	}
	return normalize.Documents{
		Matrix:   encode(t, keys{"world_id": macWorld, "profiles": keys{"demo:p": keys{"blob": "p.sb", "mode": "sbpl", "probes": matrix}}}),
		Results:  encode(t, keys{"demo:p": keys{"status": "partial", "preflight": nil, "probes": rows}}),
		Baseline: encode(t, keys{"world_id": macWorld, "run_id": "r1", "results": baseline}),
	}
}

// The cost of a row does not grow with the number of rows.
func BenchmarkWriteEvents(b *testing.B) {
	for _, n := range []int{3_000, 30_000} {
		docs := manyRows(b, n)
		b.Run(fmt.Sprintf("rows=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				set, err := normalize.Open(normalize.Run{RunID: "r1"}, docs)
				if err != nil {
					b.Fatal(err)
				}
				if err := set.WriteEvents(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/row")
		})
	}
}
