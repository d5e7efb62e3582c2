package seatbelt

import (
	"strconv"
	"strings"

	attempt "github.com/rtgen/rtgen/harness/internal/op/seatbelt"
)

const (
	apiCheck = "sandbox_check"
	noFilter = 0
	pathType = 1
)

// Why a flag of sandbox_check was not used, in the words of the format.
const (
	whyNotRequested    = "not_requested"
	whySymbolMissing   = "symbol_missing"
	whyFlagZero        = "flag_zero"
	whyFilter          = "unsupported_filter_type"
	whyInvalidArgument = "invalid_argument"
	whyFunctionMissing = "function_missing"
)

// The decisions of an Answer.
const (
	decisionAllow = "allow"
	decisionDeny  = "deny"
	decisionError = "error"
)

// flag is one of sandbox_check's, as this version of macOS has it.
type flag struct {
	value   uint32
	missing bool
}

// absent says why the flag cannot be used; "" when it can.
func (f flag) absent() string {
	switch {
	case f.missing:
		return whySymbolMissing
	case f.value == 0:
		return whyFlagZero
	}
	return ""
}

// plan is the answer to a question as far as it is known before it is asked. ask is
// false, and the answer complete, when it must not be: without a flag that makes
// it another question the answer would be given to one that nobody asked.
func plan(q Question, noReport, canonical flag) (a Answer, ask bool) {
	a = Answer{Question: q, API: apiCheck, CheckType: q.FilterType, RC: -1, Decision: decisionError}
	_, text := attempt.FilterName(q.FilterType)
	switch {
	case q.FilterType != noFilter && !text:
		a.NoReportWhy, a.CanonicalWhy = whyFilter, whyFilter
		a.Err = "sandbox_check takes no text for filter type " + strconv.Itoa(q.FilterType)
		return a, false
	case q.Doubt != "":
		a.NoReportWhy, a.CanonicalWhy, a.Err = whyFilter, whyFilter, q.Doubt
		return a, false
	case strings.IndexByte(q.Argument, 0) >= 0 || strings.IndexByte(q.Operation, 0) >= 0 || q.Operation == "":
		a.NoReportWhy, a.CanonicalWhy = whyInvalidArgument, whyNotRequested
		a.Err = "the question has no operation, or a NUL byte"
		return a, false
	}
	if q.FilterType != noFilter {
		a.Varargs = 1
	}
	if a.NoReportWhy = noReport.absent(); a.NoReportWhy == "" {
		a.NoReport = true
		a.CheckType |= int(noReport.value)
	}
	switch {
	case !q.Canonical:
		a.CanonicalWhy = whyNotRequested
	case q.FilterType != pathType:
		a.CanonicalWhy, a.Err = whyFilter, "only a path can be asked about as a canonical one"
	case canonical.absent() != "":
		a.CanonicalWhy, a.Err = canonical.absent(), "this version of macOS has no flag for canonical paths: "+canonical.absent()
	default:
		a.CheckType |= int(canonical.value)
	}
	return a, a.Err == ""
}

// conclude puts in what sandbox_check gave.
func (a *Answer) conclude(rc, errno int) {
	a.RC = rc
	switch rc {
	case 0:
		a.Decision = decisionAllow
	case 1:
		a.Decision = decisionDeny
	default:
		a.Errno = errno
	}
}
