// Package capability says whether this host has what a probe needs. It is
// tried, by the process that no policy confines, and never assumed.
package capability

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"

	"github.com/rtgen/rtgen/harness/internal/nearest"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// Capability is something a probe needs of the host, as capabilities_required
// names it: "landlock.abi>=4", "loopback_listener", "uid!=0".
type Capability struct {
	text    string
	missing func(host) string
	scratch string
}

// host is where a capability is looked for.
type host struct {
	facts   world.Facts
	scratch string // a folder to try things in
}

// String is the capability as capabilities_required names it.
func (c Capability) String() string { return c.text }

// In is the capability as it is in the scratch folder, whose file system and
// mount options decide some of them. Without, it is the system's temporary
// folder.
func (c Capability) In(scratch string) Capability {
	c.scratch = scratch
	return c
}

// Missing says in one line why the host lacks the capability; it is empty when
// the host has it. Some are a matter of the facts alone, the others are tried
// each time, which takes up to a tenth of a second. What is tried is undone, or
// done on a thread or in a process that ends.
func (c Capability) Missing(f world.Facts) string {
	scratch := c.scratch
	if scratch == "" {
		scratch = os.TempDir()
	}
	return c.missing(host{facts: f, scratch: scratch})
}

// fixed are the capabilities that have no number in their name.
var fixed = map[string]func(host) string{
	"uid==0":            isRoot,
	"uid!=0":            isNotRoot,
	"loopback_listener": loopback,
	"ipv6_loopback":     loopbackIPv6,
	"cc":                compiler,

	// What only Linux has; each of these is tried in a file of its own family.
	"audit":          linux("audit"),
	"cap_mknod":      linux("cap_mknod"),
	"cap_net_raw":    linux("cap_net_raw"),
	"cap_sys_admin":  linux("cap_sys_admin"),
	"cap_sys_chroot": linux("cap_sys_chroot"),
	"io_uring":       linux("io_uring"),
	"kcmp":           linux("kcmp"),
	"memfd_exec":     linux("memfd_exec"),
	"mptcp":          linux("mptcp"),
	"pidfd":          linux("pidfd"),
	"ptmx":           linux("ptmx"),
	"ptrace_outside": linux("ptrace_outside"),
	"tcp_fastopen":   linux("tcp_fastopen"),
	"userns":         linux("userns"),
	"xattr":          linux("xattr"),
}

// numbered are the capabilities that have one.
var (
	abiName     = regexp.MustCompile(`^landlock\.abi>=([1-9][0-9]?)$`)
	erratumName = regexp.MustCompile(`^landlock\.errata&([1-9]|[12][0-9]|3[01])$`)
)

// Parse reads one entry of capabilities_required.
func Parse(text string) (Capability, error) {
	if missing, ok := fixed[text]; ok {
		return Capability{text: text, missing: missing}, nil
	}
	for _, family := range []struct {
		name    *regexp.Regexp
		missing func(host, int) string
	}{{abiName, abi}, {erratumName, erratum}} {
		m := family.name.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			return Capability{}, err
		}
		return Capability{text: text, missing: func(h host) string { return family.missing(h, n) }}, nil
	}
	err := fmt.Errorf("unknown capability %q", text)
	if near := nearest.Word(text, Known()); near != "" {
		err = fmt.Errorf("%w, did you mean %q?", err, near)
	}
	return Capability{}, err
}

// Known lists the capabilities there are, sorted; of those with a number, the
// numbers that a kernel has by now.
func Known() []string {
	known := make([]string, 0, len(fixed)+10)
	for name := range fixed {
		known = append(known, name)
	}
	for n := 1; n <= 7; n++ {
		known = append(known, fmt.Sprintf("landlock.abi>=%d", n))
	}
	for n := 1; n <= 4; n++ {
		known = append(known, fmt.Sprintf("landlock.errata&%d", n))
	}
	slices.Sort(known)
	return known
}
