package op

// Return is what a call gave back that is no errno.
type Return struct {
	Kind  string `json:"kind"` // one of the constants
	Value int64  `json:"value"`
	Name  string `json:"name,omitempty"` // as its header spells it, e.g. "BOOTSTRAP_UNKNOWN_SERVICE"
	// Undecided says why the value decides nothing, whatever it is: one line. It
	// is for calls that give the same back for several reasons.
	Undecided string `json:"undecided,omitempty"`
}

// The kinds of Return.
const (
	ReturnMach   = "kern_return_t" // bootstrap_look_up
	ReturnIOKit  = "IOReturn"      // IOServiceOpen
	ReturnNotify = "notify_status" // notify_post
	ReturnSeen   = "seen"          // 0: what the call was to bring about was seen, by who is under no policy; 1: what came after it was, and it was not
	ReturnCheck  = "sandbox_check" // 0 allow, 1 deny
)

// KindReturn is KindErrno for a Return.
const KindReturn = "probe_return"
