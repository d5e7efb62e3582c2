package contract

// The decisions of policy layers and lanes.
const (
	allow   = "allow"
	deny    = "deny"
	unknown = "unknown"
)

// AttributionContradiction marks an operation that was allowed under the policy
// and denied without it. A policy takes rights away and gives none, so one of
// the two observations is of something else: there is no effective decision,
// and the run is not ok.
const AttributionContradiction = "contradiction"

// AttributionProcess credits the policy.
const AttributionProcess = "process_policy"

// Attribute says what was decided and by whom, as the format has it. Platform is
// the decision without the policy, process the one under it; both may be
// "unknown".
func Attribute(platform, process string) (effective, attribution string) {
	switch {
	case platform == deny:
		return deny, "platform_policy"
	case platform == allow && process == deny:
		return deny, AttributionProcess
	case platform == allow && process == allow:
		return allow, allow
	}
	return process, unknown
}

// AttributeObserved is Attribute for evidence of our own, which differs in two
// cases. A contradiction is named instead of being read as a platform denial.
// And a scenario without a decision has no effective one, even when the baseline
// denies: nobody saw it happen under the policy. Witnessed is the kernel's word
// that the policy denied, which stands in for a baseline that was not run.
func AttributeObserved(platform, process string, witnessed bool) (effective, attribution string) {
	switch {
	case platform == deny && process == allow:
		return unknown, AttributionContradiction
	case process == unknown:
		return unknown, unknown
	case process == deny && witnessed:
		return deny, AttributionProcess
	}
	return Attribute(platform, process)
}

// FailedCall is what a file confounder is judged by.
type FailedCall struct {
	Errno     int
	Platform  string // the decision without the policy: "allow", "deny", or anything else for unknown
	Process   string // the decision under it
	Witnessed bool   // the kernel's word, where the baseline decided nothing
	Engine    string // what enforces the policy
	Confined  bool   // the process may have been confined before it began
}

// The two errnos that have one number on every Unix.
const (
	EPERM  = 1
	EACCES = 13
)

const sandboxOrMAC = "sandbox_or_mac"

// Engine names what enforces a policy of a profile mode.
func Engine(mode string) string {
	switch mode {
	case "sbpl", "blob":
		return appSandbox
	case "":
		return unknown
	}
	return mode
}

const appSandbox = "app_sandbox"

// ByErrno says what else may have made a file operation fail, from the errno, as
// the format has it: a Mac's sandbox answers EPERM, its permissions EACCES.
func (f FailedCall) ByErrno() (classification, attribution string) {
	switch {
	case f.Errno == EACCES:
		return "unix_permissions", "unix_acl"
	case f.Errno == EPERM && f.Process == deny:
		return sandboxOrMAC, appSandbox
	case f.Errno == EPERM && f.Platform == deny:
		return sandboxOrMAC, "mac"
	case f.Errno == EPERM:
		return sandboxOrMAC, sandboxOrMAC
	}
	return "other_errno", unknown
}

// ByBaseline is ByErrno where the errno does not tell the sandbox and the
// permissions apart. Landlock answers EACCES (EXDEV for a move across
// directories), so the baseline decides: what succeeds without the policy and is
// denied under it is the policy's doing, whatever the errno; what is denied
// without it too is the permissions', unless the worker was confined before it
// began; without a baseline nobody knows.
func (f FailedCall) ByBaseline() (classification, attribution string) {
	switch {
	case f.Process == deny && (f.Platform == allow || f.Witnessed):
		return sandboxOrMAC, f.Engine
	case f.Errno == EPERM && f.Platform == deny:
		return sandboxOrMAC, "mac"
	case f.Errno == EPERM:
		return sandboxOrMAC, sandboxOrMAC
	case f.Errno == EACCES && f.Platform == deny && f.Confined:
		return sandboxOrMAC, sandboxOrMAC
	case f.Errno == EACCES && f.Platform == deny:
		return "unix_permissions", "unix_acl"
	case f.Errno == EACCES:
		return unknown, unknown
	}
	return "other_errno", unknown
}
