//go:build !darwin && seatbelt_fake

package seatbelt

import (
	"errors"
	"fmt"
	"runtime"
)

func available() error {
	return fmt.Errorf("Seatbelt is macOS's, and this is %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func apply(p *Policy) Report { return Report{API: p.API(), RC: -1, Text: available().Error()} }

func confined() (bool, error) { return false, available() }

func check(q Question) Answer {
	return Answer{Question: q, API: "sandbox_check", RC: -1, Decision: "error", Err: available().Error()}
}
