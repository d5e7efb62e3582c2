// Package world identifies the host that evidence speaks of: its kernel, its
// policy engine, and whatever already confines this process.
package world

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
)

// Facts is what a survey found. Fields that are null could not be learnt, and
// a reason beside them says why; they are never guessed.
type Facts struct {
	OS            string `json:"os"`             // as runtime.GOOS spells it
	KernelRelease string `json:"kernel_release"` // uname -r
	KernelVersion string `json:"kernel_version"` // uname -v: tells apart builds of one release
	Arch          string `json:"arch"`           // uname -m

	LandlockABI          int    `json:"landlock_abi"` // 0: none to use
	LandlockReason       string `json:"landlock_reason,omitempty"`
	LandlockErrata       *int   `json:"landlock_errata"` // mask of the errata the kernel fixed
	LandlockErrataReason string `json:"landlock_errata_reason,omitempty"`

	Status

	LSMs           []string `json:"lsm"` // active security modules, in the kernel's order
	LSMReason      string   `json:"lsm_reason,omitempty"`
	LSMLabel       *string  `json:"lsm_label"` // the label a security module put on this thread
	LSMLabelReason string   `json:"lsm_label_reason,omitempty"`

	InitialUserNamespace bool              `json:"initial_user_namespace"`
	Namespaces           map[string]uint64 `json:"namespaces"`          // inode number by kind
	Container            string            `json:"container,omitempty"` // a hint, e.g. "docker"

	MacOS *MacOS `json:"macos,omitempty"` // nil elsewhere
}

// Status is the part of the facts that /proc/thread-self/status holds.
type Status struct {
	UID            int    `json:"uid"` // effective
	GID            int    `json:"gid"` // effective
	Groups         []int  `json:"groups"`
	CapEffective   string `json:"cap_effective"` // 16 hex digits
	CapBounding    string `json:"cap_bounding"`
	NoNewPrivs     bool   `json:"no_new_privs"`
	SeccompMode    string `json:"seccomp_mode"`    // "disabled", "strict", "filter", or "absent" in a kernel without seccomp
	SeccompFilters *int   `json:"seccomp_filters"` // null before Linux 5.9, which does not say
}

// ID names the world: linux-<release>-<arch>-landlock<abi>-<8 hex>, the hex
// from a digest of every fact that can change a decision. Of macOS the builds of
// the system and of its libraries name it.
func (f Facts) ID() string {
	if f.MacOS != nil {
		return f.MacOS.id(f.Arch)
	}
	return fmt.Sprintf("%s-%s-%s-landlock%d-%s", f.OS, f.KernelRelease, f.Arch, f.LandlockABI, f.digest()[:8])
}

// digest covers, beside what the id spells out: the kernel build and its
// errata, which change what one release decides; who we are and what we may
// (uid, gid, groups, capabilities, whose weight depends on being in the initial
// user namespace); and what already confines us (no_new_privs, seccomp,
// security modules and their label).
//
// Left out is what differs between two runs on one host and decides nothing by
// itself: namespace inode numbers, the container hint, reasons, and of an
// SELinux label the level, whose categories are drawn for each container.
func (f Facts) digest() string {
	deciding := struct {
		OS, Release, Version, Arch string
		LandlockABI                int
		LandlockErrata             *int
		Status                     Status
		LSMs                       []string
		LSMLabel                   *string
		InitialUserNamespace       bool
	}{
		f.OS, f.KernelRelease, f.KernelVersion, f.Arch,
		f.LandlockABI, f.LandlockErrata,
		f.Status,
		f.LSMs, f.LSMLabel,
		f.InitialUserNamespace,
	}
	if f.LSMLabel != nil {
		label := withoutLevel(*f.LSMLabel)
		deciding.LSMLabel = &label
	}
	// A struct of fixed fields has one encoding: its fields are in order and
	// it holds no map.
	text, err := json.Marshal(deciding)
	if err != nil {
		panic(fmt.Sprintf("world: facts do not encode: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// An SELinux context is user:role:type:level, the level starting with a
// sensitivity such as "s0".
var seLinuxContext = regexp.MustCompile(`^([^:\s]+:[^:\s]+:[^:\s]+):s[0-9]`)

func withoutLevel(label string) string {
	if m := seLinuxContext.FindStringSubmatch(label); m != nil {
		return m[1]
	}
	return label
}
