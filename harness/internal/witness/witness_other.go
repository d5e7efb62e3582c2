//go:build !linux

package witness

import (
	"context"
	"errors"
	"runtime"
	"time"
)

func absent() error {
	return &Unavailable{Reason: runtime.GOOS + " has no audit log of Landlock denials", Err: errors.ErrUnsupported}
}

func openSource(int) (source, error) { return nil, absent() }

func queryStatus() (Status, error) { return Status{}, absent() }

func readable() error { return absent() }

func enable() (*Switch, error) { return nil, absent() }

type guardian struct{ restore func() error }

// sentinel is never started: there is no Reader to start it.
type sentinel struct{ tag string }

func startSentinel(context.Context, time.Duration) (*sentinel, error) { return nil, absent() }
func (s *sentinel) step() error                                       { return absent() }
func (s *sentinel) close()                                            {}
