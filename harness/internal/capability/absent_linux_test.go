package capability_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What a circumstance takes away is missing, for the reason there is, and
// nothing else goes with it.
func TestAbsent(t *testing.T) {
	empty, ramfs := open(t), open(t)
	program := program(t)
	here := circumstance{}.missing(t, program)
	for _, tt := range []struct {
		name string
		root bool // only root can make it
		in   circumstance
		want map[string]string // capability to a part of the reason
	}{
		{"as nobody", true, circumstance{UID: 65534}, map[string]string{
			"uid==0":         "running as uid 65534",
			"audit":          "it takes root, or CAP_AUDIT_READ and CAP_AUDIT_CONTROL",
			"cap_mknod":      "CAP_MKNOD is not among the effective capabilities (0000000000000000)",
			"cap_net_raw":    "CAP_NET_RAW is not among",
			"cap_sys_admin":  "CAP_SYS_ADMIN is not among",
			"cap_sys_chroot": "CAP_SYS_CHROOT is not among",
		}},
		{"in a user namespace", false, circumstance{Flags: unix.CLONE_NEWUSER}, map[string]string{
			"audit":       "belongs to the initial user namespace: run outside the container",
			"cap_mknod":   "CAP_MKNOD counts in the initial user namespace alone, and this is another",
			"cap_net_raw": "socket(AF_INET, SOCK_RAW): operation not permitted", // the network is another's
		}},
		{"in the last user namespace", false, circumstance{
			Flags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET, // raw sockets are there again
			LoUp:   true,
			Sysctl: map[string]string{"user/max_user_namespaces": "0"},
		}, map[string]string{
			"audit":     "belongs to the initial user namespace",
			"cap_mknod": "initial user namespace",
			"userns":    "clone(CLONE_NEWUSER) (see the sysctl user.max_user_namespaces)",
		}},
		{"without a network", true, circumstance{Flags: unix.CLONE_NEWNET}, map[string]string{
			"audit":             "records go to the initial network namespace alone (net:[",
			"loopback_listener": "127.0.0.1",
			"ipv6_loopback":     "::1",
			"mptcp":             "network is unreachable",
			"tcp_fastopen":      "network is unreachable",
		}},
		{"in a lesser network", true, circumstance{Flags: unix.CLONE_NEWNET, LoUp: true, Sysctl: map[string]string{
			"net/ipv4/tcp_fastopen": "0", "net/mptcp/enabled": "0", "net/ipv6/conf/lo/disable_ipv6": "1",
		}}, map[string]string{
			"audit":         "records go to the initial network namespace alone",
			"ipv6_loopback": "::1",
			"mptcp":         "socket(IPPROTO_MPTCP) (see the sysctl net.mptcp.enabled): protocol not available",
			"tcp_fastopen":  "sendto(MSG_FASTOPEN): operation not supported: the sysctl net.ipv4.tcp_fastopen lacks bit 1",
		}},
		{"where fast open answers only", true, circumstance{Flags: unix.CLONE_NEWNET, LoUp: true, Sysctl: map[string]string{
			"net/ipv4/tcp_fastopen": "2",
		}}, map[string]string{
			"audit":        "records go to the initial network namespace alone",
			"tcp_fastopen": "lacks bit 1",
		}},
		{"under a filter", false, circumstance{Deny: map[int]int{
			unix.SYS_IO_URING_SETUP: int(unix.EPERM),
			unix.SYS_KCMP:           int(unix.ENOSYS),
			unix.SYS_MEMFD_CREATE:   int(unix.EACCES),
			unix.SYS_PIDFD_OPEN:     int(unix.ENOSYS),
			unix.SYS_PTRACE:         int(unix.EPERM),
			unix.SYS_FSETXATTR:      int(unix.EOPNOTSUPP),
		}}, map[string]string{
			"io_uring":       "io_uring_setup (see the sysctl kernel.io_uring_disabled): operation not permitted",
			"kcmp":           "kcmp: function not implemented",
			"memfd_exec":     "memfd_create (see the sysctl vm.memfd_noexec): permission denied",
			"pidfd":          "pidfd_open: function not implemented",
			"ptrace_outside": "ptrace(PTRACE_SEIZE) of a process of our own (see the sysctl kernel.yama.ptrace_scope): operation not permitted",
			"xattr":          "operation not supported",
		}},
		// The capabilities are all there, and do not help.
		{"under a container's filter", true, circumstance{Deny: map[int]int{
			unix.SYS_MKNODAT: int(unix.EPERM),
			unix.SYS_MOUNT:   int(unix.EPERM),
			unix.SYS_CHROOT:  int(unix.EPERM),
		}}, map[string]string{
			"cap_mknod":      "mknod(S_IFCHR): operation not permitted",
			"cap_sys_admin":  "mount(MS_PRIVATE): operation not permitted",
			"cap_sys_chroot": "chroot: operation not permitted",
		}},
		{"under a filter that keeps the thread's namespaces", false, circumstance{Deny: map[int]int{
			unix.SYS_UNSHARE: int(unix.EPERM),
		}}, map[string]string{
			"cap_sys_admin":  "unshare(CLONE_NEWNS): operation not permitted",
			"cap_sys_chroot": "unshare(CLONE_FS): operation not permitted",
		}},
		{"without terminals and attributes", true, circumstance{
			Flags: unix.CLONE_NEWNS,
			Hide:  map[string]string{"/dev/ptmx": "/dev/null", ramfs: "ramfs"},
			Env:   []string{"TMPDIR=" + ramfs},
		}, map[string]string{
			"ptmx":  "ioctl(TIOCGPTN) of /dev/ptmx: inappropriate ioctl for device",
			"xattr": "fsetxattr(user.rtgen) in " + ramfs + ": operation not supported",
		}},
		{"without a compiler", false, circumstance{Env: []string{"PATH=" + empty}}, map[string]string{
			"cc": "no C compiler in PATH: none of cc, gcc, clang",
		}},
		{"with a broken compiler", false, circumstance{Env: []string{"PATH=" + script(t, "cc", "echo no headers >&2; exit 2")}}, map[string]string{
			"cc": "/cc cannot compile the empty program: exit status 2: no headers",
		}},
		{"with a compiler for another machine", false, circumstance{Env: []string{
			"PATH=" + script(t, "gcc", `printf '#!/bin/sh\nexit 9\n' > "$4"; /bin/chmod 755 "$4"`),
		}}, map[string]string{
			"cc": "/gcc compiled does not run: exit status 9",
		}},
		{"without a scratch folder", false, circumstance{Env: []string{"TMPDIR=" + filepath.Join(empty, "gone")}}, map[string]string{
			"cc":        "no such file or directory",
			"cap_mknod": "no such file or directory", "cap_sys_admin": "no such file or directory",
			"xattr": "no such file or directory",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.root && os.Getuid() != 0 {
				t.Skip("needs root")
			}
			got := tt.in.missing(t, program)
			for name, why := range got {
				want, expected := tt.want[name]
				switch {
				case here[name] != "" && why != "":
					// This host lacks it anyhow.
				case expected && !strings.Contains(why, want):
					t.Errorf("%s is missing %q, want %q in it", name, why, want)
				case !expected && why != "" && name != "uid!=0":
					t.Errorf("%s is missing as well: %s", name, why)
				case strings.Contains(why, "\n"):
					t.Errorf("%s: reason of several lines: %q", name, why)
				}
			}
			if len(got) != len(here) {
				t.Errorf("%d capabilities, here %d", len(got), len(here))
			}
		})
	}
}

// script makes a folder with one program in it.
func script(t *testing.T, name, text string) string {
	t.Helper()
	dir := open(t)
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
