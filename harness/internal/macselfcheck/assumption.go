package main

import "slices"

// assumption is one thing that this project takes for granted about macOS.
type assumption struct {
	ID     string `json:"id"`
	Group  string `json:"group"`
	Claim  string `json:"claim"`  // one line: what is taken for granted
	Source string `json:"source"` // what it was taken from
}

// groups names the groups in order.
func groups() []string {
	var names []string
	for _, a := range assumptions {
		if !slices.Contains(names, a.Group) {
			names = append(names, a.Group)
		}
	}
	return names
}

// assumptions are in the order in which they are checked: each rests on those
// before it.
var assumptions = slices.Concat(worldAssumptions, libraryAssumptions, engineAssumptions, pathAssumptions, processAssumptions, ipcAssumptions, launchdAssumptions, runAssumptions)

func group(name string, list ...assumption) []assumption {
	for i := range list {
		list[i].Group = name
	}
	return list
}

var worldAssumptions = group("world",
	assumption{ID: "version", Claim: "SystemVersion.plist says what sw_vers prints", Source: "sw_vers(1)"},
	assumption{ID: "kernel-build", Claim: "kern.osversion is the build, or that of a rapid security response to it", Source: "sysctl(3)"},
	assumption{ID: "dyld-uuid", Claim: "_dyld_get_shared_cache_uuid gives the UUID that stands at 0x58 of the shared cache's file", Source: "<mach-o/dyld_priv.h>, <mach-o/dyld_cache_format.h>"},
	assumption{ID: "csr-config", Claim: "csr_get_active_config answers in every process", Source: "<sys/csr.h> of XNU"},
)

var libraryAssumptions = group("libraries",
	assumption{ID: "symbols", Claim: "every function and variable that attempts use is exported", Source: "the libraries named in the answer"},
	assumption{ID: "variadic", Claim: "what stands behind the … of a call goes to the stack on arm64, to the registers on amd64", Source: "Writing ARM64 code for Apple platforms"},
	assumption{ID: "check-flags", Claim: "SANDBOX_CHECK_NO_REPORT is 0x40000000 and SANDBOX_CHECK_CANONICAL is 0x20000000", Source: "libsystem_sandbox"},
)

var engineAssumptions = group("engine",
	assumption{ID: "unconfined", Claim: "sandbox_check without an operation gives 0 in a process that nothing confines", Source: "<sandbox/private.h>"},
	assumption{ID: "canary", Claim: "under a small text one file opens and another is refused with EPERM", Source: "sandbox_init(3)"},
	assumption{ID: "confined", Claim: "sandbox_check without an operation gives 1 under a policy", Source: "<sandbox/private.h>"},
	assumption{ID: "bad-text", Claim: "a text that does not parse gives -1 and a text that says why", Source: "sandbox_init(3)"},
	assumption{ID: "apply-twice", Claim: "a second policy is refused in a process that has one", Source: "observed by others on macOS 14"},
	assumption{ID: "parameters", Claim: "sandbox_init_with_parameters takes names and values by turns up to a NULL", Source: "libsystem_sandbox"},
	assumption{ID: "blob", Claim: "what sandbox_compile_string makes, sandbox_apply puts in force", Source: "libsandbox"},
	assumption{ID: "callout-path", Claim: "sandbox_check of file-read-data with filter 1 answers 0 for what a policy allows and 1 for what it denies", Source: "<sandbox/private.h>"},
	assumption{ID: "callout-mach", Claim: "sandbox_check of mach-lookup takes filter 2 for a global name", Source: "<sandbox/private.h>"},
	assumption{ID: "shim", Claim: "under (deny default) and the harness shim this binary starts", Source: "the shim's own text"},
)

