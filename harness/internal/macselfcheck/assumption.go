package main

import (
	"slices"
	"time"
)

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

// limit is how long the check may take.
func (a assumption) limit() time.Duration {
	switch a.Group {
	case "run":
		return 20 * time.Minute
	case "launchd":
		return 3 * time.Minute // a job may take one to come forward, and another to end
	}
	return 30 * time.Second
}

func group(name string, list ...assumption) []assumption {
	for i := range list {
		list[i].Group = name
	}
	return list
}

var worldAssumptions = group("world",
	assumption{ID: "version", Claim: "SystemVersion.plist, as this program reads it, says what sw_vers prints", Source: "sw_vers(1)"},
	assumption{ID: "kernel-build", Claim: "kern.osversion is the build, or that of a rapid security response to it", Source: "sysctl(3)"},
	assumption{ID: "arch", Claim: "uname -m is the architecture that this program was built for", Source: "uname(3)"},
	assumption{ID: "dyld-uuid", Claim: "_dyld_get_shared_cache_uuid gives the UUID at 0x58 of a dyld shared cache's file", Source: "<mach-o/dyld_priv.h>, <mach-o/dyld_cache_format.h>"},
	assumption{ID: "csr-config", Claim: "csr_get_active_config answers in every process", Source: "<sys/csr.h> of XNU"},
)

var libraryAssumptions = group("libraries",
	assumption{ID: "symbols", Claim: "every function and variable that attempts use is exported", Source: "the headers named in package libsystem"},
	assumption{ID: "errno", Claim: "the errno that a called function leaves behind is the one that is read", Source: "<errno.h>"},
	assumption{ID: "variadic", Claim: "what stands behind the … of a call goes to the stack on arm64, to the registers on amd64", Source: "Writing ARM64 Code for Apple Platforms"},
	assumption{ID: "check-flags", Claim: "SANDBOX_CHECK_NO_REPORT is 0x40000000 and SANDBOX_CHECK_CANONICAL 0x20000000", Source: "libsystem_sandbox"},
	assumption{ID: "signal-mask", Claim: "pthread_sigmask and sigaction take a set of 32 bits and a struct of 16 bytes", Source: "<sys/signal.h>"},
)

var engineAssumptions = group("engine",
	assumption{ID: "unconfined", Claim: "sandbox_check without an operation gives 0 in a process that nothing confines", Source: "public code that calls sandbox_check"},
	assumption{ID: "confined", Claim: "sandbox_check without an operation gives 1 under a policy", Source: "public code that calls sandbox_check"},
	assumption{ID: "bad-text", Claim: "a text that does not parse gives -1 and a text that says why, and confines nothing", Source: "sandbox_init(3)"},
	assumption{ID: "apply-twice", Claim: "a second policy is refused in a process that has one, with EPERM or a text with already and sandbox in it", Source: "observed by others on macOS 14"},
	assumption{ID: "canary", Claim: "under a small text one file opens and another is refused with EPERM", Source: "sandbox_init(3)"},
	assumption{ID: "deny-default", Claim: "under (deny default) a process that runs already goes on, and answers on its descriptor", Source: "sandbox_init(3)"},
	assumption{ID: "parameters", Claim: "sandbox_init_with_parameters takes names and values by turns up to a NULL", Source: "public code that calls it"},
	assumption{ID: "blob", Claim: "what sandbox_compile_string makes, in a struct of two pointers and a size, sandbox_apply puts in force", Source: "public code that calls them"},
	assumption{ID: "later-wins", Claim: "of two rules that match, the later one decides", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "send-signal", Claim: "under (with send-signal SIGKILL) the process that is refused is killed", Source: "profiles that ship with macOS"},
	assumption{ID: "message-filter", Claim: "a text with apply-message-filter is refused to a program that is not entitled to it", Source: "observed by others on macOS 14"},
	assumption{ID: "callout-path", Claim: "sandbox_check with filter 1 gives 0 for a path that a policy allows and 1 for one that it denies", Source: "public code that calls sandbox_check"},
	assumption{ID: "callout-canonical", Claim: "with the flag for canonical paths the answer for a path without links is the same", Source: "public code that calls sandbox_check"},
	assumption{ID: "callout-none", Claim: "sandbox_check with filter 0 takes an operation without an argument", Source: "public code that calls sandbox_check"},
	assumption{ID: "callout-filters", Claim: "sandbox_check knows the filters that take a text by the numbers 2 to 9, 12, 13 and 17", Source: "public code that calls sandbox_check"},
	assumption{ID: "callout-doubtful", Claim: "the numbers 14 to 16 are of an IOKit class, an NVRAM variable and a sysctl, which no probe asks by until it is seen", Source: "public code that calls sandbox_check, which does not agree"},
	assumption{ID: "shim", Claim: "under (deny default) and the harness shim this program starts", Source: "the shim's own text"},
	assumption{ID: "shim-runtime", Claim: "with the shim this program starts also where sysctl-read is denied, though Go's runtime reads hw.pagesize and hw.ncpu", Source: "runtime/os_darwin.go of Go"},
	assumption{ID: "exec-keeps", Claim: "a policy stays on a process that becomes another program", Source: "sandbox_init(3)"},
)

