//go:build unix

package bundle_test

import (
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/rtgen/rtgen/harness/bundle"
)

// Nobody writes to the FIFO: who opened it for reading would not come back.
func TestVerifyPacketRefusesDevices(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	packet := filepath.Join(out, "p.json")
	dir := emit(t, out, packet)
	for file, want := range map[string]bundle.FindingCode{
		packet:                               bundle.BadPacket,
		bundle.StatementPath(packet):         bundle.BadStatement,
		filepath.Join(dir, "summary.json"):   bundle.NotRegular,
		filepath.Join(dir, bundle.IndexFile): bundle.BadIndex,
	} {
		whole := read(t, file)
		remove(t, file)
		if err := syscall.Mkfifo(file, 0o600); err != nil {
			t.Skipf("no FIFO here: %v", err)
		}
		if got := faultCodes(verify(t, packet)); !slices.Contains(got, want) {
			t.Errorf("%s is a FIFO: %v, want %s", filepath.Base(file), got, want)
		}
		remove(t, file)
		put(t, whole, file)
	}
	wantHolds(t, packet, dir)
}
