package seatbelt

import (
	"slices"

	"github.com/rtgen/rtgen/harness/internal/op"
)

// Classify reads a result: decision is op.Allow or op.Deny, or empty when nothing
// was decided, and then kind says why. The numbers are macOS's, on whatever host
// this is asked.
func Classify(r op.Result) (decision, kind string) {
	switch {
	case r.Err != "" || r.Call == "":
		return "", op.KindError
	case r.Return != nil:
		return classifyReturn(*r.Return)
	case r.Errno == 0:
		return op.Allow, ""
	case r.Errno == denied:
		return op.Deny, ""
	}
	return "", op.KindErrno
}

// denied is EPERM, with which the kernel reports every call that a policy denied: a
// caller of a mac_ hook returns what the hook gave, which is Seatbelt's EPERM (of
// several policies mac_error_select prefers EACCES, which decides nothing here), and
// kill(2) makes EPERM of anything (cansignal). Others report by it too: proc_info(2)
// of another user's process (proc_security_policy), chmod(2) of another's file, what
// System Integrity Protection guards. Those do so without the policy as well, and
// the baseline tells. All this is XNU's, in security/ and bsd/.
const denied = 1

// refusals are the codes beside errnos with which a policy's refusal comes back.
var refusals = map[string][]int64{
	op.ReturnMach:   {1100},       // BOOTSTRAP_NOT_PRIVILEGED of <servers/bootstrap.h>
	op.ReturnIOKit:  {0xe00002e2}, // kIOReturnNotPermitted of <IOKit/IOReturn.h>
	op.ReturnNotify: {7},          // NOTIFY_STATUS_NOT_AUTHORIZED of <notify.h>
	op.ReturnSeen:   {1},
	op.ReturnCheck:  {1},
}

func classifyReturn(r op.Return) (decision, kind string) {
	switch {
	case r.Undecided != "":
		return "", op.KindReturn
	case r.Value == 0:
		return op.Allow, ""
	case slices.Contains(refusals[r.Kind], r.Value):
		return op.Deny, ""
	}
	return "", op.KindReturn
}
