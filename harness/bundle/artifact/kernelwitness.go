package artifact

// KernelWitness is the kernel's own record of a denial, from its audit log.
type KernelWitness struct {
	Status  string         `json:"status"` // "recorded" or "silent"
	Reason  string         `json:"reason,omitempty"`
	Denials []KernelDenial `json:"denials,omitempty"` // in the kernel's order
}

// KernelDenial is one call that one layer of the policy denied.
type KernelDenial struct {
	Serial   uint64            `json:"serial"`   // of the audit event
	Domain   string            `json:"domain"`   // hex, as the log prints it
	Layer    int               `json:"layer"`    // from 0, outermost first
	Blockers []string          `json:"blockers"` // the rights that were missing, e.g. "fs.read_file"
	Object   map[string]string `json:"object"`   // what was asked for: path, dev, ino, dest, …
}
