//go:build unix

package bundle_test

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Nobody writes to the FIFO: a repair that opened it would not come back.
func TestRepairRefusesDevices(t *testing.T) {
	for _, name := range []string{victim, bundle.StatusFile, bundle.IndexFile, bundle.RepairLogFile} {
		t.Run(name, func(t *testing.T) {
			dir := newRun("r1").write(t, filepath.Join(t.TempDir(), "out"))
			replaceIn(t, "of", "fo", dir, "baseline_results.json")
			if name != bundle.RepairLogFile {
				remove(t, dir, name)
			}
			if err := syscall.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
				t.Skipf("no FIFO here: %v", err)
			}
			_, err := bundle.Reindex(dir, true)
			var bad *bundle.IntegrityError
			if !errors.As(err, &bad) || !bad.Has(bundle.NotRegular) && !bad.Has(bundle.BadIndex) {
				t.Errorf("Reindex = %v", err)
			}
		})
	}
}