var pathAssumptions = group("paths",
	assumption{ID: "getpath", Claim: "F_GETPATH of /tmp/x is /private/tmp/x", Source: "fcntl(2)"},
	assumption{ID: "nofirmlink", Claim: "F_GETPATH_NOFIRMLINK of /tmp/x is /System/Volumes/Data/private/tmp/x", Source: "<sys/fcntl.h>"},
	assumption{ID: "rule-on-link", Claim: "a rule spelled /tmp/x does not match the file behind it, one spelled /private/tmp/x does", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "link-metadata", Claim: "without file-read-metadata of /tmp the file is not reached through it", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "attributes", Claim: "getattrlist, setattrlist, searchfs and the xattr calls succeed without a policy", Source: "getattrlist(2), setattrlist(2), searchfs(2), getxattr(2)"},
)

var processAssumptions = group("processes",
	assumption{ID: "fork", Claim: "a process forked by the bare system call can end at once", Source: "fork(2)"},
	assumption{ID: "fork-denied", Claim: "under (deny process-fork) fork fails with EPERM", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "note-exec", Claim: "the kernel tells by NOTE_EXEC that a process became another program", Source: "kqueue(2)"},
	assumption{ID: "exec-denied", Claim: "under (deny process-exec*) execve fails with EPERM", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "pidinfo", Claim: "proc_pidinfo with flavor 3 gives 136 bytes, and EPERM where it is denied", Source: "<sys/proc_info.h>"},
	assumption{ID: "sysctl-denied", Claim: "under (deny sysctl-read) sysctlbyname fails with EPERM", Source: "sysctl(3)"},
	assumption{ID: "signal", Claim: "SIGUSR1 to a child of the same policy is received by it", Source: "kill(2)"},
	assumption{ID: "connect-denied", Claim: "under (deny network-outbound) connect fails with EPERM before anything listens", Source: "connect(2)"},
)

var ipcAssumptions = group("ipc",
	assumption{ID: "lookup", Claim: "bootstrap_look_up gives 0 for a service, 1102 for none, 1100 where a policy denies", Source: "<servers/bootstrap.h>"},
	assumption{ID: "iokit", Claim: "IOServiceOpen gives 0xe00002e2 where a policy denies, and not without one", Source: "<IOKit/IOReturn.h>"},
	assumption{ID: "notify", Claim: "a notification posted by one process is seen by notify_check of another", Source: "notify(3)"},
	assumption{ID: "distributed", Claim: "a distributed notification reaches an observer of another process", Source: "CFNotificationCenter"},
	assumption{ID: "preferences", Claim: "a key that CFPreferences wrote is read by another process", Source: "CFPreferences"},
	assumption{ID: "shm", Claim: "shm_open makes an object and shm_unlink removes it", Source: "shm_open(2)"},
	assumption{ID: "kext", Claim: "KextManagerCopyLoadedKextInfo knows com.apple.kpi.bsd", Source: "<IOKit/kext/KextManager.h>"},
)

var launchdAssumptions = group("launchd",
	assumption{ID: "domain", Claim: "launchctl print gui/UID or user/UID answers", Source: "launchctl(1)"},
	assumption{ID: "plist-lint", Claim: "plutil -lint takes the job's property list", Source: "launchd.plist(5)"},
	assumption{ID: "job", Claim: "a worker boots in, comes forward on its socket and boots out", Source: "launchctl(1)"},
	assumption{ID: "job-parent", Claim: "the job's parent is launchd, process 1", Source: "launchd(8)"},
	assumption{ID: "job-unconfined", Claim: "nothing confines the job, and it inherits no descriptors", Source: "launchd(8)"},
	assumption{ID: "job-gone", Claim: "after it was booted out launchd does not know the label and the folder is gone", Source: "launchctl(1)"},
)

var runAssumptions = group("run",
	assumption{ID: "first-suite", Claim: "the plan runtime-checks runs under launchd_clean and its packet may be relied on", Source: "docs/macos.md"},
	assumption{ID: "model", Claim: "the model foretold every decision of that run", Source: "plans/runtime-checks"},
)
