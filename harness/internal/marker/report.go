package marker

import (
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/bundle/artifact"
)

// The classes of an attempt to apply a policy.
const (
	ClassOK       = "ok"
	ClassConfined = "already_sandboxed"
	ClassEPERM    = "errno_eperm"
	ClassEACCES   = "errno_eacces"
	ClassOther    = "errno_other"
	ClassUnknown  = "unknown"
)

// The failure stages that markers show, and the kind that a failed exec under a
// policy has when the policy forbids it.
const (
	FailedApply     = "apply"
	FailedBootstrap = "bootstrap"
	KindDenyExec    = "bootstrap_deny_process_exec"
)

// Classify says how an attempt to apply a policy went and what that rests on.
// All four may be unknown.
func Classify(api *string, rc, errno *int, errbuf *string) (class, source string) {
	switch {
	case rc != nil && *rc == 0:
		return ClassOK, "none"
	case api != nil && slices.Contains(sayWhy, *api) && errbuf != nil && confinedAlready(*errbuf):
		return ClassConfined, "errbuf_regex"
	case errno != nil && *errno == 1:
		return ClassEPERM, "errno_only"
	case errno != nil && *errno == 13:
		return ClassEACCES, "errno_only"
	case errno != nil && *errno != 0:
		return ClassOther, "errno_only"
	case errbuf != nil && *errbuf != "":
		return ClassUnknown, "errbuf_present"
	}
	return ClassUnknown, "none"
}

// sayWhy are the calls that give the text of an error.
var sayWhy = []string{"sandbox_init", "sandbox_init_with_parameters"}

func confinedAlready(errbuf string) bool {
	errbuf = strings.ToLower(errbuf)
	return strings.Contains(errbuf, "already") && strings.Contains(errbuf, "sandbox")
}

// Report is the apply report that the markers make, nil without an apply
// marker. Markers of version 0 have no class; it is worked out.
func Report(markers []Marker) *artifact.ApplyReport {
	m, ok := First(markers, Apply, StageApply)
	if !ok {
		return nil
	}
	r := &artifact.ApplyReport{
		API: m.Str("api"), RC: m.Int("rc"), Errno: m.Int("errno"), ErrBuf: m.Str("errbuf"),
		ErrClass: m.Str("err_class"), ErrClassSource: m.Str("err_class_source"),
	}
	FillClass(r)
	return r
}

// FillClass works out the class, its source or both where a report lacks them.
func FillClass(r *artifact.ApplyReport) {
	class, source := Classify(r.API, r.RC, r.Errno, r.ErrBuf)
	if r.ErrClass == nil {
		r.ErrClass = &class
	}
	if r.ErrClassSource == nil {
		r.ErrClassSource = &source
	}
}

// LegacyReport is the apply report of tools older than markers, which said only
// that applying had failed, in words; nil when stderr does not.
func LegacyReport(stderr string) *artifact.ApplyReport {
	for line := range strings.SplitSeq(stderr, "\n") {
		line = strings.TrimSpace(line)
		for _, said := range []struct{ prefix, api string }{
			{"sandbox_init failed:", "sandbox_init"},
			{"sandbox_apply:", "sandbox_apply"},
		} {
			text, ok := strings.CutPrefix(line, said.prefix)
			if !ok {
				continue
			}
			r := &artifact.ApplyReport{API: &said.api}
			if text = strings.TrimSpace(text); text != "" {
				r.ErrBuf = &text
			}
			if strings.Contains(text, "Operation not permitted") {
				r.Errno = new(1)
			}
			class, source := Classify(r.API, nil, r.Errno, r.ErrBuf)
			r.ErrClass, r.ErrClassSource = &class, new("legacy_stderr_regex:"+source)
			return r
		}
	}
	return nil
}

// ApplyFailure is the kind of a failure to apply.
func ApplyFailure(r *artifact.ApplyReport) string {
	switch {
	case r.ErrClass != nil && *r.ErrClass == ClassConfined:
		return "apply_already_sandboxed"
	case r.API != nil && *r.API != "":
		return *r.API + "_failed"
	}
	return "apply_failed"
}

// Failure is the stage and kind of a failure that the markers show, empty when
// they show none.
func Failure(markers []Marker) (stage, kind string) {
	if r := Report(markers); r != nil && r.RC != nil && *r.RC != 0 {
		return FailedApply, ApplyFailure(r)
	}
	exec, ok := First(markers, Apply, StageExec)
	if !ok {
		return "", ""
	}
	rc, errno := exec.Int("rc"), exec.Int("errno")
	if rc == nil || *rc == 0 {
		return "", ""
	}
	if _, applied := First(markers, Apply, StageApplied); applied && errno != nil && *errno == 1 {
		return FailedBootstrap, KindDenyExec
	}
	return FailedBootstrap, "bootstrap_exec_failed"
}
