package world_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/world"
)

func ptr[T any](v T) *T { return &v }

// Shortened captures of /proc/thread-self/status.
const (
	rootStatus = `Name:	cat
Umask:	0022
State:	R (running)
Uid:	0	0	0	0
Gid:	0	0	0	0
FDSize:	64
Groups:	0 
Threads:	1
CapInh:	0000000000000000
CapPrm:	000001ffffffffff
CapEff:	000001ffffffffff
CapBnd:	000001ffffffffff
CapAmb:	0000000000000000
NoNewPrivs:	0
Seccomp:	0
Seccomp_filters:	0
`
	containerStatus = `Name:	sh
Uid:	1000	1001	1001	1001
Gid:	1000	1002	1002	1002
Groups:	1002 27 4 27 
CapEff:	0000000000000000
CapBnd:	00000000a80425fb
NoNewPrivs:	1
Seccomp:	2
Seccomp_filters:	1
`
	oldStatus = `Name:	a:b
Uid:	1	1	1	1
Gid:	1	1	1	1
Groups:	
CapEff:	0000000000000000
CapBnd:	0000003fffffffff
NoNewPrivs:	0
`
)

func TestParseStatus(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       world.Status
	}{
		{"root", rootStatus, world.Status{Groups: []int{0}, CapEffective: "000001ffffffffff", CapBounding: "000001ffffffffff",
			SeccompMode: "disabled", SeccompFilters: ptr(0)}},
		{"container", containerStatus, world.Status{UID: 1001, GID: 1002, Groups: []int{4, 27, 1002}, CapEffective: "0000000000000000",
			CapBounding: "00000000a80425fb", NoNewPrivs: true, SeccompMode: "filter", SeccompFilters: ptr(1)}},
		{"old kernel", oldStatus, world.Status{UID: 1, GID: 1, Groups: []int{}, CapEffective: "0000000000000000",
			CapBounding: "0000003fffffffff", SeccompMode: "absent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := world.ParseStatus(c.text)
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
}

func TestParseStatusFaults(t *testing.T) {
	got, err := world.ParseStatus("Uid:\t0\t0\nGid:\t0\t-1\t0\t0\nGroups:\tx\nCapEff:\tFF\nNoNewPrivs:\t2\nSeccomp:\t9\nSeccomp_filters:\t\n")
	want := `status line Uid: 2 ids, want 4
status line Gid: "-1" is no number
status line Groups: "x" is no number
status line CapEff: "FF" is not 16 hex digits
status has no CapBnd line
status line NoNewPrivs: "2" is neither 0 nor 1
status line Seccomp: "9" is no mode
status line Seccomp_filters: "" is no number`
	if err == nil {
		t.Fatalf("ParseStatus = %+v, want an error", got)
	}
	if d := cmp.Diff(want, err.Error()); d != "" {
		t.Errorf("error (-want +got):\n%s", d)
	}
	if d := cmp.Diff(world.Status{}, got); d != "" {
		t.Errorf("a faulty status was read all the same (-want +got):\n%s", d)
	}
}

// FuzzParseStatus holds one law: what is read, written again as the kernel
// writes it, reads the same.
func FuzzParseStatus(f *testing.F) {
	for _, text := range []string{rootStatus, containerStatus, oldStatus, "", "Uid:\n", "Uid:\t1\t2\t3\t4294967296\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := world.ParseStatus(text)
		if err != nil {
			return
		}
		again, err := world.ParseStatus(render(s))
		if d := cmp.Diff(s, again); d != "" || err != nil {
			t.Errorf("%v (-first +again):\n%s", err, d)
		}
	})
}

func render(s world.Status) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Uid:\t0\t%d\t0\t0\nGid:\t0\t%d\t0\t0\nGroups:\t", s.UID, s.GID)
	for _, g := range s.Groups {
		fmt.Fprintf(&b, "%d ", g)
	}
	nnp := 0
	if s.NoNewPrivs {
		nnp = 1
	}
	fmt.Fprintf(&b, "\nCapEff:\t%s\nCapBnd:\t%s\nNoNewPrivs:\t%d\n", s.CapEffective, s.CapBounding, nnp)
	for digit, mode := range map[string]string{"0": "disabled", "1": "strict", "2": "filter"} {
		if mode == s.SeccompMode {
			fmt.Fprintf(&b, "Seccomp:\t%s\n", digit)
		}
	}
	if s.SeccompFilters != nil {
		fmt.Fprintf(&b, "Seccomp_filters:\t%d\n", *s.SeccompFilters)
	}
	return b.String()
}

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func link(text string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte(text), Mode: fs.ModeSymlink}
}

