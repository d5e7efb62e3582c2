package landlock_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	. "github.com/rtgen/rtgen/harness/internal/sandbox/landlock"
)

// The rights in bit order and the ABI of each, typed in from
// Documentation/userspace-api/landlock.rst independently of the tables.
var fsByABI = map[int]string{
	0: "none",
	1: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym",
	2: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer",
	3: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer,truncate",
	4: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer,truncate",
	5: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer,truncate,ioctl_dev",
	8: "execute,write_file,read_file,read_dir,remove_dir,remove_file,make_char,make_dir,make_reg,make_sock,make_fifo,make_block,make_sym,refer,truncate,ioctl_dev",
}

func TestRightsOfABI(t *testing.T) {
	for abi, want := range fsByABI {
		if got := AllFS(abi).String(); got != want {
			t.Errorf("AllFS(%d) = %s, want %s", abi, got, want)
		}
	}
	for abi, want := range map[int]string{3: "none", 4: "bind_tcp,connect_tcp", 8: "bind_tcp,connect_tcp"} {
		if got := AllNet(abi).String(); got != want {
			t.Errorf("AllNet(%d) = %s, want %s", abi, got, want)
		}
	}
	for abi, want := range map[int]string{5: "none", 6: "abstract_unix_socket,signal"} {
		if got := AllScopes(abi).String(); got != want {
			t.Errorf("AllScopes(%d) = %s, want %s", abi, got, want)
		}
	}
}

func TestAuditNames(t *testing.T) {
	for _, c := range []struct {
		got, want []string
	}{
		{(ReadFile | Execute).AuditNames(), []string{"fs.execute", "fs.read_file"}},
		{(ConnectTCP | BindTCP).AuditNames(), []string{"net.bind_tcp", "net.connect_tcp"}},
		{(ScopeSignal | ScopeAbstractUnixSocket).AuditNames(), []string{"scope.abstract_unix_socket", "scope.signal"}},
		{(AccessFS(1<<40) | IoctlDev).AuditNames(), []string{"fs.ioctl_dev", "fs.1<<40"}},
		{AccessFS(0).AuditNames(), []string{}},
	} {
		if d := cmp.Diff(c.want, c.got); d != "" {
			t.Errorf("audit names (-want +got):\n%s", d)
		}
	}
}

func TestNamesRoundTrip(t *testing.T) {
	for bit := Execute; bit <= IoctlDev; bit <<= 1 {
		if got, ok := FSRight(bit.String()); !ok || got != bit {
			t.Errorf("FSRight(%q) = %v, %v, want %v", bit.String(), got, ok, bit)
		}
	}
	for bit := BindTCP; bit <= ConnectTCP; bit <<= 1 {
		if got, ok := NetRight(bit.String()); !ok || got != bit {
			t.Errorf("NetRight(%q) = %v, %v, want %v", bit.String(), got, ok, bit)
		}
	}
	for bit := ScopeAbstractUnixSocket; bit <= ScopeSignal; bit <<= 1 {
		if got, ok := ScopeRight(bit.String()); !ok || got != bit {
			t.Errorf("ScopeRight(%q) = %v, %v, want %v", bit.String(), got, ok, bit)
		}
	}
	if _, ok := FSRight("fs.read_file"); ok {
		t.Error(`FSRight("fs.read_file") is known, want the bare name only`)
	}
}

func TestAccessFile(t *testing.T) {
	if got, want := AccessFile.String(), "execute,write_file,read_file,truncate,ioctl_dev"; got != want {
		t.Errorf("AccessFile = %s, want %s", got, want)
	}
}

func TestCheckABI(t *testing.T) {
	for _, c := range []struct {
		name    string
		ruleset Ruleset
		min     int
		lacking map[int][]string // by the abi that is too old
	}{
		{"abi 1", Ruleset{HandledFS: AllFS(1)}, 1, nil},
		{"refer", Ruleset{HandledFS: ReadFile | Refer}, 2, map[int][]string{1: {"fs.refer"}}},
		{"truncate", Ruleset{HandledFS: Truncate}, 3, map[int][]string{2: {"fs.truncate"}}},
		{"net", Ruleset{HandledFS: Refer, HandledNet: BindTCP}, 4, map[int][]string{1: {"fs.refer", "net.bind_tcp"}, 3: {"net.bind_tcp"}}},
		{"ioctl_dev", Ruleset{HandledFS: IoctlDev}, 5, map[int][]string{4: {"fs.ioctl_dev"}}},
		{"scope", Ruleset{Scoped: ScopeSignal}, 6, map[int][]string{5: {"scope.signal"}}},
		{"unknown bit", Ruleset{HandledFS: 1 << 16}, LatestABI + 1, map[int][]string{8: {"fs.1<<16"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := MinABI(c.ruleset); got != c.min {
				t.Errorf("MinABI = %d, want %d", got, c.min)
			}
			if err := c.ruleset.CheckABI(c.min); err != nil {
				t.Errorf("CheckABI(%d) = %v, want nil", c.min, err)
			}
			for abi, lacking := range c.lacking {
				want := &ABIError{Got: abi, Wanted: c.min, Rights: lacking}
				if d := cmp.Diff(error(want), c.ruleset.CheckABI(abi)); d != "" {
					t.Errorf("CheckABI(%d) (-want +got):\n%s", abi, d)
				}
			}
		})
	}
}

// Flags need ABI 7 as rights need theirs.
func TestFlagsABI(t *testing.T) {
	r := Ruleset{HandledFS: ReadFile, Flags: LogNewExecOn | LogSubdomainsOff}
	if got := MinABI(r); got != 7 {
		t.Errorf("MinABI = %d, want 7", got)
	}
	if err := r.CheckABI(7); err != nil {
		t.Error(err)
	}
	const want = "landlock abi 6, want 7 for [log_new_exec_on log_subdomains_off]"
	if err := r.CheckABI(6); err == nil || err.Error() != want {
		t.Errorf("CheckABI(6) = %v, want %s", err, want)
	}
	for _, name := range AllFlags(7).Names() {
		if f, ok := RestrictFlag(name); !ok || f.String() != name {
			t.Errorf("RestrictFlag(%q) = %v, %v", name, f, ok)
		}
	}
	if AllFlags(6) != 0 {
		t.Errorf("AllFlags(6) = %v, want none", AllFlags(6))
	}
}
