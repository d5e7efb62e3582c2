package witness

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

// FuzzDomain holds that birth and end of a domain are read as the kernel writes
// them, whatever the process calls itself, and nothing else is.
func FuzzDomain(f *testing.F) {
	for _, comm := range []string{"worker.0", "a b", `"`, "x\npid=1", "\xff", "<x>", "é"} {
		f.Add(uint64(0x1b4911092), 4077, comm, uint64(3), "")
	}
	for _, text := range []string{
		"audit(1.002:3): domain=1 status=allocated pid=x comm=\"a\"", "audit(1.002:3): status=deallocated denials=1",
		"audit(1.002:3): domain=1 status=deallocated denials=-1", `audit(1.002:3): domain=1 status=lost pid=1 comm="a" denials=1`, "",
	} {
		f.Add(uint64(0), 0, "x", uint64(0), text)
	}
	f.Fuzz(func(t *testing.T, id uint64, pid int, comm string, denials uint64, text string) {
		if d, err := parseDomain(text); err == nil && (d.id == "" || d.status != "allocated" && d.status != "deallocated" || d.pid != 0 && d.denials != 0) {
			t.Errorf("%q is read as %+v", text, d)
		}
		if comm == "" || strings.Contains(comm, "\x00") {
			return // no name of a process
		}
		born := domainRecord{id: fmt.Sprintf("%x", id), status: "allocated", pid: pid, comm: comm}
		text = fmt.Sprintf("audit(1.002:3): domain=%x status=allocated mode=enforcing pid=%d uid=0 exe=%s comm=%s", id, pid, untrusted("/x "+comm), untrusted(comm))
		if got, err := parseDomain(text); err != nil || got != born {
			t.Errorf("%q is read as %+v, %v, want %+v", text, got, err, born)
		}
		ended := domainRecord{id: born.id, status: "deallocated", denials: denials}
		text = fmt.Sprintf("audit(1.002:3): domain=%x status=deallocated denials=%d", id, denials)
		if got, err := parseDomain(text); err != nil || got != ended {
			t.Errorf("%q is read as %+v, %v, want %+v", text, got, err, ended)
		}
	})
}

// FuzzStatus holds that the words of an audit_status land in their fields, on
// kernels that have more of them too.
func FuzzStatus(f *testing.F) {
	f.Add([]byte{}, 0, 0)
	f.Add([]byte("every word is not like any other."), 1, 64)
	f.Add(bytes.Repeat([]byte{0xff}, 4*statusFields+12), 2, 8192)
	f.Fuzz(func(t *testing.T, b []byte, enabled, backlog int) {
		got, err := parseStatus(b)
		if (err == nil) != (len(b) >= 4*statusFields) {
			t.Fatalf("%d bytes: %v", len(b), err)
		}
		if err == nil {
			var words [statusFields]uint32
			if _, err := binary.Decode(b, binary.NativeEndian, &words); err != nil {
				t.Fatal(err)
			}
			// linux/audit.h: mask, enabled, failure, pid, rate_limit, backlog_limit,
			// lost, backlog.
			want := Status{int(words[1]), int(words[2]), int(words[3]), int(words[4]), int(words[5]), words[6]}
			if got != want {
				t.Errorf("%v is read as %+v, want %+v", words, got, want)
			}
		}
		asked := setting{int(uint32(enabled)), int(uint32(backlog))}
		back, err := parseStatus(asked.marshal(0))
		if err != nil || back.setting() != asked {
			t.Errorf("%+v comes back as %+v, %v", asked, back, err)
		}
	})
}