// host is a small, complete root.
func host() fstest.MapFS {
	return fstest.MapFS{
		"proc/thread-self/status":       file(rootStatus),
		"proc/thread-self/attr/current": file("unconfined\n"),
		"proc/thread-self/ns/user":      link("user:[4026531837]"),
		"proc/thread-self/ns/pid":       link("pid:[4026531836]"),
		"proc/thread-self/ns/net":       link("net:[4026531833]"),
		"proc/thread-self/ns/mnt":       link("mnt:[4026531832]"),
		"sys/kernel/security/lsm":       file("lockdown,capability,landlock,apparmor\n"),
	}
}

var kernel = world.Kernel{OS: "linux", Release: "6.18.1", Version: "#1 SMP", Arch: "x86_64", LandlockABI: 7, Errata: 15}

func read(t *testing.T, root fs.FS, k world.Kernel) world.Facts {
	t.Helper()
	f, err := world.Read(root, k)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRead(t *testing.T) {
	status, err := world.ParseStatus(rootStatus)
	if err != nil {
		t.Fatal(err)
	}
	want := world.Facts{
		OS: "linux", KernelRelease: "6.18.1", KernelVersion: "#1 SMP", Arch: "x86_64",
		LandlockABI: 7, LandlockErrata: ptr(15), Status: status,
		LSMs: []string{"lockdown", "capability", "landlock", "apparmor"}, LSMLabel: ptr("unconfined"),
		InitialUserNamespace: true,
		Namespaces:           map[string]uint64{"user": 4026531837, "pid": 4026531836, "net": 4026531833, "mnt": 4026531832},
	}
	if d := cmp.Diff(want, read(t, host(), kernel)); d != "" {
		t.Errorf("facts (-want +got):\n%s", d)
	}
}

func TestReadSaysWhatItCouldNotLearn(t *testing.T) {
	root := host()
	delete(root, "sys/kernel/security/lsm")
	delete(root, "proc/thread-self/attr/current")
	delete(root, "proc/thread-self/ns/user")
	root[".dockerenv"] = file("")
	k := kernel
	k.LandlockErr, k.ErrataErr = errors.New("landlock is gone"), syscall.EINVAL
	f := read(t, root, k)
	if f.LandlockABI != 0 || f.LandlockReason != "landlock is gone" {
		t.Errorf("landlock %d, reason %q, want 0 and why", f.LandlockABI, f.LandlockReason)
	}
	if f.LandlockErrata != nil || f.LandlockErrataReason == "" {
		t.Errorf("errata %v, reason %q, want null and why", f.LandlockErrata, f.LandlockErrataReason)
	}
	if f.LSMs != nil || f.LSMReason != "open /sys/kernel/security/lsm: file does not exist" || f.LSMLabel != nil || f.LSMLabelReason == "" {
		t.Errorf("lsm %v %q, label %v %q, want null and why", f.LSMs, f.LSMReason, f.LSMLabel, f.LSMLabelReason)
	}
	if !f.InitialUserNamespace {
		t.Error("a kernel without user namespaces is said to be in one")
	}
	if f.Container != "docker" {
		t.Errorf("container %q, want docker", f.Container)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"lsm":null`, `"lsm_label":null`, `"landlock_errata":null`, `"cap_effective":"000001ffffffffff"`, `"initial_user_namespace":true`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("%s lacks %s", text, part)
		}
	}
}

func TestReadFaults(t *testing.T) {
	for _, c := range []struct {
		name, file string
		with       *fstest.MapFile // nil: absent
		want       string
	}{
		{"no status", "proc/thread-self/status", nil, "survey: open /proc/thread-self/status: file does not exist"},
		{"bad status", "proc/thread-self/status", file("x"), "survey: status has no Uid line"},
		{"bad namespace", "proc/thread-self/ns/net", link("user:[1]"), `survey: proc/thread-self/ns/net: "user:[1]" is no namespace`},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := host()
			delete(root, c.file)
			if c.with != nil {
				root[c.file] = c.with
			}
			f, err := world.Read(root, kernel)
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("Read = %+v, %v, want %s", f, err, c.want)
			}
		})
	}
}

// What can change a decision changes the id; what differs between two runs on
// one host does not.
func TestID(t *testing.T) {
	id := read(t, host(), kernel).ID()
	if !regexp.MustCompile(`^linux-6\.18\.1-x86_64-landlock7-[0-9a-f]{8}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	status := func(old, new string) func(fstest.MapFS, *world.Kernel) {
		return func(root fstest.MapFS, _ *world.Kernel) {
			text := strings.Replace(rootStatus, old, new, 1)
			if text == rootStatus {
				t.Fatalf("%q is not in the status", old)
			}
			root["proc/thread-self/status"] = file(text)
		}
	}
	with := func(name string, f *fstest.MapFile) func(fstest.MapFS, *world.Kernel) {
		return func(root fstest.MapFS, _ *world.Kernel) { root[name] = f }
	}
	for _, c := range []struct {
		name   string
		same   bool
		change func(fstest.MapFS, *world.Kernel)
	}{
		{"nothing", true, func(fstest.MapFS, *world.Kernel) {}},
		{"kernel build", false, func(_ fstest.MapFS, k *world.Kernel) { k.Version = "#2 SMP" }},
		{"errata", false, func(_ fstest.MapFS, k *world.Kernel) { k.Errata = 7 }},
		{"errata unknown", false, func(_ fstest.MapFS, k *world.Kernel) { k.ErrataErr = syscall.EINVAL }},
		{"landlock gone", false, func(_ fstest.MapFS, k *world.Kernel) { k.LandlockErr = syscall.ENOSYS }},
		{"uid", false, status("Uid:\t0\t0", "Uid:\t0\t1")},
		{"gid", false, status("Gid:\t0\t0", "Gid:\t0\t1")},
		{"groups", false, status("Groups:\t0", "Groups:\t0 1")},
		{"capabilities", false, status("CapEff:\t000001f", "CapEff:\t0000000")},
		{"bounding set", false, status("CapBnd:\t000001f", "CapBnd:\t0000000")},
		{"no_new_privs", false, status("NoNewPrivs:\t0", "NoNewPrivs:\t1")},
		{"seccomp", false, status("Seccomp:\t0", "Seccomp:\t2")},
		{"seccomp filters", false, status("Seccomp_filters:\t0", "Seccomp_filters:\t1")},
		{"command name", true, status("Name:\tcat", "Name:\tdog")},
		{"security modules", false, with("sys/kernel/security/lsm", file("landlock"))},
		{"label", false, with("proc/thread-self/attr/current", file("docker-default (enforce)\n"))},
		{"user namespace", false, with("proc/thread-self/ns/user", link("user:[4026532300]"))},
		{"network namespace", true, with("proc/thread-self/ns/net", link("net:[4026532300]"))},
		{"container", true, with(".dockerenv", file(""))},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, k := host(), kernel
			c.change(root, &k)
			got := read(t, root, k).ID()
			if (got == id) != c.same {
				t.Errorf("id %s, was %s; want the same: %v", got, id, c.same)
			}
		})
	}
}

