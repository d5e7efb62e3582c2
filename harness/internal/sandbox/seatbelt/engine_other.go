//go:build !darwin && !seatbelt_fake

package seatbelt

func available() error { return unsupported() }

func apply(p *Policy) Report { return Report{API: p.API(), RC: -1, Text: available().Error()} }

func confined() (bool, error) { return false, available() }

func check(q Question) Answer {
	return Answer{Question: q, API: apiCheck, RC: -1, Decision: decisionError, Err: available().Error(), NoReportWhy: whyFunctionMissing}
}
