package harness_test

import (
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/internal/worker"
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

// A worker that was replaced may have been born under more than the first one, or
// under less, which mends nothing.
func TestAlreadySandboxedWorkers(t *testing.T) {
	free, confined := &worker.SelfCheck{}, &worker.SelfCheck{Confined: true}
	for _, tt := range []struct {
		name    string
		workers []*worker.SelfCheck
		want    bool
	}{
		{"free", []*worker.SelfCheck{free}, false},
		{"confined", []*worker.SelfCheck{confined}, true},
		{"later", []*worker.SelfCheck{free, confined}, true},
		{"first", []*worker.SelfCheck{confined, free}, true},
		{"not known", []*worker.SelfCheck{{Err: "sandbox_check of libSystem: not found"}}, true},
		{"not asked", []*worker.SelfCheck{nil}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			pre := harness.Preflight{Engine: harness.ModeSBPL}
			for _, self := range tt.workers {
				pre.GreetSeatbelt(self)
			}
			if got := pre.AlreadySandboxed(); got != tt.want {
				t.Errorf("AlreadySandboxed = %v, want %v: %+v", got, tt.want, pre)
			}
		})
	}
}
