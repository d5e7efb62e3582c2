package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func repairTime() time.Time { return time.Unix(1767459285, 0) }

// damaged makes an out folder with a run in it whose results somebody changed.
func damaged(t *testing.T, out string) (index string) {
	t.Helper()
	if err := produce(quiet{}, out, "r1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "r1", "runtime_results.json"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(out, "r1", IndexFile))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// repaired reads a run folder under repair: it has its old index, which does not
// load, or the new one, which does. The next repair ends well in any case.
func repaired(out, old string) (outcome, error) {
	index, err := os.ReadFile(filepath.Join(out, "r1", IndexFile))
	if err != nil {
		return getTorn, err
	}
	got := getNew
	if string(index) == old {
		got = getPrevious
	}
	_, err = Load(out)
	if bad := new(IntegrityError); got == getPrevious && !errors.As(err, &bad) || got == getNew && err != nil {
		return getTorn, fmt.Errorf("with the %s index Load = %w", got, err)
	}
	res, err := reindex(quiet{}, repairTime, out, true)
	if err != nil || !res.OK() {
		return got, fmt.Errorf("the next repair = %+v, %w", res, err)
	}
	b, err := Load(out)
	if err != nil || !b.Has(RepairLogFile) || len(b.Index.Missing) > 0 {
		return got, fmt.Errorf("after the next repair Load = %v, %w", b, err)
	}
	// A repair that did not end is not one of the bundle's.
	if log, err := b.Read(RepairLogFile); err != nil || string(log) == "" || jsonHas(log, "earlier") {
		return got, fmt.Errorf("log %s, %w", log, err)
	}
	return got, nil
}

// Stopped at any step, a repair leaves the old index or the new one, and the
// next repair ends well.
func TestEveryStepOfRepairMayFail(t *testing.T) {
	out := filepath.Join(memory(t), "out")
	c := tally{places: places}
	everyFault(t, &c, "repair", 15, true, func(f *faulty) (outcome, error) {
		if err := os.RemoveAll(out); err != nil {
			t.Fatal(err)
		}
		old := damaged(t, out)
		res, failed := reindex(f, repairTime, out, true)
		if failed == nil && !res.OK() {
			return getTorn, fmt.Errorf("reindex = %+v", res)
		}
		got, err := repaired(out, old)
		if failed == nil && got != getNew {
			err = errors.Join(err, errors.New("the repair ended well and the index is the old one"))
		}
		return got, err
	})
	if c.tried() < 100 {
		t.Errorf("only %d faults were tried", c.tried())
	}
	t.Log(&c)
}

func jsonHas(data []byte, key string) bool {
	m := map[string]any{}
	err := decode(data, &m)
	_, ok := m[key]
	return err != nil || ok
}
