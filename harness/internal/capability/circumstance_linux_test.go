package capability_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/world"
)

// circumstance is what a process is put into before it looks for capabilities.
type circumstance struct {
	UID    int               `json:"-"`      // 0: the caller's
	Flags  uintptr           `json:"-"`      // the namespaces of its own, CLONE_NEW*
	Env    []string          `json:"-"`      // beside the caller's
	Sysctl map[string]string `json:"sysctl"` // path in /proc/sys to its value
	LoUp   bool              `json:"lo_up"`  // switch the loopback interface on
	Hide   map[string]string `json:"hide"`   // path to what is mounted over it: another path, or "ramfs"
	Deny   map[int]int       `json:"deny"`   // number of a system call to the errno it gives
}

// These make the test binary such a process: the first prepares and executes
// itself again as the second, which prints what is missing as JSON.
const (
	envPrepare = "CAPABILITY_TEST_PREPARE"
	envLook    = "CAPABILITY_TEST_LOOK"
)

func TestMain(m *testing.M) {
	var err error
	switch {
	case os.Getenv(envPrepare) != "":
		err = prepare(os.Getenv(envPrepare))
	case os.Getenv(envLook) != "":
		err = look()
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func look() error {
	facts, err := world.Survey()
	if err != nil {
		return err
	}
	missing := map[string]string{}
	for _, name := range capability.Known() {
		c, err := capability.Parse(name)
		if err != nil {
			return err
		}
		missing[name] = c.Missing(facts)
	}
	return json.NewEncoder(os.Stdout).Encode(missing)
}

func prepare(text string) error {
	var c circumstance
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return err
	}
	if len(c.Hide) > 0 {
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return fmt.Errorf("private mounts: %w", err)
		}
	}
	for path, with := range c.Hide {
		err := unix.Mount(with, path, "", unix.MS_BIND, "")
		if with == "ramfs" {
			err = unix.Mount(with, path, with, 0, "")
		}
		if err != nil {
			return fmt.Errorf("mount %s over %s: %w", with, path, err)
		}
	}
	if c.LoUp {
		if err := switchOn("lo"); err != nil {
			return err
		}
	}
	for name, value := range c.Sysctl {
		if err := os.WriteFile("/proc/sys/"+name, []byte(value), 0); err != nil {
			return err
		}
	}
	runtime.LockOSThread() // the filter is the thread's, and stays over execve
	if err := deny(c.Deny); err != nil {
		return err
	}
	os.Unsetenv(envPrepare)
	return syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), envLook+"=1"))
}

// switchOn sets a network interface up; see netdevice(7).
func switchOn(name string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ifr, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	ifr.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return os.NewSyscallError("SIOCSIFFLAGS", unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, ifr))
}

// deny has the system calls of this thread give these errnos.
func deny(calls map[int]int) error {
	if len(calls) == 0 {
		return nil
	}
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS}} // the number is first in struct seccomp_data
	for number, errno := range calls {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: uint32(number)},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&prog)), 0, 0)
}

// missing says what a process in the circumstance finds missing, by name.
func (c circumstance) missing(t *testing.T, program string) map[string]string {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Dir = "/"
	cmd.Env = append(append(os.Environ(), envPrepare+"="+string(text), "TMPDIR="+open(t)), c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: c.Flags}
	if c.UID != 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.UID), Gid: uint32(c.UID)}
	}
	if c.Flags&unix.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("this circumstance cannot be made here: %v: %s", err, stderr.Bytes())
	}
	missing := map[string]string{}
	if err := json.Unmarshal(out, &missing); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return missing
}

// program is a copy of the test binary that everybody may execute.
func program(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(open(t), "capability.test")
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// open is a folder for everybody; those that t makes are not.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "capability")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	return dir
}
