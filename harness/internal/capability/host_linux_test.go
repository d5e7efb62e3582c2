package capability_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// sysctl is a number in /proc/sys, and the other value where there is none.
func sysctl(name string, other int) int {
	text, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return other
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return other
	}
	return n
}

// effective reports whether /proc/self/status has a capability.
func effective(t *testing.T, bit uint) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if hex, ok := strings.CutPrefix(line, "CapEff:"); ok {
			mask, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return mask&(1<<bit) != 0
		}
	}
	t.Fatal("no CapEff line")
	return false
}

func contains(file, text string) bool {
	data, err := os.ReadFile(file)
	return err == nil && strings.Contains(string(data), text)
}

// What was tried agrees with what the system says of itself.
func TestThisHost(t *testing.T) {
	facts, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	uidMap, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		t.Fatal(err)
	}
	initial := strings.Join(strings.Fields(string(uidMap)), " ") == "0 0 4294967295"
	ours, err1 := os.Readlink("/proc/self/ns/net")
	initialNet, err2 := os.Readlink("/proc/2/ns/net") // of kthreadd; in another pid namespace audit cannot be asked at all
	var fs unix.Statfs_t
	if err := unix.Statfs(os.TempDir(), &fs); err != nil {
		t.Fatal(err)
	}
	terminals, err := filepath.Glob("/dev/pts/*")
	if err != nil {
		t.Fatal(err)
	}
	_, noCompiler := exec.LookPath("cc")
	for name, says := range map[string]bool{
		"uid==0":            os.Geteuid() == 0,
		"uid!=0":            os.Geteuid() != 0,
		"landlock.abi>=1":   facts.LandlockABI >= 1,
		"loopback_listener": contains("/proc/net/fib_trie", "127.0.0.0/8"),
		"ipv6_loopback":     contains("/proc/net/if_inet6", "00000000000000000000000000000001 "),
		"mptcp":             sysctl("net/mptcp/enabled", 0) == 1,
		"tcp_fastopen":      sysctl("net/ipv4/tcp_fastopen", 0)&1 != 0,
		"cc":                noCompiler == nil,
		"userns":            sysctl("user/max_user_namespaces", 0) > 0 && sysctl("kernel/unprivileged_userns_clone", 1) == 1,
		"io_uring":          sysctl("kernel/io_uring_disabled", 0) == 0 && contains("/proc/kallsyms", " __x64_sys_io_uring_setup"),
		"memfd_exec":        sysctl("vm/memfd_noexec", 0) < 2,
		"ptmx":              len(terminals) > 0,
		"pidfd":             contains("/proc/kallsyms", "sys_pidfd_send_signal"),
		"kcmp":              contains("/proc/kallsyms", "sys_kcmp"),
		"cap_mknod":         effective(t, unix.CAP_MKNOD) && initial,
		"cap_net_raw":       effective(t, unix.CAP_NET_RAW),
		"cap_sys_admin":     effective(t, unix.CAP_SYS_ADMIN),
		"cap_sys_chroot":    effective(t, unix.CAP_SYS_CHROOT),
		"audit": effective(t, unix.CAP_AUDIT_CONTROL) && effective(t, unix.CAP_AUDIT_READ) && initial &&
			contains("/proc/self/loginuid", "") && err1 == nil && err2 == nil && ours == initialNet,
		"ptrace_outside": sysctl("kernel/yama/ptrace_scope", 0) < 2 || effective(t, unix.CAP_SYS_PTRACE) && sysctl("kernel/yama/ptrace_scope", 0) == 2,
	} {
		t.Run(name, func(t *testing.T) {
			c, err := capability.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			missing := c.Missing(facts)
			switch {
			case (missing == "") == says:
			case missing != "" && facts.SeccompMode == "filter":
				t.Skipf("a filter may be in the way: %s", missing)
			case strings.Contains(name, "kcmp") || name == "pidfd" || name == "io_uring":
				if !contains("/proc/kallsyms", "sys_") {
					t.Skip("this kernel does not list its calls")
				}
				fallthrough
			default:
				t.Errorf("missing %q, the system says that it is there: %t", missing, says)
			}
			if strings.Contains(missing, "\n") {
				t.Errorf("reason of several lines: %q", missing)
			}
		})
	}
}

// Looking leaves nothing behind: no file, no descriptor, no process, and this
// process as it was.
func TestLeavesNothing(t *testing.T) {
	facts, err := world.Survey()
	if err != nil {
		t.Fatal(err)
	}
	scratch := t.TempDir()
	state := func() string {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		again, err := world.Survey()
		if err != nil {
			t.Fatal(err)
		}
		wd, err := os.Getwd()
		if err != nil {
			t.Fatal(err)
		}
		return strconv.Itoa(len(entries)) + " descriptors, " + again.ID() + ", " + strconv.FormatUint(again.Namespaces["mnt"], 10) + ", " + wd
	}
	once := func() {
		for _, name := range capability.Known() {
			c, err := capability.Parse(name)
			if err != nil {
				t.Fatal(err)
			}
			c.In(scratch).Missing(facts)
		}
	}
	once()
	before := state()
	once()
	if after := state(); after != before {
		t.Errorf("after: %s, before: %s", after, before)
	}
	if entries, err := os.ReadDir(scratch); err != nil || len(entries) > 0 {
		t.Errorf("scratch holds %v, %v", entries, err)
	}
}

func BenchmarkMissing(b *testing.B) {
	facts, err := world.Survey()
	if err != nil {
		b.Fatal(err)
	}
	for _, name := range capability.Known() {
		c, err := capability.Parse(name)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c.Missing(facts)
			}
		})
	}
}
