package bundle

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// raceEnv makes the test binary a process that takes the lock in the named
// folder again and again.
const raceEnv = "BUNDLE_TEST_RACE"

// turns is how often each process takes the lock.
const turns = 300

func init() {
	if dir := os.Getenv(raceEnv); dir != "" {
		if err := takeTurns(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// takeTurns removes the lock file before it lets go of the lock, as nobody
// should: whoever has it open already then gets a lock of a file without a name.
func takeTurns(dir string) error {
	lock, alone := filepath.Join(dir, LockFile), filepath.Join(dir, "alone")
	for turn := 0; turn < turns; {
		unlock, held, err := disk{}.tryLock(lock)
		if err != nil {
			return err
		}
		if !held {
			continue
		}
		turn++
		f, err := os.OpenFile(alone, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return fmt.Errorf("another process holds the lock too: %w", err)
		}
		if err := errors.Join(f.Close(), os.Remove(alone), os.Remove(lock), unlock()); err != nil {
			return err
		}
	}
	return nil
}

func TestTwoWritersNeverBothHold(t *testing.T) {
	dir := memory(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), raceEnv+"="+dir, "GORACE=atexit_sleep_ms=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
}