var pathAssumptions = group("paths",
	assumption{ID: "getpath", Claim: "F_GETPATH of /tmp/x is /private/tmp/x", Source: "fcntl(2)"},
	assumption{ID: "nofirmlink", Claim: "F_GETPATH_NOFIRMLINK of /tmp/x is /System/Volumes/Data/private/tmp/x", Source: "<sys/fcntl.h>"},
	assumption{ID: "sight", Claim: "open with O_EVTONLY shows where a path leads, with O_SYMLINK the link itself", Source: "open(2)"},
	assumption{ID: "identity", Claim: "fstat and fstatfs tell device, inode, file system and mount of what is open", Source: "stat(2), statfs(2)"},
	assumption{ID: "rule-on-link", Claim: "a rule spelled /tmp/x does not match the file behind it, one spelled /private/tmp/x does", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "link-metadata", Claim: "without file-read-metadata of /tmp the file is not reached through it", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "firmlink", Claim: "a path below /System/Volumes/Data is matched as the firmlink spells it, and a rule in that spelling matches nothing", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "model-links", Claim: "the model knows every firmlink of this Mac, and where /tmp, /var, /etc and /home lead", Source: "/usr/share/firmlinks"},
	assumption{ID: "openat-folder", Claim: "openat needs file-read-data of the folder too, and none of /", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "dots", Claim: ". and .. are gone before a rule is matched, and folders on the way need no right", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "opens", Claim: "open for reading asks file-read-data, for writing file-write-data; lstat asks file-read-metadata", Source: "decisions on macOS 14.4.1"},
	assumption{ID: "attributes", Claim: "every call on metadata and extended attributes succeeds without a policy", Source: "getattrlist(2), setattrlist(2), chmod(2), chown(2), utimes(2), getxattr(2)"},
	assumption{ID: "attributes-denied", Claim: "under (deny file-read-metadata), (deny file-write*) and (deny file-read-xattr) they fail with EPERM", Source: "getattrlist(2), chmod(2), getxattr(2)"},
	assumption{ID: "searchfs", Claim: "searchfs, told script code 0x08000103, succeeds or says EAGAIN; under (deny file-search) it fails with EPERM", Source: "searchfs(2), bsd/vfs/vfs_syscalls.c of XNU"},
)

var processAssumptions = group("processes",
	assumption{ID: "fork", Claim: "a process forked by the bare system call can end at once", Source: "fork(2), libsyscall/custom/__fork.s of XNU"},
	assumption{ID: "fork-denied", Claim: "under (deny process-fork) fork fails with EPERM", Source: "fork(2)"},
	assumption{ID: "note-exec", Claim: "the kernel tells by NOTE_EXEC that a process became another program, and how it ended", Source: "kqueue(2)"},
	assumption{ID: "exec-errno", Claim: "execve that fails leaves the process as it was, with the errno", Source: "execve(2)"},
	assumption{ID: "exec-denied", Claim: "under (deny process-exec*) execve fails with EPERM", Source: "execve(2)"},
	assumption{ID: "limit", Claim: "a process that hangs is killed at its limit, and the worker lives on", Source: "package worker"},
	assumption{ID: "descriptors", Claim: "what the Go runtime holds is not taken for what a probe left open: a kqueue is a pipe without an inode to fstat", Source: "bsd/kern/kern_event.c of XNU"},
	assumption{ID: "leftovers", Claim: "what a program leaves running is in its process group, and ended with it", Source: "setpgid(2)"},
	assumption{ID: "pidinfo", Claim: "proc_pidinfo with flavor 3 gives 136 bytes, and EPERM where it is denied", Source: "<sys/proc_info.h>, <libproc.h>"},
	assumption{ID: "process-info", Claim: "proc_pid_rusage with flavor 0 and proc_listpids with type 1 answer, and EPERM where it is denied", Source: "<sys/resource.h>, <libproc.h>"},
	assumption{ID: "sysctl-denied", Claim: "under (deny sysctl-read) sysctlbyname fails with EPERM", Source: "sysctl(3)"},
	assumption{ID: "signal", Claim: "SIGUSR1 to a forked child is received by it", Source: "kill(2)"},
	assumption{ID: "signal-denied", Claim: "under (deny signal) kill fails with EPERM", Source: "kill(2)"},
	assumption{ID: "connect-denied", Claim: "under (deny network-outbound) connect fails with EPERM before anything listens", Source: "connect(2)"},
	assumption{ID: "bind-denied", Claim: "under (deny network-bind) bind fails with EPERM", Source: "bind(2)"},
	assumption{ID: "process-list", Claim: "kern.proc.all and getsid tell a child of this process, its parent and its session", Source: "sysctl(3), <sys/sysctl.h>"},
	assumption{ID: "peer", Claim: "LOCAL_PEERCRED and LOCAL_PEERPID tell user and process at the other end of a socket", Source: "<sys/un.h>"},
)

