package seatbelt

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/rtgen/rtgen/harness/internal/nearest"
)

// kernelNames are the operations of macOS 14 as its kernel knows them. A name
// that ends in "*" is a family.
var kernelNames = strings.Fields(`
default default-message-filter
appleevent-send authorization-right-obtain boot-arg-set
device* device-camera device-microphone
darwin-notification-post distributed-notification-post dynamic-code-generation
file* file-chroot file-clone file-ioctl file-issue-extension file-link file-lock
file-map-executable file-mknod file-mount file-mount-update file-revoke
file-search file-test-existence file-unmount
file-read* file-read-data file-read-metadata file-read-xattr
file-write* file-write-acl file-write-create file-write-data file-write-finderinfo
file-write-flags file-write-mode file-write-owner file-write-setugid
file-write-times file-write-unlink file-write-xattr
fs-rename fs-quota* fs-quota-get fs-quota-on fs-quota-off fs-quota-stat fs-quota-sync
fs-quota-set* fs-quota-set-limits fs-quota-set-usage
fs-snapshot* fs-snapshot-create fs-snapshot-delete fs-snapshot-mount fs-snapshot-revert
generic-issue-extension hid-control
iokit* iokit-async-external-method iokit-external-method iokit-external-trap
iokit-get-properties iokit-issue-extension iokit-set-properties
iokit-open* iokit-open-service iokit-open-user-client
ipc* ipc-posix* ipc-posix-issue-extension
ipc-posix-sem* ipc-posix-sem-create ipc-posix-sem-open ipc-posix-sem-post
ipc-posix-sem-unlink ipc-posix-sem-wait
ipc-posix-shm* ipc-posix-shm-read-data ipc-posix-shm-write*
ipc-posix-shm-write-create ipc-posix-shm-write-data ipc-posix-shm-write-unlink
ipc-sysv* ipc-sysv-msg ipc-sysv-sem ipc-sysv-shm
job-creation lsopen
mach* mach-bootstrap mach-cross-domain-lookup mach-derive-port
mach-host* mach-host-exception-port-set mach-host-special-port-set
mach-issue-extension mach-kernel-endpoint mach-lookup mach-message-send
mach-priv* mach-priv-host-port mach-priv-task-port mach-register
mach-task* mach-task-inspect mach-task-name mach-task-read
mach-task-special-port* mach-task-special-port-get mach-task-special-port-set
managed-preference-read necp-client-open
network* network-bind network-inbound network-outbound
nvram* nvram-delete nvram-get nvram-set
opendirectory-user-modify
process* process-codesigning process-fork
process-exec* process-exec-interpreter process-exec-update-label
process-info* process-info-codesignature process-info-dirtycontrol process-info-ledger
process-info-listpids process-info-pidfdinfo process-info-pidfileportinfo
process-info-pidinfo process-info-rusage process-info-setcontrol
process-legacy-codesigning* process-legacy-codesigning-blob-get
process-legacy-codesigning-cdhash-get process-legacy-codesigning-entitlements-blob-get
process-legacy-codesigning-entitlements-der-blob-get
process-legacy-codesigning-identity-get process-legacy-codesigning-teamid-get
process-legacy-codesigning-text-offset-get process-legacy-codesigning-status*
process-legacy-codesigning-status-get process-legacy-codesigning-status-set
pseudo-tty qtn-user signal
socket-ioctl socket-option* socket-option-get socket-option-set
storage-class-map
syscall* syscall-mach syscall-mig syscall-unix
sysctl* sysctl-read sysctl-write
system* system-acct system-audit system-automount system-debug system-fcntl
system-fsctl system-info system-kas-info
system-kext* system-kext-load system-kext-query system-kext-unload
system-mac* system-mac-label system-mac-syscall
system-memorystatus-control system-necp-client-action system-nfssvc
system-package-check system-privilege system-reboot system-sched system-set-time
system-socket system-suspend-resume system-swap
user-preference* user-preference-read user-preference-write
xpc-message-send
`)

// profileNames are the older spellings that a profile may still use, with the
// operation each stands for; "" where it is taken and means nothing any more.
// Only the compiler of profiles knows them: the kernel has never heard of them.
var profileNames = map[string]string{
	"file-fsctl":                  "system-fsctl",
	"file-issue-extension*":       "file-issue-extension",
	"file-issue-extension-read":   "file-issue-extension",
	"file-issue-extension-write":  "file-issue-extension",
	"file-unlink":                 "file-write-unlink",
	"file-write-mount":            "file-mount",
	"file-write-umount":           "file-unmount",
	"file-write-unmount":          "file-unmount",
	"iokit-open":                  "iokit-open*",
	"ipc-posix-sem":               "ipc-posix-sem*",
	"ipc-posix-shm":               "ipc-posix-shm*",
	"ipc-posix-shm-read*":         "ipc-posix-shm-read-data",
	"ipc-posix-shm-read-metadata": "",
	"mach-per-user-lookup":        "",
	"managed-preference*":         "managed-preference-read",
	"process-exec":                "process-exec*",
	"qtn-download":                "",
	"system-chud":                 "",
	"system-misc":                 "system*",
	"time-set":                    "system-set-time",

	"process-codesigning*":                      "process-legacy-codesigning*",
	"process-codesigning-blob-get":              "process-legacy-codesigning-blob-get",
	"process-codesigning-cdhash-get":            "process-legacy-codesigning-cdhash-get",
	"process-codesigning-entitlements-blob-get": "process-legacy-codesigning-entitlements-blob-get",
	"process-codesigning-identity-get":          "process-legacy-codesigning-identity-get",
	"process-codesigning-status*":               "process-legacy-codesigning-status*",
	"process-codesigning-status-get":            "process-legacy-codesigning-status-get",
	"process-codesigning-status-set":            "process-legacy-codesigning-status-set",
	"process-codesigning-teamid-get":            "process-legacy-codesigning-teamid-get",
	"process-codesigning-text-offset-get":       "process-legacy-codesigning-text-offset-get",
}

// kernelKnows says whether sandbox_check can be asked about the name.
var kernelKnows = func() map[string]bool {
	m := make(map[string]bool, len(kernelNames))
	for _, name := range kernelNames {
		if m[name] {
			panic("bug: seatbelt operations: " + name + " stands twice")
		}
		m[name] = true
	}
	return m
}()

var names = slices.Sorted(maps.Keys(func() map[string]bool {
	m := maps.Clone(kernelKnows)
	for name := range profileNames {
		m[name] = true
	}
	return m
}()))

// Names returns every operation name that a profile may use, families and older
// spellings among them, sorted.
func Names() []string { return slices.Clone(names) }

// Known reports whether a profile may use the name as an operation.
func Known(name string) bool {
	_, older := profileNames[name]
	return older || kernelKnows[name]
}

// KernelName returns the operation or family of the kernel that a profile means
// by a name: older spellings stand for one. What stands for none, and what
// Known does not know, is returned as it is.
func KernelName(name string) string {
	return cmp.Or(profileNames[name], name)
}

// Nearest returns the operation that name was most likely meant to be, or ""
// when none is close.
func Nearest(name string) string { return nearest.Word(name, names) }