// Two containers of one image have other SELinux categories, and two user
// namespaces other inode numbers, and both are the same world.
func TestIDForgetsWhatIsDrawnAnew(t *testing.T) {
	ids := map[string]string{}
	for _, draw := range []struct{ label, user string }{
		{"system_u:system_r:container_t:s0:c12,c900\x00", "user:[4026532300]"},
		{"system_u:system_r:container_t:s0:c7,c8\x00", "user:[4026532999]"},
	} {
		root := host()
		root["proc/thread-self/attr/current"] = file(draw.label)
		root["proc/thread-self/ns/user"] = link(draw.user)
		f := read(t, root, kernel)
		if *f.LSMLabel != strings.TrimRight(draw.label, "\x00") {
			t.Errorf("label %q, want %q recorded whole", *f.LSMLabel, draw.label)
		}
		ids[f.ID()] = draw.label
	}
	if len(ids) != 1 {
		t.Errorf("ids differ: %v", ids)
	}
	root := host()
	root["proc/thread-self/attr/current"] = file("system_u:system_r:spc_t:s0\x00")
	root["proc/thread-self/ns/user"] = link("user:[4026532300]")
	if id := read(t, root, kernel).ID(); ids[id] != "" {
		t.Errorf("another SELinux type gives the same id %s", id)
	}
}
