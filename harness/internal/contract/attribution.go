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

// AttributeObserved is Attribute for evidence of our own, which differs in these
// cases. A contradiction is named instead of being read as a platform denial. A
// scenario without a decision has no effective one, even when the baseline
// denies: nobody saw it happen under the policy. Witnessed is the kernel's word
// that the policy denied, which stands in for a baseline that was not run. And
// where something confined the scenario's process and not the baseline's, a
// denial may be its doing.
func AttributeObserved(platform, process string, witnessed, newlyConfined bool) (effective, attribution string) {
	switch {
	case platform == deny && process == allow:
		return unknown, AttributionContradiction
	case process == unknown:
		return unknown, unknown
	case process == deny && witnessed:
		return deny, AttributionProcess
	case process == deny && platform == allow && newlyConfined:
		return deny, unknown
	}
	return Attribute(platform, process)
}

// FailedCall is what a file confounder is judged by.
type FailedCall struct {
	Errno    int
	Platform string // the decision without the policy: "allow", "deny", or anything else for unknown
	Process  string // the decision under it
	Mode     string // the profile's

	Attempted bool // the errno is that of the operation under test
	Recorded  bool // the kernel's log has a denial of this policy, of whatever right
	// Confined and BaselineConfined say of the two processes that something had
	// confined them before any policy of ours.
	Confined, BaselineConfined bool
}

// The two errnos that have one number on every Unix.
const (
	EPERM  = 1
	EACCES = 13
)

const (
	sandboxOrMAC    = "sandbox_or_mac"
	unixPermissions = "unix_permissions"
	otherErrno      = "other_errno"
)

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
		return unixPermissions, "unix_acl"
	case f.Errno == EPERM && f.Process == deny:
		return sandboxOrMAC, appSandbox
	case f.Errno == EPERM && f.Platform == deny:
		return sandboxOrMAC, "mac"
	case f.Errno == EPERM:
		return sandboxOrMAC, sandboxOrMAC
	}
	return otherErrno, unknown
}

// BySeatbelt is ByErrno for evidence of our own on macOS, where the errno may be
// of a call before the one under test, and what is denied without the policy too
// is not the policy's doing.
func (f FailedCall) BySeatbelt() (classification, attribution string) {
	if !f.Attempted {
		return unknown, unknown
	}
	if f.Platform == deny {
		f.Process = unknown
	}
	return f.ByErrno()
}

// ByBaseline is ByErrno where the errno does not tell the sandbox and the
// permissions apart. Landlock answers EACCES (EXDEV for a move across
// directories), and EPERM is also what a missing capability gives; so the
// kernel's record decides, or else the baseline: what succeeds without the policy
// and is denied under it is the policy's doing, whatever the errno; what is denied
// without it too is not, whoever did it; without either nobody knows.
func (f FailedCall) ByBaseline() (classification, attribution string) {
	permission := f.Errno == EPERM || f.Errno == EACCES
	newlyConfined := f.Confined && !f.BaselineConfined && !f.Recorded
	engine := Engine(f.Mode)
	switch {
	case !permission && f.Process != deny:
		return otherErrno, unknown
	case !f.Attempted: // the errno may be of another call
		return unknown, unknown
	case f.Platform != deny && f.Recorded, f.Process == deny && f.Platform == allow && !newlyConfined:
		return sandboxOrMAC, engine
	case f.Process == deny && f.Platform == allow, f.Platform == deny && f.BaselineConfined:
		return sandboxOrMAC, sandboxOrMAC
	case !permission:
		return otherErrno, unknown
	case f.Platform == deny && f.Errno == EACCES:
		return unixPermissions, "unix_acl"
	case f.Platform == deny && engine == appSandbox:
		return sandboxOrMAC, "mac"
	case f.Platform == deny: // a capability, the owner, an attribute: one errno for all
		return unixPermissions, unknown
	case f.Errno == EPERM && (f.Process == deny || engine == appSandbox):
		return sandboxOrMAC, sandboxOrMAC
	}
	return unknown, unknown
}
