//go:build !linux

package landlock

import (
	"errors"
	"fmt"
	"runtime"
)

func unsupported() error {
	return fmt.Errorf("landlock on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Nothing here restricts a thread, so none is better avoided than another.
func onMainThread() bool { return false }

func abiVersion() (int, error) { return 0, unsupported() }

func errataMask() (int, error) { return 0, unsupported() }

type parent struct{}

func hold([]Ruleset, string) (*Held, Report, error) { return nil, Report{}, unsupported() }

func (*Held) has(int) bool { return false }

func (*Held) build(string) (*Built, Report, error) { return nil, Report{}, unsupported() }

func (*Built) enforce(*Options) (Report, error) { return Report{}, unsupported() }

func (*Built) close() {}

func (*Held) close() {}

func layersHere() (int, error) { return 0, unsupported() }

func canaryHere(string, string) sightings { return sightings{apply: unsupported()} }
