package seatbelt

import (
	"slices"
	"strings"
)

// checkFilters are the filters whose value sandbox_check takes as text, by the
// number it knows them by. It has others, for descriptors (10), audit tokens
// (11) and messages (18), which no target can name. A compiled policy numbers
// its filters otherwise.
var checkFilters = map[int]string{
	1:  "path",
	2:  "global-name",
	3:  "local-name",
	4:  "appleevent-destination",
	5:  "right-name",
	6:  "preference-domain",
	7:  "kext-bundle-id",
	8:  "info-type",
	9:  "notification-name",
	12: "xpc-service-name",
	13: "iokit-connection",
	14: "iokit-user-client-class",
	15: "nvram-variable",
	16: "sysctl-name",
	17: "ipc-posix-name",
}

// Proven reports whether it is known that sandbox_check takes the text of a filter by
// that number. WebKit (wtf/spi/darwin/SandboxSPI.h) has SANDBOX_FILTER_SYSCALL_NUMBER
// right behind SANDBOX_FILTER_IOKIT_CONNECTION, which is 13, and dyld asks with it and
// an int; of 15 and 16 public sources do not agree which is the nvram variable. By a
// number that means something else the answer would be to a question that nobody
// asked. The names stay, for evidence of others that has them.
func Proven(id int) bool {
	switch id {
	case 14, 15, 16:
		return false
	}
	_, ok := checkFilters[id]
	return ok
}

// noFilter is the number that asks about an operation whatever it is done to.
const noFilter = 0

// policyFilters are the filters that a policy of macOS 14 knows and
// sandbox_check cannot be given as text.
var policyFilters = strings.Fields(`
ancestor-signing-identifier boot-arg codesigning-operation control-name csr
datavault-disk-filter device-conforms-to device-major device-minor
extension extension-class extension-path-ancestor
fcntl-command file-attribute file-mode fileprovider-syncroot-path filesystem-name
fsctl-command host-special-port ioctl-command
iokit-method-number iokit-property iokit-registry-entry-attribute
iokit-registry-entry-class iokit-trap-number iokit-usb-interface-class
iokit-usb-interface-subclass iokit-user-client-type
kas-info-selector kernel-mig-routine local mac-policy-name mac-syscall-number
mach-derived-port-role machtrap-number memorystatus-control-command
message-name message-number mount-relative-path mount-root-path
necp-client-action notification-payload persona-type privilege-id
process-attribute process-path reboot-flags remote
require-ancestor-with-entitlement require-responsible-binary-with-entitlement
require-target-with-entitlement rootless-boot-device-filter rootless-disk-filter
semaphore-owner signal-number signing-identifier snapshot-name
socket-domain socket-option-level socket-option-name socket-protocol socket-type
state-flag storage-class storage-class-extension syscall-number system-attribute
target target-signing-identifier task-special-port uid user-intent-extension
vnode-type xattr
`)

var filterNames = func() []string {
	all := slices.Clone(policyFilters)
	for _, name := range checkFilters {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}()

// FilterID returns the number by which sandbox_check knows a filter; false when
// it cannot be asked with that filter.
func FilterID(name string) (int, bool) {
	for id, n := range checkFilters {
		if n == name {
			return id, true
		}
	}
	return 0, false
}

// FilterName is the inverse of FilterID.
func FilterName(id int) (string, bool) {
	name, ok := checkFilters[id]
	return name, ok
}

// taken says which filters sandbox_check takes for an operation.
type taken struct {
	family  string   // an operation, or all that begin so: "file*"
	filters []string // the usual one first
	usual   []string // the operations that are asked with the first one when a probe names none
}

var takes = []taken{
	{"appleevent-send", []string{"appleevent-destination"}, []string{"appleevent-send"}},
	{"authorization-right-obtain", []string{"right-name"}, []string{"authorization-right-obtain"}},
	{"darwin-notification-post", []string{"notification-name"}, []string{"darwin-notification-post"}},
	{"distributed-notification-post", []string{"notification-name"}, []string{"distributed-notification-post"}},
	{"file*", []string{"path"}, []string{
		"file-read*", "file-read-data", "file-read-metadata", "file-read-xattr", "file-search",
		"file-test-existence", "file-write*", "file-write-data", "file-write-xattr",
	}},
	{"iokit-open*", []string{"iokit-user-client-class", "iokit-connection"}, nil},
	{"iokit-set-properties", []string{"iokit-user-client-class", "iokit-connection"}, nil},
	{"ipc-posix*", []string{"ipc-posix-name"}, []string{"ipc-posix-shm-write-create"}},
	{"mach-issue-extension", []string{"global-name"}, nil},
	{"mach-lookup", []string{"global-name", "local-name", "xpc-service-name"}, []string{"mach-lookup"}},
	{"mach-register", []string{"global-name", "local-name"}, nil},
	{"managed-preference-read", []string{"preference-domain"}, nil},
	{"network*", []string{"path"}, nil}, // of a unix socket
	{"nvram*", []string{"nvram-variable"}, []string{"nvram-get"}},
	{"process-exec*", []string{"path"}, nil},
	{"sysctl*", []string{"sysctl-name"}, nil},
	{"system-info", []string{"info-type"}, []string{"system-info"}},
	{"system-kext*", []string{"kext-bundle-id"}, []string{"system-kext-query"}},
	{"user-preference*", []string{"preference-domain"}, []string{"user-preference-read", "user-preference-write"}},
}

// Filters returns the filters that sandbox_check can be asked with about an
// operation. It takes none for operations such as process-fork.
func Filters(operation string) []string {
	operation = KernelName(operation)
	for _, t := range takes {
		if inFamily(operation, t.family) {
			return slices.Clone(t.filters)
		}
	}
	return nil
}

// UsualFilter returns the filter that sandbox_check is asked with when a probe
// of the operation names none.
func UsualFilter(operation string) (string, bool) {
	for _, t := range takes {
		if slices.Contains(t.usual, operation) {
			return t.filters[0], true
		}
	}
	return "", false
}

// Asked is the operation that sandbox_check is asked about beside an attempt: of a
// family, the one that the attempt comes to.
func Asked(operation string) string {
	switch operation {
	case "file-read*":
		return "file-read-data"
	case "file-write*":
		return "file-write-data"
	}
	return operation
}

// inFamily reports whether an operation is the family or belongs to it: file*
// has file*, file-read*, file-link and so on.
func inFamily(operation, family string) bool {
	stem, isFamily := strings.CutSuffix(family, "*")
	return operation == family || isFamily && strings.HasPrefix(operation, stem+"-")
}
