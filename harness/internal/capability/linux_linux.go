package capability

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/witness"
)

// linux is how a capability is tried that only Linux has.
func linux(name string) func(host) string {
	return map[string]func(host) string{
		"audit":          try(witness.Readable),
		"cap_mknod":      capability{unix.CAP_MKNOD, "CAP_MKNOD", initialOnly, makeDevice}.missing,
		"cap_net_raw":    capability{unix.CAP_NET_RAW, "CAP_NET_RAW", anyNamespace, openRaw}.missing,
		"cap_sys_admin":  capability{unix.CAP_SYS_ADMIN, "CAP_SYS_ADMIN", anyNamespace, ownMount}.missing,
		"cap_sys_chroot": capability{unix.CAP_SYS_CHROOT, "CAP_SYS_CHROOT", anyNamespace, changeRoot}.missing,
		"io_uring":       try(setUpRing),
		"kcmp":           try(compareSelf),
		"memfd_exec":     try(executeMemfd),
		"mptcp":          try(connectMPTCP),
		"pidfd":          try(signalByPidfd),
		"ptmx":           try(openTerminal),
		"ptrace_outside": try(seizeOutside),
		"tcp_fastopen":   try(sendFastOpen),
		"userns":         try(enterUserNamespace),
		"xattr":          func(h host) string { return reason(setXattr(h.scratch)) },
	}[name]
}

func try(f func() error) func(host) string {
	return func(host) string { return reason(f()) }
}

// reason is an error as a text, empty when there is none.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// failed names the system call that gave an error.
func failed(call string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", call, err)
}
