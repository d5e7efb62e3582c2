package inventory

// Keywords are what the tree's texts are looked through for: the calls, tools
// and documents by which a file shows that it has to do with running policies.
func Keywords() []string {
	return []string{
		"NETLINK_AUDIT",
		"PR_SET_NO_NEW_PRIVS",
		"artifact_index.json",
		"bwrap",
		"firejail",
		"landlock_add_rule",
		"landlock_create_ruleset",
		"landlock_restrict_self",
		"libsandbox",
		"promotion_packet",
		"runtime_events.normalized.json",
		"sandbox-exec",
		"sandbox_apply",
		"sandbox_check",
		"sandbox_init",
		"seccomp",
		"strace",
		"systemd-run",
	}
}

// What a part of the tree is good for as evidence.
const (
	tierDecision = "decision-stage"
	tierApply    = "apply-stage"
	tierTracing  = "tracing"
	tierMapping  = "mapping-only"
	tierTooling  = "tooling"
	tierLogs     = "logs-only"
)

const (
	inUse    = "in-use"
	nobody   = "none"
	auditing = "none to run; CAP_AUDIT_CONTROL or CAP_AUDIT_READ to listen"
)

// knownParts are the parts of this project's tree, and of trees laid out like it.
func knownParts() []Item {
	part := func(id, category, tier, privileges, description string, paths ...string) Item {
		return Item{ID: id, Paths: paths, Category: category, Description: description, Privileges: privileges, EvidenceTier: tier, Status: inUse}
	}
	return []Item{
		part("analysis", "consumer", tierMapping, nobody, "documents summed up from the observations of bundles", "harness/analysis/"),
		part("bundles", "evidence", tierDecision, nobody, "run folders on disk: writing, verifying, promotion packets", "harness/bundle/"),
		part("channels", "launch", tierApply, nobody, "how a worker comes to life, and is measured to be unconfined", "harness/internal/channel/", "harness/internal/world/"),
		part("command", "tooling", tierTooling, nobody, "the command rtgen", "cmd/rtgen/"),
		part("data-schemas", "data", tierTooling, nobody, "the registry index, JSON Schemas and vocabularies", "registries/"),
		part("engines", "enforcement", tierApply, nobody, "policy engines that a thread or process puts on itself", "harness/internal/sandbox/"),
		part("evidence", "evidence", tierDecision, nobody, "what was observed, as documents", "harness/internal/evidence/", "harness/internal/normalize/", "harness/internal/contract/", "harness/internal/marker/"),
		part("fixtures", "probing", tierTooling, nobody, "what stands ready for a probe, made and taken down", "harness/internal/fixture/"),
		part("harness", "library", tierDecision, nobody, "plans, registries, compiling, running: the library", "harness/"),
		part("mapping", "consumer", tierMapping, nobody, "mappings promoted from packets", "reporters/mapping/"),
		part("oracles", "model", tierTooling, nobody, "models of Landlock and Seatbelt: predictions, never observations", "harness/internal/oracle/"),
		part("plans", "data", tierDecision, nobody, "plans, their registries and policy texts, and templates", "plans/"),
		part("probes", "probing", tierDecision, nobody, "what probes attempt: one system call each, with its errno", "harness/internal/op/", "harness/internal/worker/"),
		part("reporters", "evidence", tierDecision, nobody, "from Ginkgo's report to bundle, packet, JUnit and summaries", "reporters/"),
		part("specs", "runner", tierDecision, nobody, "compiled plans as Ginkgo specs", "harness/specs/"),
		part("suites", "runner", tierDecision, nobody, "generated suites, a spec for every scenario and lane", "suites/"),
		part("witness", "tracing", tierTracing, auditing, "the kernel's own records of denials", "harness/internal/witness/"),
	}
}

// Tools are tools of the field that probe, explain or apply sandbox
// policies beside this one.
func Tools() []External {
	return []External{
		{"apparmor", "AppArmor user space", "https://gitlab.com/apparmor/apparmor", "policy-engine", "path policies by program, enforced by a security module; a label is part of the world a run is made in", "root to load a policy"},
		{"auditd", "Linux Audit user space", "https://github.com/linux-audit/audit-userspace", "log", "reads the kernel's audit log, where Landlock and seccomp record denials", "root"},
		{"bubblewrap", "bubblewrap", "https://github.com/containers/bubblewrap", "launcher", "confines a command by namespaces and a seccomp filter; what it allows can be probed as any other policy", "none where user namespaces may be made"},
		{"firejail", "Firejail", "https://github.com/netblue30/firejail", "launcher", "confines desktop programs by profiles of namespaces, seccomp and capabilities", "set-user-ID root"},
		{"landlock", "Landlock: unprivileged access control", "https://docs.kernel.org/userspace-api/landlock.html", "policy-engine", "the engine that Linux plans are enforced by, and what its audit records mean", "none"},
		{"landlock-sandboxer", "Landlock sandboxer sample", "https://github.com/torvalds/linux/blob/master/samples/landlock/sandboxer.c", "launcher", "the kernel's own smallest use of Landlock, to tell a policy's fault from a program's", "none"},
		{"landlockconfig", "landlockconfig", "https://github.com/landlock-lsm/landlockconfig", "policy-format", "the JSON and TOML format that Landlock profiles are written in", "none"},
		{"libseccomp", "libseccomp", "https://github.com/seccomp/libseccomp", "policy-engine", "builds seccomp filters by name of system call, as most launchers do", "none with no_new_privs"},
		{"nsjail", "nsjail", "https://github.com/google/nsjail", "launcher", "namespaces, limits and seccomp policies in one launcher", "none where user namespaces may be made"},
		{"sandbox-exec", "sandbox-exec", "https://keith.github.io/xcode-man-pages/sandbox-exec.1.html", "launcher", "runs a command under a Seatbelt profile on macOS", "none"},
		{"strace", "strace", "https://strace.io/", "tracer", "shows which system call was made and what it gave back, not why", "ptrace of own processes"},
		{"systemd-analyze", "systemd-analyze security", "https://www.freedesktop.org/software/systemd/man/latest/systemd-analyze.html", "lint", "rates how far a unit's settings confine it, without trying anything", "none"},
		{"systemd-run", "systemd-run", "https://www.freedesktop.org/software/systemd/man/latest/systemd-run.html", "launcher", "starts a transient unit, with nothing of the caller inherited", "none in a user's own manager"},
	}
}
