package op_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rtgen/rtgen/harness/internal/op"
)

func TestCheckTarget(t *testing.T) {
	for _, tt := range []struct {
		op, variant string
		good, bad   []string
	}{
		{"fs.read_file", "", []string{"/a", "relative"}, nil},
		{"net.connect_tcp", "", []string{"127.0.0.1:80", "[::1]:0", "localhost:65535"}, []string{"", ":80", "example.com:80", "127.0.0.1", "1.2.3.4:65536", "[fe80::1%lo]:80"}},
		{"scope.abstract_unix_socket", "", []string{"@a", "@a b", "@@", "@" + strings.Repeat("x", 107)}, []string{"@", "a", "/a", "@" + strings.Repeat("x", 108)}},
		{"scope.signal", "", []string{"self", "child", "parent", "1", "4194304"}, []string{"0", "-1", "+1", "01", "4194305", "1 ", "Self", "99999999999999999999"}},
		{"syscall.socket", "netlink", []string{"route"}, []string{"Route", "raw", "0"}},
		{"syscall.memfd_create", "", []string{"x", "any name"}, nil},
		{"syscall.clone", "userns", []string{"child"}, []string{"self"}},
	} {
		v := variant(t, tt.op, tt.variant)
		for _, target := range tt.good {
			if text := v.CheckTarget(target); text != "" {
				t.Errorf("%s: CheckTarget(%q) = %s", tt.op, target, text)
			}
		}
		for _, target := range tt.bad {
			if text := v.CheckTarget(target); text == "" || strings.Contains(text, "\n") {
				t.Errorf("%s: CheckTarget(%q) = %q, want one line", tt.op, target, text)
			}
		}
	}
}

// A process that is accepted by number is spelled as the kernel spells it.
func FuzzCheckTarget(f *testing.F) {
	for _, s := range []string{"self", "1", "007", "-1", "@x", "", "4194305", "1e3", "٣"} {
		f.Add(s)
	}
	o, _ := op.Lookup("scope.signal")
	v, _ := o.Variant("kill")
	f.Fuzz(func(t *testing.T, s string) {
		text := v.CheckTarget(s)
		if strings.Contains(text, "\n") {
			t.Errorf("error of several lines: %q", text)
		}
		if text != "" || s == op.Self || s == op.Child || s == op.Parent {
			return
		}
		if pid, err := strconv.Atoi(s); err != nil || pid <= 0 || strconv.Itoa(pid) != s {
			t.Errorf("%q passes for a process", s)
		}
	})
}

// A target that is read gives the same address when it is written and read
// again; one that is not gives one line.
func FuzzParseAddr(f *testing.F) {
	for _, s := range []string{"127.0.0.1:80", "[::1]:443", "localhost:8080", "[::ffff:1.2.3.4]:1", "[fe80::1%lo]:80", "", ":80", "host:80", "1.2.3.4", "1.2.3.4:65536"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := op.ParseAddr(s)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
			return
		}
		if again, err := op.ParseAddr(addr.String()); again != addr || err != nil {
			t.Errorf("%q is %v, which is %v %v", s, addr, again, err)
		}
		if !addr.IsValid() || addr.Addr().Zone() != "" {
			t.Errorf("%q is %v", s, addr)
		}
	})
}

func TestIntended(t *testing.T) {
	for _, tt := range []struct {
		op, variant string
		want        []string
	}{
		{"fs.read_file", "", []string{"fs.read_file"}},
		{"fs.read_file", "held", nil},
		{"fs.truncate", "open_trunc", []string{"fs.truncate"}},
		{"net.connect_tcp", "", []string{"net.connect_tcp"}},
		{"net.connect_tcp", "connect_unspec", nil},
		{"scope.signal", "", []string{"scope.signal"}},
		{"ptrace", "proc_mem", []string{"ptrace"}},
		{"fs.change_topology", "", []string{"fs.change_topology"}},
		{"syscall.stat", "", nil},
		{"syscall.link", "", []string{"fs.make_char", "fs.make_reg", "fs.make_sock", "fs.make_fifo", "fs.make_block", "fs.make_sym", "fs.refer"}},
	} {
		o, _ := op.Lookup(tt.op)
		if diff := cmp.Diff(tt.want, op.Intended(o, variant(t, tt.op, tt.variant))); diff != "" {
			t.Errorf("%s by %s: %s", tt.op, tt.variant, diff)
		}
	}
}
