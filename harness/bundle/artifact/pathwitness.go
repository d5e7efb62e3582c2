package artifact

// PathWitnesses is path_witnesses.json: which file each path operation really
// reached, baseline records first.
type PathWitnesses struct {
	SchemaVersion string        `json:"schema_version"`
	WorldID       string        `json:"world_id"`
	RunID         string        `json:"run_id"`
	PlanID        string        `json:"plan_id"`
	Records       []PathWitness `json:"records"`
}

// PathWitness is one record. ExitCode is in baseline records only; Errno and
// the failure are in scenario records only.
type PathWitness struct {
	SchemaVersion string `json:"schema_version"`
	Lane          string `json:"lane"`
	ProfileID     string `json:"profile_id"`
	ScenarioID    string `json:"scenario_id"` // baseline: the baseline row's name
	Operation     string `json:"operation"`

	RequestedPath          *string `json:"requested_path"`
	ObservedPath           *string `json:"observed_path"`
	ObservedPathSource     string  `json:"observed_path_source"`
	ObservedPathErrno      *int    `json:"observed_path_errno"`
	ObservedNoFirmlink     *string `json:"observed_path_nofirmlink"`
	ObservedNoFirmlinkFrom string  `json:"observed_path_nofirmlink_source"`
	ObservedNoFirmlinkErr  *int    `json:"observed_path_nofirmlink_errno"`
	NormalizedPath         *string `json:"normalized_path"`
	NormalizedPathSource   string  `json:"normalized_path_source"`

	Canonicalization *Canonicalization `json:"canonicalization,omitempty"`
	FDIdentity       *FDIdentity       `json:"fd_identity,omitempty"`
	Decision         *string           `json:"decision"`
	ExitCode         Opt[int]          `json:"exit_code,omitzero"`
	Errno            Opt[int]          `json:"errno,omitzero"`
	FailureStage     Opt[string]       `json:"failure_stage,omitzero"`
	FailureKind      Opt[string]       `json:"failure_kind,omitzero"`
	Command          []string          `json:"command"`
}

// Canonicalization says whether the path was reached under another spelling.
type Canonicalization struct {
	AliasPair        bool `json:"alias_pair"`
	NoFirmlinkDiffer bool `json:"nofirmlink_differs"`
	PathDiffer
}

// PathDiffer says whether a name of Linux's led to another path than it spells:
// normalized_path is another path than requested_path, or the file of a bind
// mount. Doubled slashes and dots alone make no difference. It is absent where
// no descriptor told.
type PathDiffer struct {
	PathDiffers   *bool  `json:"path_differs,omitempty"`
	PathDiffersBy string `json:"path_differs_by,omitempty"` // "symlink", "dotdot" or "bind_mount"; absent when it does not
}

// FDIdentity is what the probe's own descriptor was.
type FDIdentity struct {
	Enabled       bool    `json:"enabled"`
	EnabledSource string  `json:"enabled_source"`
	Dev           *int64  `json:"st_dev"`
	Ino           *uint64 `json:"st_ino"`
	FstatErrno    *int    `json:"fstat_errno"`
	FSTypeName    *string `json:"fstypename"`
	MountOnName   *string `json:"mntonname"`
	FSID          []int64 `json:"fsid"`
	FstatfsErrno  *int    `json:"fstatfs_errno"`
	FileFacts
}

// FileFacts is what Linux tells of a file beyond the format's own keys.
type FileFacts struct {
	FileType     string  `json:"file_type,omitempty"` // "file", "dir", "symlink", "fifo", …
	MountID      *uint64 `json:"mnt_id,omitempty"`
	MountUnknown string  `json:"mount_unknown,omitempty"` // why the mount point is not known: one line
	OtherPath    string  `json:"other_path,omitempty"`    // where the file is too: it was reached by a bind mount
	NoPath       string  `json:"no_path,omitempty"`       // why it has no path: "deleted", "memfd", "pipe", "socket", "unreachable", …
	KernelText   string  `json:"kernel_text,omitempty"`   // what the kernel calls it, when that is no path
}
