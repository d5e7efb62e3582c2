package witness

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDenial(t *testing.T) {
	const head = "audit(1795411559.479:7): domain=1b491109d blockers="
	for _, c := range []struct {
		name, text string
		want       Denial
	}{
		{"file", `fs.read_file path="/etc/hosts" dev="vda" ino=612`,
			Denial{Blockers: []string{"fs.read_file"}, Path: "/etc/hosts", Dev: "vda", Ino: 612}},
		{"two_rights", `fs.make_reg,fs.refer path="/tmp" dev="vda" ino=2`,
			Denial{Blockers: []string{"fs.make_reg", "fs.refer"}, Path: "/tmp", Dev: "vda", Ino: 2}},
		{"hex_path", `fs.read_file path=2F746D702F6120620AFF dev="tmpfs" ino=3`,
			Denial{Blockers: []string{"fs.read_file"}, Path: "/tmp/a b\n\xff", Dev: "tmpfs", Ino: 3}},
		{"no_path", `fs.read_file path="<too_long>" dev="vda" ino=9`,
			Denial{Blockers: []string{"fs.read_file"}, Dev: "vda", Ino: 9, Other: []Field{{"path", `"<too_long>"`}}}},
		{"name", `fs.change_topology name="/" dev="tmpfs" ino=1`,
			Denial{Blockers: []string{"fs.change_topology"}, Name: "/", Dev: "tmpfs", Ino: 1}},
		{"ioctl", `fs.ioctl_dev path="/dev/null" dev="devtmpfs" ino=4 ioctlcmd=0x5413`,
			Denial{Blockers: []string{"fs.ioctl_dev"}, Path: "/dev/null", Dev: "devtmpfs", Ino: 4, IoctlCmd: "0x5413"}},
		{"bind", `net.bind_tcp saddr=127.0.0.1 src=80`,
			Denial{Blockers: []string{"net.bind_tcp"}, SAddr: "127.0.0.1", SPort: 80}},
		{"bind_any", `net.bind_tcp src=80`,
			Denial{Blockers: []string{"net.bind_tcp"}, SPort: 80}},
		{"connect_v6", `net.connect_tcp daddr=::1 dest=443`,
			Denial{Blockers: []string{"net.connect_tcp"}, DAddr: "::1", DPort: 443}},
		{"own_ends", `net.connect_tcp laddr=10.0.0.1 lport=1 faddr=10.0.0.2 fport=2`,
			Denial{Blockers: []string{"net.connect_tcp"}, LAddr: "10.0.0.1", LPort: 1, FAddr: "10.0.0.2", FPort: 2}},
		{"signal", `scope.signal opid=12 ocomm="init"`,
			Denial{Blockers: []string{"scope.signal"}, OPID: 12, OComm: "init"}},
		{"abstract", `scope.abstract_unix_socket path=00612062`,
			Denial{Blockers: []string{"scope.abstract_unix_socket"}, Socket: "@a b"}},
		{"unknown_keys", `future.right path="/x" netif=eth0 mood=2 path="/y"`,
			Denial{Blockers: []string{"future.right"}, Path: "/x", Other: []Field{{"netif", "eth0"}, {"mood", "2"}, {"path", `"/y"`}}}},
		{"nothing_else", `ptrace`, Denial{Blockers: []string{"ptrace"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseDenial(head + c.text)
			if err != nil {
				t.Fatal(err)
			}
			c.want.Serial, c.want.Domain, c.want.Layer = 7, "1b491109d", -1
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseFaults(t *testing.T) {
	for _, text := range []string{
		"",
		"domain=1 blockers=ptrace",
		"audit(): domain=1 blockers=ptrace",
		"audit(1.002): domain=1 blockers=ptrace",
		"audit(1.002:): domain=1 blockers=ptrace",
		"audit(1.002:-3): domain=1 blockers=ptrace",
		"audit(1.002:3): blockers=ptrace",
		"audit(1.002:3): domain=1 blockers=",
		"audit(1.002:3): domain=1",
		"audit(1.002:3):",
	} {
		if d, err := parseDenial(text); err == nil {
			t.Errorf("parseDenial(%q) = %+v, want an error", text, d)
		}
	}
	for _, text := range []string{
		"audit(1.002:3): domain=1",
		"audit(1.002:3): domain=1 status=allocated comm=\"x\"",
		"audit(1.002:3): domain=1 status=allocated pid=4",
		"audit(1.002:3): domain=1 status=deallocated",
		"audit(1.002:3): domain=1 status=other",
		"audit(1.002:3): status=deallocated denials=1",
	} {
		if d, err := parseDomain(text); err == nil {
			t.Errorf("parseDomain(%q) = %+v, want an error", text, d)
		}
	}
}

// The end of an event carries nothing but its stamp.
func TestParseBareStamp(t *testing.T) {
	rec, err := parseRecord("audit(1795411559.479:7): ")
	if err != nil || rec.serial != 7 || len(rec.fields) != 0 {
		t.Errorf("= %+v, %v", rec, err)
	}
}

// untrusted writes a string as the kernel does.
func untrusted(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r == '"' || r < 0x21 || r > 0x7e }) {
		return strings.ToUpper(hex.EncodeToString([]byte(s)))
	}
	return `"` + s + `"`
}

// Whatever bytes stand in a path, they come out again, and nothing else of the
// record changes.
func FuzzUntrusted(f *testing.F) {
	for _, seed := range []string{"/etc/hosts", "/a b", "/a\nblockers=none", `/"`, "/\xff\xfe", "/é", "2F746D70", "<x>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if strings.Contains(path, "\x00") || path == "" || path == "<no_memory>" || path == "<too_long>" {
			t.Skip("no path of the kernel's")
		}
		text := fmt.Sprintf(`audit(1.002:3): domain=1f blockers=fs.execute path=%s dev="vda" ino=5`, untrusted(path))
		d, err := parseDenial(text)
		if err != nil {
			t.Fatal(err)
		}
		want := Denial{Serial: 3, Domain: "1f", Layer: -1, Blockers: []string{"fs.execute"}, Path: path, Dev: "vda", Ino: 5}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Error(diff)
		}
	})
}

// A record is taken apart without loss: put together again, its fields parse to
// the same record.
func FuzzParseRecord(f *testing.F) {
	f.Add(`audit(1795411559.479:7): domain=1b blockers=fs.read_file path="/etc/hosts" dev="vda" ino=612`)
	f.Add(`audit(1795411559.479:7): domain=1b status=allocated mode=enforcing pid=1 uid=0 exe="/x" comm="a.0"`)
	f.Add(`audit(1795411559.563:4): domain=1b491109c status=deallocated denials=1`)
	f.Add(`audit(1.001:1): op=set audit_enabled=0 old=1 res=1`)
	f.Add("audit(1.001:1): a==\"b c\" =x y \x00")
	f.Fuzz(func(t *testing.T, text string) {
		c := newCollator()
		c.access(text)
		c.change(text)
		c.config(text)
		rec, err := parseRecord(text)
		if err != nil {
			return
		}
		again := fmt.Sprintf("audit(1.002:%d):", rec.serial)
		for _, field := range rec.fields {
			again += " " + field.Key + "=" + field.Raw
		}
		// The last word is none: a zero byte at the end of a record is the kernel's.
		again += " ."
		got, err := parseRecord(again)
		if err != nil {
			t.Fatalf("%q, from %q: %v", again, text, err)
		}
		if diff := cmp.Diff(rec, got, cmp.AllowUnexported(record{})); diff != "" {
			t.Errorf("%q, from %q: %s", again, text, diff)
		}
	})
}
