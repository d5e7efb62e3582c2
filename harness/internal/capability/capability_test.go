package capability_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness/internal/capability"
	"github.com/rtgen/rtgen/harness/internal/world"
)

func TestParse(t *testing.T) {
	host := func(abi, uid int) world.Facts {
		return world.Facts{LandlockABI: abi, Status: world.Status{UID: uid}}
	}
	errata := func(mask int) world.Facts { return world.Facts{LandlockErrata: &mask} }
	for _, tt := range []struct {
		text    string
		host    world.Facts
		missing string // why; empty when the host has it
		fault   string // of the text
	}{
		{text: "landlock.abi>=1", host: host(1, 0)},
		{text: "landlock.abi>=4", host: host(7, 0)},
		{text: "landlock.abi>=4", host: host(3, 0), missing: "this kernel has landlock abi 3"},
		{text: "landlock.abi>=1", host: world.Facts{LandlockReason: "landlock_create_ruleset: function not implemented"}, missing: "this kernel has landlock abi 0: landlock_create_ruleset: function not implemented"},
		{text: "landlock.abi>=12", host: host(11, 0), missing: "this kernel has landlock abi 11"},
		{text: "landlock.errata&1", host: errata(0b001)},
		{text: "landlock.errata&3", host: errata(0b100)},
		{text: "landlock.errata&31", host: errata(1 << 30)},
		{text: "landlock.errata&2", host: errata(0b101), missing: "this kernel does not have the fix for landlock erratum 2; it has those of mask 0x5"},
		{text: "landlock.errata&1", host: world.Facts{LandlockErrataReason: "invalid argument"}, missing: "which landlock errata this kernel has fixed is not known: invalid argument"},
		{text: "landlock.errata&1", missing: "which landlock errata this kernel has fixed is not known"},
		{text: "uid==0", host: host(7, 0)},
		{text: "uid==0", host: host(7, 1000), missing: "running as uid 1000"},
		{text: "uid!=0", host: host(7, 1000)},
		{text: "uid!=0", host: host(7, 0), missing: "running as root"},
		{text: "", fault: `unknown capability ""`},
		{text: "landlock.abi>=0", fault: `unknown capability "landlock.abi>=0", did you mean "landlock.abi>=1"?`},
		{text: "landlock.abi>=04", fault: `did you mean "landlock.abi>=4"?`},
		{text: "landlock.abi>4", fault: `did you mean "landlock.abi>=4"?`},
		{text: " landlock.abi>=4", fault: `unknown capability " landlock.abi>=4"`},
		{text: "landlock.abi>=400", fault: `unknown capability "landlock.abi>=400"`},
		{text: "landlock.errata&0", fault: `did you mean "landlock.errata&1"?`},
		{text: "landlock.errata&32", fault: `did you mean "landlock.errata&2"?`},
		{text: "landlock.errata>=2", fault: `did you mean "landlock.errata&2"?`},
		{text: "loopback-listener", fault: `did you mean "loopback_listener"?`},
		{text: "CAP_SYS_ADMIN", fault: `did you mean "cap_sys_admin"?`},
		{text: "iouring", fault: `did you mean "io_uring"?`},
		{text: "teleport", fault: `unknown capability "teleport"`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			c, err := capability.Parse(tt.text)
			if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Fatalf("error %v, want %q in it", err, tt.fault)
			}
			if err != nil {
				return
			}
			if got := c.Missing(tt.host); got != tt.missing || c.String() != tt.text {
				t.Errorf("%s is missing %q, want %s missing %q", c, got, tt.text, tt.missing)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	known := capability.Known()
	if !slices.IsSorted(known) {
		t.Errorf("not sorted: %q", known)
	}
	for _, name := range append(known, "audit", "cap_mknod", "landlock.abi>=7", "landlock.errata&1") {
		if c, err := capability.Parse(name); err != nil || c.String() != name {
			t.Errorf("Parse(%q) = %v, %v", name, c, err)
		}
		if !slices.Contains(known, name) {
			t.Errorf("%q is not among the known", name)
		}
	}
}

// A text is a capability under its own name, or a fault of one line.
func FuzzParse(f *testing.F) {
	for _, name := range capability.Known() {
		f.Add(name)
	}
	for _, s := range []string{"", "landlock.abi>=04", "landlock.abi>=99", "landlock.errata&31", "landlock.errata&032", "uid==", "a\nb", "landlock.abi>=7\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := capability.Parse(text)
		switch {
		case err == nil && c.String() != text:
			t.Errorf("Parse(%q) is %q", text, c)
		case err == nil && strings.HasPrefix(text, "landlock."):
			if got := c.Missing(world.Facts{}); got == "" || strings.Contains(got, "\n") {
				t.Errorf("%q in a world without Landlock is missing %q, want one line", text, got)
			}
		case err != nil && (strings.Contains(err.Error(), "\n") || !strings.HasPrefix(err.Error(), "unknown capability ")):
			t.Errorf("Parse(%q): %v", text, err)
		}
	})
}
