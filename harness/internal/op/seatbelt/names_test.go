package seatbelt

import "testing"

// The values are those of the public headers of macOS's SDK.
func TestNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{bootstrapName(0), "BOOTSTRAP_SUCCESS"},
		{bootstrapName(1100), "BOOTSTRAP_NOT_PRIVILEGED"},
		{bootstrapName(1102), "BOOTSTRAP_UNKNOWN_SERVICE"},
		{bootstrapName(1106), "BOOTSTRAP_NO_CHILDREN"},
		{bootstrapName(1107), ""},
		{bootstrapName(1), "KERN_INVALID_ADDRESS"},
		{bootstrapName(5), "KERN_FAILURE"},
		{bootstrapName(8), "KERN_NO_ACCESS"},
		{bootstrapName(15), "KERN_INVALID_NAME"},
		{bootstrapName(22), "KERN_INVALID_HOST"},
		{bootstrapName(37), "KERN_TERMINATED"},
		{bootstrapName(46), "KERN_NOT_SUPPORTED"},
		{bootstrapName(49), "KERN_OPERATION_TIMED_OUT"},
		{bootstrapName(53), "KERN_DENIED"},
		{bootstrapName(56), "KERN_NOT_FOUND"},
		{bootstrapName(0x10000003), ""},
		{bootstrapName(-308), ""},

		{ioReturnName(0), "kIOReturnSuccess"},
		{ioReturnName(0xe0000001), "kIOReturnInvalid"},
		{ioReturnName(0xe00002bc), "kIOReturnError"},
		{ioReturnName(0xe00002c1), "kIOReturnNotPrivileged"},
		{ioReturnName(0xe00002c2), "kIOReturnBadArgument"},
		{ioReturnName(0xe00002c5), "kIOReturnExclusiveAccess"},
		{ioReturnName(0xe00002c7), "kIOReturnUnsupported"},
		{ioReturnName(0xe00002ca), "kIOReturnIOError"},
		{ioReturnName(0xe00002cb), ""},
		{ioReturnName(0xe00002cc), "kIOReturnCannotLock"},
		{ioReturnName(0xe00002d5), "kIOReturnBusy"},
		{ioReturnName(0xe00002d8), "kIOReturnNotReady"},
		{ioReturnName(0xe00002dc), ""},
		{ioReturnName(0xe00002dd), "kIOReturnPortExists"},
		{ioReturnName(0xe00002e2), "kIOReturnNotPermitted"},
		{ioReturnName(0xe00002eb), "kIOReturnAborted"},
		{ioReturnName(0xe00002ed), "kIOReturnNotResponding"},
		{ioReturnName(0xe00002f0), "kIOReturnNotFound"},
		{ioReturnName(0xe00002f1), ""},
		{ioReturnName(5), "KERN_FAILURE"},

		{notifyName(0), "NOTIFY_STATUS_OK"},
		{notifyName(1), "NOTIFY_STATUS_INVALID_NAME"},
		{notifyName(7), "NOTIFY_STATUS_NOT_AUTHORIZED"},
		{notifyName(10), "NOTIFY_STATUS_NULL_INPUT"},
		{notifyName(11), ""},
		{notifyName(1000000), "NOTIFY_STATUS_FAILED"},
	} {
		if tt.got != tt.want {
			t.Errorf("named %q, want %q", tt.got, tt.want)
		}
	}
}
