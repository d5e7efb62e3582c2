package seatbelt

import (
	"fmt"
	"os"

	"github.com/rtgen/rtgen/harness/internal/libsystem"
)

// available says nothing against any Mac: what a version of macOS lacks is told by
// the call that needs it, and whether policies are enforced, by the canary.
func available() error { return nil }

func apply(p *Policy) Report {
	libsystem.ReadySandbox()
	r := Report{API: p.API()}
	var result libsystem.SandboxResult
	var err error
	switch r.API {
	case APIApply:
		result, err = libsystem.SandboxApply(p.Blob)
	case APIInitParameters:
		result, err = libsystem.SandboxInitParameters(p.Text, p.Parameters)
	default:
		result, err = libsystem.SandboxInit(p.Text)
	}
	r.RC, r.Errno, r.Text = result.RC, result.Errno, result.Text
	if err != nil {
		r.Text = err.Error()
	}
	return r
}

func confined() (bool, error) {
	rc, errno, err := libsystem.SandboxCheck(os.Getpid(), "", libsystem.SandboxFilterNone)
	switch {
	case err != nil:
		return false, err
	case rc == 0 || rc == 1:
		return rc == 1, nil
	}
	return false, fmt.Errorf("%s of the process: %d, errno %d", apiCheck, rc, errno)
}

func check(q Question) Answer {
	a, ask := plan(q, readFlag(libsystem.SandboxNoReport), readFlag(libsystem.SandboxCanonical))
	if !ask {
		return a
	}
	var argument []string
	if a.Varargs > 0 {
		argument = []string{q.Argument}
	}
	rc, errno, err := libsystem.SandboxCheck(os.Getpid(), q.Operation, uint32(a.CheckType), argument...)
	if err != nil {
		a.Err = err.Error()
		a.NoReport, a.NoReportWhy = false, whyFunctionMissing
		return a
	}
	a.conclude(rc, errno)
	return a
}

func readFlag(name string) flag {
	value, err := libsystem.SandboxFlag(name)
	return flag{value: value, missing: err != nil}
}

func compile(text string, params map[string]string) ([]byte, error) {
	return libsystem.SandboxCompile(text, params)
}
