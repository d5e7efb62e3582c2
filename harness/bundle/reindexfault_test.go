package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Stopped at any step, a repair leaves the old index or the new one, and the
// next repair ends well.
func TestEveryStepOfRepairMayFail(t *testing.T) {
	now := func() time.Time { return time.Unix(1767459285, 0) }
	for _, crash := range []bool{false, true} {
		for n := 1; ; n++ {
			out := filepath.Join(t.TempDir(), "out")
			if err := produce(disk{}, out, "r1"); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(out, "r1")
			index := filepath.Join(dir, IndexFile)
			if err := os.WriteFile(filepath.Join(dir, "runtime_results.json"), []byte("changed"), 0o644); err != nil {
				t.Fatal(err)
			}
			old, err := os.ReadFile(index)
			if err != nil {
				t.Fatal(err)
			}
			f := &faulty{n: n, crash: crash}
			res, failed := reindex(f, now, out, true)
			if f.at < n {
				if failed != nil || !res.OK() {
					t.Errorf("no step failed, and yet: %+v, %v", res, failed)
				}
				if n < 14 {
					t.Errorf("only %d steps", n-1)
				}
				break
			}
			if failed == nil {
				t.Errorf("crash %v, step %d (%s): no error", crash, n, f.what)
			}
			got, err := os.ReadFile(index)
			if err != nil {
				t.Errorf("step %d (%s): %v", n, f.what, err)
			}
			_, err = Load(out)
			var bad *IntegrityError
			if string(got) == string(old) && !errors.As(err, &bad) || string(got) != string(old) && err != nil {
				t.Errorf("crash %v, step %d (%s): old index %v, Load = %v", crash, n, f.what, string(got) == string(old), err)
			}
			res, err = reindex(disk{}, now, out, true)
			if err != nil || !res.OK() {
				t.Errorf("crash %v, step %d (%s): the next repair = %+v, %v", crash, n, f.what, res, err)
			}
			b, err := Load(out)
			if err != nil || !b.Has(RepairLogFile) || len(b.Index.Missing) > 0 {
				t.Errorf("crash %v, step %d (%s): Load = %v", crash, n, f.what, err)
				continue
			}
			// A repair that did not end is not one of the bundle's.
			if log, err := b.Read(RepairLogFile); err != nil || string(log) == "" || jsonHas(log, "earlier") {
				t.Errorf("crash %v, step %d (%s): log %s, %v", crash, n, f.what, log, err)
			}
		}
	}
}

func jsonHas(data []byte, key string) bool {
	m := map[string]any{}
	err := decode(data, &m)
	_, ok := m[key]
	return err != nil || ok
}
