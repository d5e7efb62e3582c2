//go:build !linux

package landlock_test

import (
	"errors"
	"testing"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

func TestUnsupported(t *testing.T) {
	_, abi := ABI()
	_, errata := Errata()
	_, layers := Layers()
	rep, apply := Apply([]Ruleset{{HandledFS: ReadFile}})
	for call, err := range map[string]error{
		"ABI": abi, "Errata": errata, "Layers": layers, "Apply": apply, "Canary": Canary(t.TempDir()),
	} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s = %v, want %v", call, err, errors.ErrUnsupported)
		}
	}
	if rep.Layers != 0 || rep.API != "" {
		t.Errorf("Apply reports %+v, want nothing", rep)
	}
}
