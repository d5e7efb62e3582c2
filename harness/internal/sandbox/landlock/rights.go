package landlock

import (
	"fmt"
	"math/bits"
	"strings"
)

// LatestABI is the newest Landlock ABI all of whose rights this package knows.
// ABI 8 adds a flag and no right; 9 adds fs.resolve_unix and 10 the UDP rights.
const LatestABI = 8

// AccessFile is the rights that a rule on anything but a directory may grant:
// ACCESS_FILE in the kernel's security/landlock/fs.c.
const AccessFile = Execute | WriteFile | ReadFile | Truncate | IoctlDev

// right is one bit's name and the ABI that introduced it.
type right struct {
	name string
	abi  int
}

// The tables follow the kernel's bit order: index n is bit n.
var (
	fsRights = []right{
		{"execute", 1}, {"write_file", 1}, {"read_file", 1}, {"read_dir", 1},
		{"remove_dir", 1}, {"remove_file", 1}, {"make_char", 1}, {"make_dir", 1},
		{"make_reg", 1}, {"make_sock", 1}, {"make_fifo", 1}, {"make_block", 1},
		{"make_sym", 1}, {"refer", 2}, {"truncate", 3}, {"ioctl_dev", 5},
	}
	netRights   = []right{{"bind_tcp", 4}, {"connect_tcp", 4}}
	scopeRights = []right{{"abstract_unix_socket", 6}, {"signal", 6}}
	flagNames   = []right{{"log_same_exec_off", 7}, {"log_new_exec_on", 7}, {"log_subdomains_off", 7}}
)

// The groups of the landlockconfig format. All of them depend on the ABI the
// text declares.
const (
	groupAll         = "abi.all"
	groupReadExecute = "abi.read_execute" // file systems only
	groupReadWrite   = "abi.read_write"   // file systems only
)

// String lists the rights in bit order, e.g. "execute,read_file".
func (a AccessFS) String() string { return join(fsRights, uint64(a)) }

// String lists the rights in bit order, e.g. "bind_tcp,connect_tcp".
func (a AccessNet) String() string { return join(netRights, uint64(a)) }

// String lists the scopes in bit order, e.g. "abstract_unix_socket,signal".
func (s Scope) String() string { return join(scopeRights, uint64(s)) }

// AuditNames lists the rights in bit order as the audit log's blockers field
// prints them, e.g. "fs.read_file".
func (a AccessFS) AuditNames() []string { return names(fsRights, uint64(a), "fs.") }

// AuditNames lists the rights in bit order as the audit log's blockers field
// prints them, e.g. "net.connect_tcp".
func (a AccessNet) AuditNames() []string { return names(netRights, uint64(a), "net.") }

// AuditNames lists the scopes in bit order as the audit log's blockers field
// prints them, e.g. "scope.signal".
func (s Scope) AuditNames() []string { return names(scopeRights, uint64(s), "scope.") }

// String lists the flags in bit order, e.g. "log_new_exec_on".
func (f RestrictFlags) String() string { return join(flagNames, uint64(f)) }

// Names lists the flags in bit order, e.g. "log_new_exec_on".
func (f RestrictFlags) Names() []string { return names(flagNames, uint64(f), "") }

// ABI is the oldest ABI that has every right in the set, 0 for the empty set
// and LatestABI+1 when the set has a bit this package cannot name.
func (a AccessFS) ABI() int { return newest(fsRights, uint64(a)) }

// ABI is the oldest ABI that has every right in the set; see [AccessFS.ABI].
func (a AccessNet) ABI() int { return newest(netRights, uint64(a)) }

// ABI is the oldest ABI that has every scope in the set; see [AccessFS.ABI].
func (s Scope) ABI() int { return newest(scopeRights, uint64(s)) }

// ABI is the oldest ABI that has every flag in the set; see [AccessFS.ABI].
func (f RestrictFlags) ABI() int { return newest(flagNames, uint64(f)) }

// AllFS is the file-system rights of an ABI, up to LatestABI.
func AllFS(abi int) AccessFS { return AccessFS(upTo(fsRights, abi)) }

// AllNet is the network rights of an ABI, up to LatestABI.
func AllNet(abi int) AccessNet { return AccessNet(upTo(netRights, abi)) }

// AllScopes is the scopes of an ABI, up to LatestABI.
func AllScopes(abi int) Scope { return Scope(upTo(scopeRights, abi)) }

// AllFlags is the flags of an ABI that a layer may set.
func AllFlags(abi int) RestrictFlags { return RestrictFlags(upTo(flagNames, abi)) }

// FSRight is the right with that name, without the "fs." of the audit log.
func FSRight(name string) (AccessFS, bool) {
	bit, ok := lookup(fsRights, name)
	return AccessFS(bit), ok
}

// NetRight is the right with that name, without the "net." of the audit log.
func NetRight(name string) (AccessNet, bool) {
	bit, ok := lookup(netRights, name)
	return AccessNet(bit), ok
}

// ScopeRight is the scope with that name, without the "scope." of the audit log.
func ScopeRight(name string) (Scope, bool) {
	bit, ok := lookup(scopeRights, name)
	return Scope(bit), ok
}

// RestrictFlag is the flag with that name.
func RestrictFlag(name string) (RestrictFlags, bool) {
	bit, ok := lookup(flagNames, name)
	return RestrictFlags(bit), ok
}

// fsGroup, netGroup and scopeGroup resolve abi.* groups as the reference
// library does: "read_execute" brings refer along from ABI 2 on, and
// "read_write" is everything but execute.
func fsGroup(name string, abi int) (AccessFS, bool) {
	switch name {
	case groupAll:
		return AllFS(abi), true
	case groupReadExecute:
		return AllFS(abi) & (Execute | ReadFile | ReadDir | Refer), true
	case groupReadWrite:
		return AllFS(abi) &^ Execute, true
	}
	return 0, false
}

func netGroup(name string, abi int) (AccessNet, bool) {
	return AllNet(abi), name == groupAll
}

func scopeGroup(name string, abi int) (Scope, bool) {
	return AllScopes(abi), name == groupAll
}

func names(table []right, set uint64, prefix string) []string {
	list := make([]string, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		n := bits.TrailingZeros64(set)
		if n < len(table) {
			list = append(list, prefix+table[n].name)
		} else {
			list = append(list, fmt.Sprintf("%s1<<%d", prefix, n))
		}
	}
	return list
}

func join(table []right, set uint64) string {
	if set == 0 {
		return "none"
	}
	return strings.Join(names(table, set, ""), ",")
}

func newest(table []right, set uint64) int {
	abi := 0
	for ; set != 0; set &= set - 1 {
		n := bits.TrailingZeros64(set)
		if n >= len(table) {
			return LatestABI + 1
		}
		abi = max(abi, table[n].abi)
	}
	return abi
}

func upTo(table []right, abi int) uint64 {
	var set uint64
	for n, r := range table {
		if r.abi <= abi {
			set |= 1 << n
		}
	}
	return set
}

func lookup(table []right, name string) (uint64, bool) {
	for n, r := range table {
		if r.name == name {
			return 1 << n, true
		}
	}
	return 0, false
}