var ipcAssumptions = group("ipc",
	assumption{ID: "lookup", Claim: "bootstrap_look_up gives 0 for a service, 1102 for none, 1100 where a policy denies", Source: "<servers/bootstrap.h>"},
	assumption{ID: "xpc", Claim: "a message to a service that nobody has comes back as an error, and one to a service that is there does not hang", Source: "<xpc/connection.h>"},
	assumption{ID: "iokit", Claim: "IOServiceOpen gives 0xe00002e2 where a policy denies iokit-open-service or iokit-open-user-client, and not without one", Source: "<IOKit/IOReturn.h>"},
	assumption{ID: "notify", Claim: "a post to notifyd is seen by another process", Source: "notify(3)"},
	assumption{ID: "notify-denied", Claim: "notifyd takes posts in order: of one that is refused nothing is seen, of the next one it is", Source: "notify(3)"},
	assumption{ID: "distributed", Claim: "a distributed notification reaches an observer of another process on its main thread", Source: "CFNotificationCenter"},
	assumption{ID: "preferences", Claim: "a key that CFPreferences wrote is read by another process", Source: "CFPreferences"},
	assumption{ID: "shm", Claim: "shm_open makes an object and shm_unlink removes it, and EPERM where it is denied", Source: "shm_open(2)"},
	assumption{ID: "kext", Claim: "KextManagerCopyLoadedKextInfo knows com.apple.kpi.bsd", Source: "<IOKit/kext/KextManager.h>"},
)

var launchdAssumptions = group("launchd",
	assumption{ID: "domain", Claim: "launchctl print gui/UID or user/UID answers", Source: "launchctl(1)"},
	assumption{ID: "plist-lint", Claim: "plutil -lint takes the job's property list", Source: "launchd.plist(5), plutil(1)"},
	assumption{ID: "words", Claim: "launchctl error has the words by which failures are told apart", Source: "launchctl(1)"},
	assumption{ID: "log-show", Claim: "log show takes the question by which launchd's words about a job are found", Source: "log(1)"},
	assumption{ID: "copy", Claim: "a copy of this program's bytes, in a folder that jobs may use, runs", Source: "Code Signing Guide"},
	assumption{ID: "job", Claim: "a worker boots in, comes forward on its socket and boots out", Source: "launchctl(1)"},
	assumption{ID: "job-print", Claim: "launchctl print of the job has its state and its pid, one tab deep", Source: "launchctl(1), which calls it no API"},
	assumption{ID: "job-parent", Claim: "the job's parent is launchd, process 1, and its session is its own", Source: "launchd(8)"},
	assumption{ID: "job-unconfined", Claim: "nothing confines the job, it inherits no descriptors and lives in this world", Source: "launchd(8)"},
	assumption{ID: "job-hang-up", Claim: "the job ends when the other end of its socket is closed, as kqueue tells it", Source: "kqueue(2)"},
	assumption{ID: "job-gone", Claim: "after it was booted out launchd does not know the label, and process and folder are gone", Source: "launchctl(1)"},
)

var runAssumptions = group("run",
	assumption{ID: "first-suite", Claim: "the plan runtime-checks runs under launchd_clean, its bundle is whole and its packet may be relied on", Source: "docs/macos.md"},
	assumption{ID: "expected", Claim: "every decision of that run is the one that the plan expects", Source: "plans/runtime-checks"},
	assumption{ID: "model", Claim: "the model foretold every decision of that run", Source: "harness/internal/oracle/sbpl"},
)
