package harness_test

import (
	"strings"
	"testing"

	"github.com/rtgen/rtgen/harness"
	"github.com/rtgen/rtgen/harness/internal/world"
)

func TestCapability(t *testing.T) {
	host := func(abi, uid int) world.Facts {
		return world.Facts{LandlockABI: abi, Status: world.Status{UID: uid}}
	}
	for _, tt := range []struct {
		text    string
		host    world.Facts
		missing string // why; empty when the host has it
		fault   string // of the text
	}{
		{text: "landlock.abi>=1", host: host(1, 0)},
		{text: "landlock.abi>=4", host: host(7, 0)},
		{text: "landlock.abi>=4", host: host(3, 0), missing: "this kernel has landlock abi 3"},
		{text: "landlock.abi>=1", host: host(0, 0), missing: "this kernel has landlock abi 0"},
		{text: "landlock.abi>=12", host: host(11, 0), missing: "this kernel has landlock abi 11"},
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
		{text: "loopback-listener", fault: `did you mean "loopback_listener"?`},
		{text: "teleport", fault: `unknown capability "teleport"`},
	} {
		t.Run(tt.text, func(t *testing.T) {
			missing, err := harness.ParseCapability(tt.text)
			if (err == nil) != (tt.fault == "") || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Fatalf("error %v, want %q in it", err, tt.fault)
			}
			if err == nil && missing(tt.host) != tt.missing {
				t.Errorf("missing %q, want %q", missing(tt.host), tt.missing)
			}
		})
	}
	missing, err := harness.ParseCapability("loopback_listener")
	if err != nil {
		t.Fatal(err)
	}
	if why := missing(world.Facts{}); why != "" {
		t.Skipf("no loopback here: %s", why)
	}
}
