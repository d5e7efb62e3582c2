package seatbelt

import "strings"

// machNames are the codes of <mach/kern_return.h> from 0 on, without KERN_.
var machNames = strings.Fields(`
SUCCESS INVALID_ADDRESS PROTECTION_FAILURE NO_SPACE INVALID_ARGUMENT FAILURE
RESOURCE_SHORTAGE NOT_RECEIVER NO_ACCESS MEMORY_FAILURE MEMORY_ERROR ALREADY_IN_SET
NOT_IN_SET NAME_EXISTS ABORTED INVALID_NAME INVALID_TASK INVALID_RIGHT INVALID_VALUE
UREFS_OVERFLOW INVALID_CAPABILITY RIGHT_EXISTS INVALID_HOST MEMORY_PRESENT
MEMORY_DATA_MOVED MEMORY_RESTART_COPY INVALID_PROCESSOR_SET POLICY_LIMIT
INVALID_POLICY INVALID_OBJECT ALREADY_WAITING DEFAULT_SET EXCEPTION_PROTECTED
INVALID_LEDGER INVALID_MEMORY_CONTROL INVALID_SECURITY NOT_DEPRESSED TERMINATED
LOCK_SET_DESTROYED LOCK_UNSTABLE LOCK_OWNED LOCK_OWNED_SELF SEMAPHORE_DESTROYED
RPC_SERVER_TERMINATED RPC_TERMINATE_ORPHAN RPC_CONTINUE_ORPHAN NOT_SUPPORTED
NODE_DOWN NOT_WAITING OPERATION_TIMED_OUT CODESIGN_ERROR POLICY_STATIC
INSUFFICIENT_BUFFER_SIZE DENIED MISSING_KC INVALID_KC NOT_FOUND
`)

// bootstrapNames are the codes of <servers/bootstrap.h> from 1100 on, without
// BOOTSTRAP_.
var bootstrapNames = strings.Fields(`
NOT_PRIVILEGED NAME_IN_USE UNKNOWN_SERVICE SERVICE_ACTIVE BAD_COUNT NO_MEMORY NO_CHILDREN
`)

const (
	bootstrapNotPrivileged  = 1100
	bootstrapUnknownService = 1102
)

// bootstrapName is what the headers call a result of bootstrap_look_up; "" for one
// that they do not have.
func bootstrapName(kr int32) string {
	if kr == 0 {
		return "BOOTSTRAP_SUCCESS"
	}
	if name := named("BOOTSTRAP_", bootstrapNames, int64(kr)-bootstrapNotPrivileged); name != "" {
		return name
	}
	return named("KERN_", machNames, int64(kr))
}

// ioNames are the codes of <IOKit/IOReturn.h> from iokit_common_err(0x2bc) on,
// without kIOReturn; "-" is none.
var ioNames = strings.Fields(`
Error NoMemory NoResources IPCError NoDevice NotPrivileged BadArgument LockedRead
LockedWrite ExclusiveAccess BadMessageID Unsupported VMError InternalError IOError -
CannotLock NotOpen NotReadable NotWritable NotAligned BadMedia StillOpen RLDError
DMAError Busy Timeout Offline NotReady NotAttached NoChannels NoSpace - PortExists
CannotWire NoInterrupt NoFrames MessageTooLarge NotPermitted NoPower NoMedia
UnformattedMedia UnsupportedMode Underrun Overrun DeviceError NoCompletion Aborted
NoBandwidth NotResponding IsoTooOld IsoTooNew NotFound
`)

const (
	ioReturnInvalid = 0xe0000001 // iokit_common_err(1)
	ioReturnError   = 0xe00002bc
)

// ioReturnName is what the headers call a result of IOServiceOpen; "" for one that
// they do not have.
func ioReturnName(r uint32) string {
	switch r {
	case 0:
		return "kIOReturnSuccess"
	case ioReturnInvalid:
		return "kIOReturnInvalid"
	}
	if name := named("kIOReturn", ioNames, int64(r)-ioReturnError); name != "" {
		return name
	}
	return named("KERN_", machNames, int64(r))
}

// notifyNames are the codes of <notify.h> from 0 on, without NOTIFY_STATUS_.
var notifyNames = strings.Fields(`
OK INVALID_NAME INVALID_TOKEN INVALID_PORT INVALID_FILE INVALID_SIGNAL INVALID_REQUEST
NOT_AUTHORIZED OPT_DISABLE SERVER_NOT_FOUND NULL_INPUT
`)

const notifyFailed = 1000000

// notifyName is what the header calls a result of notify_post; "" for one that it
// does not have.
func notifyName(status uint32) string {
	if status == notifyFailed {
		return "NOTIFY_STATUS_FAILED"
	}
	return named("NOTIFY_STATUS_", notifyNames, int64(status))
}

func named(prefix string, names []string, i int64) string {
	if i < 0 || i >= int64(len(names)) || names[i] == "-" {
		return ""
	}
	return prefix + names[i]
}
