package artifact

import (
	"bytes"
	"encoding/json"
)

// ProbeDetails is probe_details as this project's own probes write them: the
// system call and what the kernel answered. Other producers write other keys,
// so the documents hold it raw.
type ProbeDetails struct {
	Syscall    string         `json:"syscall"`
	Call       string         `json:"call"`  // with its arguments, as strace would print it
	Errno      *int           `json:"errno"` // 0: the call succeeded; null: it did not come back, or its Return says what came of it
	ErrnoName  *string        `json:"errno_name"`
	SourcePath string         `json:"source_path,omitempty"`
	PostState  *PostState     `json:"post_state,omitempty"`
	Layers     int            `json:"layers,omitempty"` // policy layers the thread stacked
	WorkerPID  int            `json:"worker_pid,omitempty"`
	Witness    *KernelWitness `json:"witness,omitempty"` // where the audit log was listened to
	Return     *Return        `json:"return,omitempty"`  // of a call that reports by no errno
}

// Return is what a call of macOS gave back that is no errno.
type Return struct {
	Kind      string `json:"kind"` // "kern_return_t", "IOReturn", "notify_status", "seen" or "sandbox_check"
	Value     int64  `json:"value"`
	Name      string `json:"name,omitempty"`      // as its header spells it
	Undecided string `json:"undecided,omitempty"` // why it decides nothing, whatever it is: one line
}

// PostState is what the target looked like after the call.
type PostState struct {
	TargetExists bool   `json:"target_exists"`
	TargetType   string `json:"target_type,omitempty"`
	TargetSize   int64  `json:"target_size,omitempty"`
	SourceExists *bool  `json:"source_exists,omitempty"`
}

// details gives nil for a row that carries none.
func details(raw json.RawMessage) (*ProbeDetails, error) {
	if len(raw) == 0 || bytes.Equal(raw, []byte("null")) {
		return nil, nil
	}
	var d ProbeDetails
	if err := Decode(raw, &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// Listener is the server a probe was given. Host is a path or an @name where
// Network is that of a unix socket.
type Listener struct {
	Network     string   `json:"network,omitempty"` // absent: "tcp"
	Host        string   `json:"host"`
	Port        int      `json:"port"`
	Status      string   `json:"status"` // "ok" or "error"
	Error       *string  `json:"error"`
	Precheck    Precheck `json:"precheck"`
	AcceptCount int      `json:"accept_count"`             // includes the precheck's own connection
	Datagrams   int      `json:"datagram_count,omitempty"` // includes the precheck's own
}

// Precheck is the listener's connection to itself before the probe.
type Precheck struct {
	Status string  `json:"status"` // "ok", "error" or "skipped"
	Error  *string `json:"error"`
}
