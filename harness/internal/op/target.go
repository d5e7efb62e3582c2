package op

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// The processes that a target can name beside a process id in decimal.
const (
	Self   = "self"   // the process of the attempt
	Child  = "child"  // one that the attempt starts, under the policy it is under itself
	Parent = "parent" // what started the process of the attempt
)

// CheckTarget says why the variant cannot have that target, given with every
// variable expanded; "" when it can. Of paths there is nothing to say here.
func (v *Variant) CheckTarget(target string) string {
	switch v.Target {
	case TargetAddr:
		if _, err := ParseAddr(target); err != nil {
			return "needs an address as its target: " + err.Error()
		}
	case TargetName:
		if len(target) < 2 || target[0] != '@' {
			return fmt.Sprintf("needs an abstract unix socket as its target, such as @name, not %q", target)
		}
		if n := len(target) - 1; n > unixNameLimit {
			return fmt.Sprintf("needs a name of at most %d bytes behind the @, not of %d", unixNameLimit, n)
		}
	case TargetProcess:
		if target != Self && target != Child && target != Parent && parsePID(target) == 0 {
			return fmt.Sprintf("needs a process as its target: %s, %s, %s or a process id, not %q", Self, Child, Parent, target)
		}
	case TargetText:
		if len(v.Keywords) > 0 && !slices.Contains(v.Keywords, target) {
			return fmt.Sprintf("by %s has no target %q; it has %s", v.Name, target, strings.Join(v.Keywords, ", "))
		}
	}
	return ""
}

// OnName says whether the operation makes, removes or renames the last name of
// its paths, so that a symbolic link there is what it acts on.
func OnName(o *Op) bool {
	switch o.Name {
	case "fs.refer", "syscall.link", "syscall.rename":
		return true
	}
	return strings.HasPrefix(o.Name, "fs.make_") || strings.HasPrefix(o.Name, "fs.remove_")
}

// Follows says whether an attempt follows a symbolic link that the last name of
// its target is. An open with O_EXCL does not; nor does move_mount unless asked.
func Follows(o *Op, v *Variant) bool {
	switch v.Name {
	case "open_creat", "creat_rdonly", "lstat", "move_mount":
		return false
	}
	return !OnName(o) && o.Name != "syscall.readlink"
}

// unixNameLimit is what sun_path holds beside the NUL that ends a path or
// begins an abstract name (unix(7)).
const unixNameLimit = 107

// ParseAddr reads the target of a TargetAddr variant: "127.0.0.1:80",
// "[::1]:80" or "localhost:80", which is the IPv4 loopback. Looking names up is
// not part of any operation.
func ParseAddr(target string) (netip.AddrPort, error) {
	text := target
	if port, ok := strings.CutPrefix(target, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("%q is not an address and a port, such as 127.0.0.1:80 or [::1]:80", target)
	}
	if addr.Addr().Zone() != "" {
		return netip.AddrPort{}, fmt.Errorf("%q has a zone, which is not supported", target)
	}
	return addr, nil
}

// parsePID reads a process id, 0 when the text is none.
func parsePID(text string) int {
	// The kernel's own limit, PID_MAX_LIMIT of include/linux/threads.h.
	const most = 4 << 20
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 || pid > most || strconv.Itoa(pid) != text {
		return 0
	}
	return pid
}
