package bundle

// Witness is how a run listened to the kernel's audit log.
type Witness struct {
	Mode string `json:"mode"` // as asked for: "auto", "off" or "enable"
	// Status is "listening" when every process of the run that applied a policy
	// could listen, "unavailable" when one could not, "off" when it was not to,
	// "idle" when no policy was applied.
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"` // why it is unavailable
	// Lost says why records may be missing, one line each.
	Lost []string `json:"lost,omitempty"`
	// Note says what became of the audit state that was to be put back, when it is
	// not what was found.
	Note string `json:"note,omitempty"`
	// Before and After are the state of the audit subsystem around a run that
	// turned it on.
	Before *AuditState `json:"audit_before,omitempty"`
	After  *AuditState `json:"audit_after,omitempty"`

	Denied   int `json:"denied"`   // attempts under a policy that a policy's errno ended
	Recorded int `json:"recorded"` // of these, with a record of the kernel's
	Intended int `json:"intended"` // of these, for the operation under test
	Silent   int `json:"silent"`   // listened for, and nothing came
}

// AuditState is the state of the audit subsystem; see audit_status of
// linux/audit.h.
type AuditState struct {
	Enabled      int    `json:"enabled"`    // 0 off, 1 on, 2 on until the next boot
	RateLimit    int    `json:"rate_limit"` // records a second; 0: no limit
	BacklogLimit int    `json:"backlog_limit"`
	Lost         uint32 `json:"lost"` // records lost since boot
	DaemonPID    int    `json:"daemon_pid"`
}
