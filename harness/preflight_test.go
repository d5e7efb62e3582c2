package harness_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness"
)

// What could not be measured is taken for the worse, on both systems.
func TestAlreadySandboxed(t *testing.T) {
	for _, tt := range []struct {
		name string
		pre  harness.Preflight
		want bool
	}{
		{"linux", harness.Preflight{}, false},
		{"layers", harness.Preflight{Layers: 1}, true},
		{"not counted", harness.Preflight{LayersErr: "no threads"}, true},
		{"macOS", harness.Preflight{Engine: harness.ModeSBPL}, false},
		{"confined", harness.Preflight{Engine: harness.ModeSBPL, Sandboxed: true}, true},
		{"not asked", harness.Preflight{Engine: harness.ModeSBPL, SandboxedErr: "sandbox_check of libSystem: not found"}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.pre.AlreadySandboxed(); got != tt.want {
				t.Errorf("AlreadySandboxed = %v, want %v", got, tt.want)
			}
		})
	}
}
